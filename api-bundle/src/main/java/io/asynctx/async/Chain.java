package io.asynctx.async;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * A validated sequence of steps with their dependencies, ready to be submitted any number of times,
 * also at the same time if the buffers allow it.
 *
 * <p>Threading: any thread.
 */
@ProviderType
public interface Chain {

  /**
   * Its name.
   *
   * @return as given
   */
  String name();

  /**
   * The names of its steps.
   *
   * @return in the order they were added
   */
  List<String> steps();

  /**
   * Submits every step and issues them. Never runs a continuation in the caller.
   *
   * @return a stage that completes, on an executor of the engine's, when every step has ended; with
   *     an {@link Outcome} also if steps failed, and exceptionally only if submission itself failed
   * @throws io.asynctx.dmaengine.EngineStoppedException if the engine stopped
   */
  ChainRun submit();
}
