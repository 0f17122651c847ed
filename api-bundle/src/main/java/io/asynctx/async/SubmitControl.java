package io.asynctx.async;

import io.asynctx.dmaengine.CompletionCallback;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What goes with an operation besides its operands: flags, dependencies, callback, policy. Mutable,
 * meant to be made once and used again: {@link #with(long, long)} starts it afresh, and {@link
 * AsyncTx} copies what it needs before it returns.
 *
 * <p>Threading: belongs to one thread at a time.
 *
 * @see "Linux include/linux/async_tx.h, struct async_submit_ctl"
 */
public final class SubmitControl {

  private long flags;
  private long[] dependencies = new long[4];
  private int dependencyCount;
  private @Nullable CompletionCallback callback;
  private @Nullable Object parameter;
  private boolean allowSynchronous = true;
  private Policy policy = Policy.any();

  /** No flags, no dependencies, no callback, the default policy. */
  public SubmitControl() {}

  /**
   * Starts afresh: these flags, this dependency, no callback. The policy and {@link
   * #allowSynchronous()} stay.
   *
   * @param flags of {@link AsyncTxFlags}
   * @param dependency a handle, or {@link AsyncTx#NONE}
   * @return this
   */
  public SubmitControl with(long flags, long dependency) {
    this.flags = flags;
    this.dependencyCount = 0;
    this.callback = null;
    this.parameter = null;
    return after(dependency);
  }

  /**
   * Adds a dependency.
   *
   * @param dependency a handle, or {@link AsyncTx#NONE}, which adds nothing
   * @return this
   */
  public SubmitControl after(long dependency) {
    if (dependency != AsyncTx.NONE) {
      if (dependencyCount == dependencies.length) {
        dependencies = Arrays.copyOf(dependencies, 2 * dependencyCount);
      }
      dependencies[dependencyCount++] = dependency;
    }
    return this;
  }

  /**
   * Sets the callback.
   *
   * @param callback null for none
   * @param parameter handed to the callback
   * @return this
   */
  public SubmitControl callback(@Nullable CompletionCallback callback, @Nullable Object parameter) {
    this.callback = callback;
    this.parameter = parameter;
    return this;
  }

  /**
   * Sets the policy.
   *
   * @param policy who may run it
   * @return this
   */
  public SubmitControl policy(Policy policy) {
    this.policy = policy;
    return this;
  }

  /**
   * Whether a small operation without unfinished parents may run in the caller although a channel
   * could do it. True unless said otherwise.
   *
   * @param allow whether it may
   * @return this
   */
  public SubmitControl allowSynchronous(boolean allow) {
    this.allowSynchronous = allow;
    return this;
  }

  /**
   * The flags.
   *
   * @return of {@link AsyncTxFlags}
   */
  public long flags() {
    return flags;
  }

  /**
   * How many dependencies.
   *
   * @return 0 or more
   */
  public int dependencyCount() {
    return dependencyCount;
  }

  /**
   * A dependency.
   *
   * @param i 0 to {@link #dependencyCount()} - 1
   * @return its handle
   */
  public long dependency(int i) {
    return dependencies[i];
  }

  /**
   * The callback.
   *
   * @return null for none
   */
  public @Nullable CompletionCallback callback() {
    return callback;
  }

  /**
   * What is handed to the callback.
   *
   * @return null unless set
   */
  public @Nullable Object parameter() {
    return parameter;
  }

  /**
   * The policy.
   *
   * @return who may run it
   */
  public Policy policy() {
    return policy;
  }

  /**
   * Whether it may run in the caller although a channel could do it.
   *
   * @return true unless said otherwise
   */
  public boolean allowSynchronous() {
    return allowSynchronous;
  }
}
