package io.asynctx.driver.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.TransferResult;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RuleTextTest {

  @Test
  void everyWordIsReadIntoItsPlace() {
    assertEquals(
        new Rule(
            "fail op=xor channel=1 every=100 times=3 result=WRITE_FAILED",
            FaultKind.FAIL,
            DmaCap.XOR,
            1,
            0,
            100,
            -1,
            3,
            TransferResult.WRITE_FAILED,
            Rule.Call.PUSH,
            Long.MAX_VALUE,
            0),
        RuleText.parse("  fail op=xor  channel=1 every=100 times=3 result=WRITE_FAILED "));
    assertEquals(TimeUnit.MILLISECONDS.toNanos(2000), RuleText.parse("stall millis=2000").nanos());
    assertEquals(TimeUnit.MICROSECONDS.toNanos(200), RuleText.parse("slow micros=200").nanos());
    assertEquals(TimeUnit.MILLISECONDS.toNanos(2), RuleText.parse("slow millis=2").nanos());
    assertEquals(0.25, RuleText.parse("slow p=0.25").probability());
    assertEquals(7, RuleText.parse("halt nth=7").nth());
    assertEquals(3, RuleText.parse("reorder by=3").number());
    assertEquals(512, RuleText.parse("partial bytes=512").number());
    assertEquals(TransferResult.READ_FAILED, RuleText.parse("partial").result());
    assertEquals(Rule.Call.TERMINATE, RuleText.parse("hang in=terminate millis=5").call());
  }

  @ParameterizedTest
  @EnumSource(FaultKind.class)
  void everyKindIsUnderstoodByItsWord(FaultKind kind) {
    final String more =
        switch (kind) {
          case THROW -> " in=push";
          case HANG -> " in=push millis=1";
          default -> "";
        };
    assertEquals(kind, RuleText.parse(kind.word() + more).kind());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "explode|explode|fail, corrupt, stall, slow, reorder, partial, duplicate, stray, miscount,"
            + " throw, hang, halt, vanish, notquiet",
        "fail op=nand|op=nand|copy, interrupt, pq, pqval, recov, set, xor, xorval",
        "fail millis=3|millis=3|op= channel= nth= every= p= times= result=",
        "fail every|every|op= channel= nth= every= p= times= result=",
        "fail every=3 every=4|every=4|every= once",
        "fail every=0|every=0|a whole number from 1",
        "fail channel=-1|channel=-1|a whole number from 0 to 2147483647",
        "fail p=2|p=2|a number from 0 to 1",
        "fail p=NaN|p=NaN|a number from 0 to 1",
        "fail p=often|p=often|a number from 0 to 1",
        "fail nth=2 p=0.5|nth, every, p|one of them, or none for each transfer",
        "fail result=NO_ERROR|result=NO_ERROR|READ_FAILED, WRITE_FAILED, DEVICE_FAILED",
        "corrupt op=pqval|op=pqval|an operation that writes: copy, set, xor, pq, recov",
        "throw|in= is missing|in=push, in=doorbell, in=poll, in=terminate",
        "throw in=close|in=close|in=push, in=doorbell, in=poll, in=terminate",
        "hang in=poll|millis= is missing|millis=N, 1 to 3600000",
        "slow millis=1 micros=5|micros, millis|one of them",
        "stall millis=3600001|millis=3600001|a whole number from 1 to 3600000"
      })
  void whatIsNotUnderstoodIsNamedWithWhatWouldBe(String rule, String word, String understood) {
    final IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> RuleText.parse(rule));
    assertEquals(
        "rule not understood: rule=\""
            + rule
            + "\", word=\""
            + word
            + "\"; understood: "
            + understood,
        refused.getMessage());
  }

  @Test
  void wordsOfACommandLineBecomeRulesQuotedOrNot() {
    final List<String> rules = List.of("fail op=xor every=100", "halt", "slow p=0.1");
    assertEquals(rules, RuleText.join(rules));
    assertEquals(
        rules, RuleText.join(List.of("fail", "op=xor", "every=100", "halt", "slow", "p=0.1")));
  }
}
