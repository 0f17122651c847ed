package io.asynctx.tester.storm;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.async.AsyncTx;
import io.asynctx.dmaengine.SumCheck;
import io.asynctx.dmaengine.TransferResult;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Every breach is planted once, and must be found under its name. */
class JudgeTest {

  private static final Op FILL = Plans.op(OpKind.FILL, 8, List.of(0), List.of());
  private static final Op COPY = Plans.op(OpKind.COPY, 16, List.of(1), List.of(0), 0);
  private static final Op INTO = Plans.op(OpKind.XOR_INTO, 8, List.of(2), List.of(2, 3));

  private final Book book = Book.of(8);
  private final Judge judge = new Judge(book);
  private final Lane lane = Plans.lane();

  /** Never asked for anything but details, of operations that failed. */
  private final AsyncTx nobody =
      (AsyncTx)
          Proxy.newProxyInstance(
              AsyncTx.class.getClassLoader(),
              new Class<?>[] {AsyncTx.class},
              (proxy, method, arguments) -> {
                throw new AssertionError("asked for " + method);
              });

  private Flight flight(Op... ops) {
    final ChainPlan plan = Plans.chain(ops);
    lane.fill(plan, Planner.pool(1));
    final Flight flight = new Flight(book, nobody, plan, lane);
    for (int i = 0; i < ops.length; i++) {
      flight.entered(i);
    }
    flight.launched();
    return flight;
  }

  /** What a device does, that does what it should. */
  private void run(Flight flight, int index) {
    book.ledger().begins(index, true);
    final byte[] image = lane.part(0, LaneSize.SMALL.bytes()).toArray(JAVA_BYTE);
    flight.checks[index].set(Interpreter.apply(flight.plan, flight.plan.ops().get(index), image));
    MemorySegment.copy(image, 0, lane.part(0, image.length), JAVA_BYTE, 0, image.length);
  }

  private void end(Flight flight, int index, TransferResult result) {
    flight.ended(index, result);
  }

  private void runAll(Flight flight) {
    for (int i = 0; i < flight.plan.ops().size(); i++) {
      run(flight, i);
      end(flight, i, TransferResult.NO_ERROR);
    }
  }

  private void assertFound(String... kinds) {
    final Map<String, Long> counts = book.violations().counts();
    assertEquals(
        List.of(kinds), List.copyOf(counts.keySet()), book.violations().shown().toString());
  }

  @Test
  void aChainThatRanAsPlannedIsClean() {
    final Flight flight = flight(FILL, COPY, INTO);
    runAll(flight);
    assertTrue(flight.landed());
    assertTrue(judge.judge(flight));
    assertFound();
    assertEquals(0, judge.synchronous());
    assertEquals(1, judge.unrepeatable());
  }

  @Test
  void anOperationThatDidNotEndKeepsTheChainOpenAndIsLost() {
    final Flight flight = flight(FILL, COPY);
    run(flight, 0);
    end(flight, 0, TransferResult.NO_ERROR);
    assertFalse(flight.landed());
    assertEquals(List.of(1), book.ledger().lost(9));
    assertEquals(1, book.ledger().inFlight());
  }

  @Test
  void aSecondEndingIsFound() {
    final Flight flight = flight(FILL);
    runAll(flight);
    flight.completed(1, TransferResult.NO_ERROR, 0);
    assertFound("ended twice");
  }

  @Test
  void aSecondExecutionOfWhatMayNotRunTwiceIsFoundEvenIfTheBytesAreRight() {
    final Flight flight = flight(INTO);
    run(flight, 0);
    book.ledger().begins(0, true);
    end(flight, 0, TransferResult.NO_ERROR);
    judge.judge(flight);
    assertFound("executed twice");
  }

  @Test
  void aSecondExecutionShowsInTheBytesToo() {
    final Flight flight = flight(INTO);
    run(flight, 0);
    run(flight, 0);
    end(flight, 0, TransferResult.NO_ERROR);
    judge.judge(flight);
    assertFound("bytes wrong", "executed twice");
  }

  @Test
  void goingOnWhereItWasStoppedIsNoSecondExecution() {
    final Flight flight = flight(INTO);
    run(flight, 0);
    book.ledger().begins(0, false);
    end(flight, 0, TransferResult.NO_ERROR);
    judge.judge(flight);
    assertFound();
  }

  @Test
  void anOperationThatDidNothingIsFound() {
    final Flight flight = flight(FILL);
    book.ledger().begins(0, true);
    end(flight, 0, TransferResult.NO_ERROR);
    judge.judge(flight);
    assertFound("bytes wrong");
  }

  @Test
  void aByteBesideTheOperandsIsFound() {
    final Flight flight = flight(FILL);
    run(flight, 0);
    lane.part(flight.plan.at(0, Plans.LENGTH + 3), 1).set(JAVA_BYTE, 0, (byte) 1);
    end(flight, 0, TransferResult.NO_ERROR);
    judge.judge(flight);
    assertFound("guard damaged");
  }

