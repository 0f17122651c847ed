package io.asynctx.dmaengine.engine;

import java.util.concurrent.Executor;

/**
 * What chains of one client need of the engine.
 *
 * <p>Threading: any thread.
 */
final class ChainFactory {

  private final Engine engine;
  private final Intake intake;
  private final Preparation prepare;
  private final Owner owner;
  private final ChainThreads threads;
  private final Executor executor;

  ChainFactory(Engine engine, AsyncTxChannels channels, Owner owner, AsyncTxLimits limits) {
    this.engine = engine;
    this.intake = new Intake(engine, channels, owner, limits, true);
    this.prepare = new Preparation(engine, intake);
    this.owner = owner;
    this.threads = channels.threads();
    this.executor = threads.of(owner);
  }

  ChainDraft draft(String name) {
    return new ChainDraft(this, name);
  }

  Engine engine() {
    return engine;
  }

  Intake intake() {
    return intake;
  }

  Preparation prepare() {
    return prepare;
  }

  /** Whose chains they are. */
  Owner owner() {
    return owner;
  }

  /** Where runs complete. */
  ChainThreads threads() {
    return threads;
  }

  /** Where their continuations run. */
  Executor executor() {
    return executor;
  }
}
