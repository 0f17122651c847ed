package io.asynctx.tester.storm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.driver.Transfer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Addresses name operations. */
class ExecutionsTest {

  private final Book book = Book.of(4);
  private final Executions executions = book.executions();
  private final MemorySegment memory = Arena.ofAuto().allocate(4096);

  private static Transfer copy(MemorySegment to, long offset) {
    final Map<String, Object> answers =
        Map.of("destinations", 1, "destination", to, "offset", offset, "operation", DmaCap.MEMCPY);
    return (Transfer)
        Proxy.newProxyInstance(
            Transfer.class.getClassLoader(),
            new Class<?>[] {Transfer.class},
            (proxy, method, arguments) -> answers.get(method.getName()));
  }

  @Test
  void aTransferIsCountedForTheOperationThatWritesThere() {
    executions.name(memory.address() + 64, 2);
    executions.begins("x/0", copy(memory.asSlice(64), 0));
    executions.begins("x/1", copy(memory.asSlice(64), 100));
    assertEquals(1, book.ledger().begun(2));
    assertEquals(1, book.ledger().continued(2));
    assertEquals(0, book.ledger().begun(1));
  }

  @Test
  void aTransferInALaneThatNobodySubmittedIsAViolation() {
    executions.own(memory.address(), memory.byteSize());
    executions.name(memory.address() + 64, 2);
    executions.forget(memory.address() + 64, 2);
    executions.begins("x/0", copy(memory.asSlice(64), 0));
    assertEquals(List.of("stray execution"), List.copyOf(book.violations().counts().keySet()));
  }

  @Test
  void memoryOfOthersIsNoneOfItsBusiness() {
    executions.begins("x/0", copy(memory.asSlice(64), 0));
    assertEquals(0, book.violations().total());
    assertEquals(1, executions.foreign());
  }
}
