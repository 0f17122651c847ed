package io.asynctx.async;

import java.util.concurrent.CompletionStage;
import org.osgi.annotation.versioning.ProviderType;

/**
 * One run of a {@link Chain}. Continuations may submit operations.
 *
 * <p>Threading: any thread.
 */
@ProviderType
public interface ChainRun extends CompletionStage<Outcome> {

  /**
   * Cancels every step no engine has taken yet. The stage completes as always when every step has
   * ended, so that afterwards nobody touches the buffers.
   *
   * @return how many steps were cancelled
   */
  int cancel();
}
