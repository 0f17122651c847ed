package io.asynctx.driver.tck;

import io.asynctx.dmaengine.DmaCap;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One transfer, its operands, and what must have become of them. Owned by the contract. */
final class Case {
  private final DmaCap operation;
  private final List<Operand> operands = new ArrayList<>();
  private final List<@Nullable MemorySegment> destinations = new ArrayList<>();
  private final List<@Nullable MemorySegment> sources = new ArrayList<>();
  private int[] more = new int[0];
  private boolean continuation;
  private boolean accumulate;
  private int sumCheck;
  private String description;
  private @Nullable KitTransfer transfer;

  Case(DmaCap operation) {
    this.operation = operation;
    description = operation.name();
  }

  DmaCap operation() {
    return operation;
  }

  Case operand(Operand operand) {
    operands.add(operand);
    return this;
  }

  Case to(@Nullable MemorySegment destination) {
    destinations.add(destination);
    return this;
  }

  Case from(@Nullable MemorySegment source) {
    sources.add(source);
    return this;
  }

  Case more(int... values) {
    more = values;
    return this;
  }

  Case goesOn(boolean continuation, boolean accumulate) {
    this.continuation = continuation;
    this.accumulate = accumulate;
    return this;
  }

  /** What a validate must answer. */
  Case answers(int sumCheck) {
    this.sumCheck = sumCheck;
    return this;
  }

  /** Words for a failure, beside operation and length. */
  Case described(String description) {
    this.description = operation + " " + description;
    return this;
  }

  Case ready(long tag, long offset, long length) {
    transfer =
        new KitTransfer(
            tag, this, offset, length, destinations, sources, more, continuation, accumulate);
    return this;
  }

  KitTransfer transfer() {
    final KitTransfer ready = transfer;
    if (ready == null) {
      throw new IllegalStateException("case is not ready: " + description);
    }
    return ready;
  }

  List<Operand> operands() {
    return operands;
  }

  /** Fails unless the transfer ended well with the right answer and every byte is as it must be. */
  void verify() {
    final Report report = transfer().report();
    if (report == null || !report.succeeded()) {
      throw failure("ended badly: report=" + report);
    }
    if (report.sumCheck() != sumCheck) {
      throw failure("wrong answer: sumCheck=" + report.sumCheck() + ", expected=" + sumCheck);
    }
    for (Operand operand : operands) {
      complain(operand.differs());
    }
  }

  /** Fails unless the first bytes of each destination are done and nothing behind them written. */
  void verifyStoppedAt(long done) {
    final KitTransfer stopped = transfer();
    for (Operand operand : operands) {
      complain(operand.differs(destinations, stopped.start() + done, stopped.bytes() - done));
    }
  }

  /** Fails if a byte is not as it was at first. */
  void verifyUntouched() {
    for (Operand operand : operands) {
      complain(operand.touched());
    }
  }

  /** Fails if a byte changed that the transfer had no business with, done or not. */
  void verifyNoStrays() {
    for (Operand operand : operands) {
      complain(operand.strays());
    }
  }

  List<byte[]> snapshot() {
    return operands.stream().map(Operand::now).toList();
  }

  /** Fails if a byte changed since a snapshot. */
  void verifySame(List<byte[]> snapshot, String since) {
    for (int i = 0; i < snapshot.size(); i++) {
      final int at = Arrays.mismatch(snapshot.get(i), operands.get(i).now());
      if (at >= 0) {
        throw failure(
            "byte changed " + since + ": operand=" + operands.get(i).name + ", offset=" + at);
      }
    }
  }

  private void complain(@Nullable String text) {
    if (text != null) {
      throw failure(text);
    }
  }

  private ContractFailure failure(String text) {
    return new ContractFailure(text + ", case=" + description + ", transfer=" + transfer);
  }
}