  @Test
  void aChildThatSucceedsThoughItsParentFailedIsFound() {
    book.weather().faultSet();
    final Flight flight = flight(FILL, COPY);
    end(flight, 0, TransferResult.DEVICE_FAILED);
    run(flight, 1);
    end(flight, 1, TransferResult.NO_ERROR);
    judge.judge(flight);
    assertFound("succeeded though a parent failed");
  }

  @Test
  void aChildThatIsBegunThoughItsParentFailedIsFound() {
    book.weather().faultSet();
    final Flight flight = flight(FILL, COPY);
    end(flight, 0, TransferResult.DEVICE_FAILED);
    book.ledger().begins(1, true);
    end(flight, 1, TransferResult.ABORTED);
    judge.judge(flight);
    assertFound("begun though a parent failed");
  }

  @Test
  void aChildAbortedWithItsParentMustHaveChangedNothing() {
    book.weather().faultSet();
    final Flight flight = flight(FILL, COPY);
    end(flight, 0, TransferResult.DEVICE_FAILED);
    lane.part(flight.plan.at(1, 20), 1).set(JAVA_BYTE, 0, (byte) (lane.image()[0] + 1));
    lane.part(flight.plan.at(1, 21), 1).set(JAVA_BYTE, 0, (byte) (lane.image()[0] + 2));
    end(flight, 1, TransferResult.ABORTED);
    judge.judge(flight);
    assertFound("bytes wrong");
  }

  @Test
  void aChildBegunBeforeItsParentIsFound() {
    final Flight flight = flight(FILL, COPY);
    book.ledger().begins(1, true);
    run(flight, 0);
    run(flight, 1);
    end(flight, 0, TransferResult.NO_ERROR);
    end(flight, 1, TransferResult.NO_ERROR);
    judge.judge(flight);
    assertFound("begun before its parent ended");
  }

  @Test
  void aRepeatableOperationAbortedWithoutReasonIsFound() {
    book.weather().faultSet();
    final Flight flight = flight(FILL);
    run(flight, 0);
    end(flight, 0, TransferResult.ABORTED);
    judge.judge(flight);
    assertFound("aborted without need");
  }

  @Test
  void whatWasNeverBegunMayNotBeAborted() {
    final Flight flight = flight(INTO);
    end(flight, 0, TransferResult.ABORTED);
    judge.judge(flight);
    assertFound("aborted without need");
  }

  @Test
  void whatWasBegunAndMayNotRunTwiceMayBeAborted() {
    final Flight flight = flight(INTO);
    run(flight, 0);
    end(flight, 0, TransferResult.ABORTED);
    judge.judge(flight);
    assertFound();
  }

  @Test
  void anErrorOfADeviceWithoutAnyFaultIsFound() {
    final Flight flight = flight(FILL);
    end(flight, 0, TransferResult.WRITE_FAILED);
    judge.judge(flight);
    assertFound("failed without a fault");
  }

  @Test
  void anErrorOfADeviceIsRightWhileAFaultIsSetAndALaneThatIsNotQuietIsGivenUp() {
    final Flight flight = flight(FILL);
    book.weather().faultSet();
    end(flight, 0, TransferResult.NOT_QUIET);
    book.weather().faultCleared();
    assertFalse(judge.judge(flight));
    assertFound();
  }

  @Test
  void aFaultThatWasClearedBeforeExcusesNothing() {
    book.weather().faultSet();
    book.weather().faultCleared();
    final Flight flight = flight(FILL);
    end(flight, 0, TransferResult.DEVICE_FAILED);
    judge.judge(flight);
    assertFound("failed without a fault");
  }

  @Test
  void aWrongAnswerOfACheckIsFound() {
    final Flight flight = flight(Plans.op(OpKind.XOR_VAL, 8, List.of(), List.of(0, 1)));
    run(flight, 0);
    assertEquals(SumCheck.P_WRONG, flight.checks[0].flags());
    flight.checks[0].set(0);
    end(flight, 0, TransferResult.NO_ERROR);
    judge.judge(flight);
    assertFound("check wrong");
  }

  @Test
  void aCallbackAfterTheStopOfItsClientIsFound() {
    final Flight flight = flight(FILL);
    run(flight, 0);
    flight.desert();
    flight.completed(1, TransferResult.NO_ERROR, 0);
    assertFound("callback after the stop of its client");
  }

  @Test
  void ofADesertedChainOnlyTheGuardsAreKnown() {
    final Flight flight = flight(FILL, INTO);
    run(flight, 0);
    end(flight, 0, TransferResult.NO_ERROR);
    flight.desert();
    book.ledger().deserted(1);
    lane.part(flight.plan.at(5, -2), 1).set(JAVA_BYTE, 0, (byte) 1);
    lane.seal();
    judge.judge(flight);
    assertFound("guard damaged");
  }

  @Test
  void whatNoDeviceBeganRanSynchronously() {
    final Flight flight = flight(Plans.op(OpKind.XOR_VAL, 8, List.of(), List.of(0, 1)));
    flight.checks[0].set(SumCheck.P_WRONG);
    end(flight, 0, TransferResult.NO_ERROR);
    judge.judge(flight);
    assertFound();
    assertEquals(1, judge.synchronous());
  }
}
