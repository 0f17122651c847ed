package io.asynctx.tester.storm;

import io.asynctx.async.OnFault;
import io.asynctx.async.OnSuspend;
import io.asynctx.async.Policy;
import java.time.Duration;

/** Under which terms an operation is submitted. */
enum Terms {
  /** Any channel; not in the caller while there is one. */
  PLAIN(Policy.any()),
  /** May run in the caller. */
  CALLER(Policy.any()),
  /** Has a deadline that is rarely met too late. */
  DEADLINE(Policy.any().deadline(Duration.ofMillis(150))),
  /** Ends with its device's error. */
  FAIL(Policy.any().onFault(OnFault.FAIL)),
  /** Waits on a suspended channel. */
  WAIT(Policy.any().onSuspend(OnSuspend.WAIT)),
  /** May be tried often. */
  STUBBORN(Policy.any().attempts(10));

  private static final int PLAIN_OF_HUNDRED = 84;

  final Policy policy;

  Terms(Policy policy) {
    this.policy = policy;
  }

  static Terms of(int random) {
    final int number = Math.floorMod(random, 100);
    if (number < PLAIN_OF_HUNDRED) {
      return PLAIN;
    }
    final Terms[] all = values();
    return all[1 + (number - PLAIN_OF_HUNDRED) % (all.length - 1)];
  }
}
