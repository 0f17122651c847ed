package io.asynctx.async;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.ProviderKind;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PolicyTest {

  @Test
  void anythingGoesByDefault() {
    final Policy any = Policy.any();
    for (ProviderKind kind : ProviderKind.values()) {
      assertEquals(Rule.ALLOW, any.rule(kind));
    }
    assertNull(any.channelFilter());
    assertNull(any.deadline());
    assertEquals(PoolEmpty.ANOTHER_CHANNEL, any.poolEmpty());
    assertEquals(OnSuspend.MOVE, any.onSuspend());
    assertEquals(OnFault.FAILOVER, any.onFault());
    assertEquals(3, any.attempts());
    assertEquals("", any.text());
    assertSame(any, Policy.parse("  "));
  }

  @ParameterizedTest
  @EnumSource(ProviderKind.class)
  void eachMethodChangesItsFieldAndNoOther(ProviderKind kind) {
    final Policy all =
        Policy.any()
            .prefer(kind)
            .channels("(a=b)")
            .poolEmpty(PoolEmpty.FAIL)
            .deadline(Duration.ofMillis(5))
            .onSuspend(OnSuspend.WAIT)
            .onFault(OnFault.FAIL)
            .attempts(7)
            .timed(true);
    for (ProviderKind other : ProviderKind.values()) {
      assertEquals(other == kind ? Rule.PREFER : Rule.ALLOW, all.rule(other));
      assertEquals(
          other == kind ? Rule.ALLOW : Rule.FORBID, all.require(kind).rule(other), other.name());
    }
    assertEquals(Rule.FORBID, all.forbid(kind).rule(kind));
    assertEquals(
        "prefer="
            + kind
            + " channels=(a=b) poolEmpty=fail deadline=5ms onSuspend=wait onFault=fail"
            + " attempts=7 timed=true",
        all.text());
    assertEquals(
        Policy.any(),
        all.with(kind, Rule.ALLOW)
            .channels(null)
            .poolEmpty(PoolEmpty.ANOTHER_CHANNEL)
            .deadline(null)
            .onSuspend(OnSuspend.MOVE)
            .onFault(OnFault.FAILOVER)
            .attempts(3)
            .timed(false));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "prefer=hardware",
        "forbid=hardware forbid=emulated forbid=synchronous",
        "channels=(a=b c)",
        "channels=(&(a=b c)(d=e\\) f)) deadline=2s",
        "channels=name",
        "poolEmpty=synchronous",
        "deadline=500us",
        "deadline=7ns",
        "deadline=1500ms",
        "onSuspend=wait",
        "onFault=fail",
        "attempts=100",
        "timed=true"
      })
  void whatIsReadIsWrittenAgainAndReadAgain(String words) {
    final Policy policy = Policy.parse(words);
    assertEquals(words, policy.text());
    assertEquals(policy, Policy.parse(policy.text()));
  }

  @Test
  void wordsAreAppliedInOrderAndBlanksSeparateThem() {
    assertEquals(
        Policy.any().require(ProviderKind.SOFTWARE).with(ProviderKind.SYNCHRONOUS, Rule.ALLOW),
        Policy.parse("\t require=Software \n allow=SYNCHRONOUS "));
    assertEquals(
        Policy.any().channels("(a=b  c)").attempts(2),
        Policy.parse("channels=(a=b  c)   attempts=2 timed=false"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          perfer=hardware    | policy has no such word: word=perfer=hardware, known=[require,
          hardware           | policy has no such word: word=hardware
          prefer=gpu         | policy has no such value: prefer=gpu, known=[hardware, emulated,
          prefer             | policy has no such value: prefer=, known=
          require=x          | policy has no such value: require=x
          allow=x            | policy has no such value: allow=x
          forbid=x           | policy has no such value: forbid=x
          poolEmpty=never    | policy has no such value: poolEmpty=never, known=[wait,
          onSuspend=x        | policy has no such value: onSuspend=x, known=[move, wait]
          onFault=x          | policy has no such value: onFault=x, known=[failover, fail]
          channels=          | filter is missing: channels=; e.g. channels=(dma.device=soft0)
          channels=(a=b c    | parentheses of a filter do not match: channels=(a=b c; e.g.
          channels=(a=b))    | parentheses of a filter do not match: channels=(a=b)); e.g.
          deadline=5         | not a duration: deadline=5; e.g. 500us, 5ms, 2s
          deadline=ms        | not a duration: deadline=ms
          deadline=-5ms      | not a duration: deadline=-5ms
          deadline=5min      | not a duration: deadline=5min
          deadline=9223372036854775807us | not a duration: deadline=9223372036854775807us
          deadline=0s        | deadline must be positive: deadline=PT0S; give null for none
          attempts=many      | not a whole number: attempts=many
          attempts=0         | attempts out of range: attempts=0, min=1, max=100
          attempts=101       | attempts out of range: attempts=101, min=1, max=100
          timed=yes          | neither true nor false: timed=yes
          """)
  void whatIsNotUnderstoodIsNamed(String words, String message) {
    final String why =
        assertThrows(IllegalArgumentException.class, () -> Policy.parse(words)).getMessage();
    assertTrue(why.startsWith(message), why);
  }
}
