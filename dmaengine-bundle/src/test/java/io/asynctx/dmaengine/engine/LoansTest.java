package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.asynctx.async.SubmitControl;
import io.asynctx.dmaengine.client.Borrower;
import io.asynctx.dmaengine.dto.BufferDTO;
import io.asynctx.memory.BufferInUseException;
import io.asynctx.memory.DmaBuffer;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

final class LoansTest {

  private final AsyncBed bed = new AsyncBed();
  private final Loans loans = bed.engine.buffers().loans();
  private final DmaBuffersFace buffers = new DmaBuffersFace(bed.engine, "bundle.one");
  private final EngineInspector inspector = new EngineInspector(bed.engine);
  private final ListAppender<ILoggingEvent> said = new ListAppender<>();

  @BeforeEach
  void listen() {
    said.start();
    ((Logger) LoggerFactory.getLogger(Loans.class)).addAppender(said);
  }

  @AfterEach
  void stop() {
    bed.close();
    ((Logger) LoggerFactory.getLogger(Loans.class)).detachAppender(said);
  }

  private List<String> said() {
    return List.copyOf(said.list).stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  private BufferDTO only() {
    final List<BufferDTO> all = inspector.buffers();
    assertEquals(1, all.size(), all.toString());
    return all.getFirst();
  }

  @Test
  void aLentBufferIsShownWithItsHolderAgeAndAllocationSiteUntilItIsGivenBack() {
    final DmaBuffer buffer = Borrower.borrow(buffers, 100);
    final BufferDTO first = only();
    assertEquals("bundle.one", first.holder());
    assertEquals(100, first.bytes());
    assertEquals("open", first.state());
    assertEquals(0, first.operations());
    assertEquals("", first.lockedBy());
    assertTrue(
        first.allocatedAt().matches("Borrower\\.borrow\\(Borrower\\.java:\\d+\\)"),
        first.allocatedAt());
    Rig.await("it grows older", () -> only().ageMillis() > first.ageMillis());
    buffer.close();
    assertEquals(List.of(), inspector.buffers());
  }

  @Test
  void withoutSitesNoneIsRecorded() {
    loans.recordSites(false);
    Borrower.borrow(buffers, 1);
    assertEquals("", only().allocatedAt());
  }

  @Test
  void theOldestIsShownFirst() {
    for (int bytes = 1; bytes <= 5; bytes++) {
      Borrower.borrow(buffers, bytes);
    }
    assertEquals(
        List.of(1L, 2L, 3L, 4L, 5L), inspector.buffers().stream().map(BufferDTO::bytes).toList());
  }

  @Test
  void theOperationsThatNameABufferAreCountedAndItLeavesWithTheLast() {
    final WorkingDevice device = new WorkingDevice("work", 1);
    device.held = true;
    bed.add(device, 0);
    final DmaBuffer buffer = Borrower.borrow(buffers, 4096);
    final DmaBuffer other = Borrower.borrow(buffers, 4096);
    final long[] handles = new long[3];
    for (int i = 0; i < handles.length; i++) {
      handles[i] =
          bed.async.memset(
              buffer.segment().asSlice(i),
              (byte) 1,
              1,
              new SubmitControl().allowSynchronous(false));
    }
    assertEquals(3, inspector.buffers().get(0).operations());
    assertEquals(0, inspector.buffers().get(1).operations());
    assertThrows(BufferInUseException.class, buffer::close);
    assertEquals("open", inspector.buffers().get(0).state());
    buffer.closeWhenIdle();
    assertEquals("leaving", inspector.buffers().get(0).state());
    device.held = false;
    for (long handle : handles) {
      bed.async.quiesce(handle, AsyncBed.LONG);
    }
    Rig.await("it is given back by the watch", () -> inspector.buffers().size() == 1);
    other.close();
  }

  @Test
  void aLockedBufferNamesItsChannelUntilThatIsQuiet() {
    final DmaBuffer buffer = Borrower.borrow(buffers, 64);
    final Descriptor d =
        bed.engine
            .descriptors()
            .take(bed.engine.housePool(), new Owner("one"), bed.engine.buffers().epoch(), null);
    d.fill(io.asynctx.dmaengine.DmaCap.MEMSET, 1, 0, 1, 0);
    d.destination(0, buffer.segment());
    bed.engine.impounded().impound(d, "work/0", "work/0");
    bed.engine.submission().abandon(d, d.handle());
    buffer.closeWhenIdle();
    assertEquals("locked", only().state());
    assertEquals("work/0", only().lockedBy());
    bed.engine.impounded().release("work/0");
    Rig.await("it is given back by the watch", () -> inspector.buffers().isEmpty());
  }

  @Test
  void aBufferDroppedWithoutCloseIsReportedWithAgeAndSiteAndStaysLent() {
    final long address = Borrower.drop(buffers, 100);
    Rig.await(
        "the leak is reported: " + said(),
        () -> {
          System.gc();
          return !said().isEmpty();
        });
    final String text = said().getFirst();
    assertTrue(
        text.matches(
            "buffer dropped without being closed: engine=rig, holder=bundle\\.one, bytes=100,"
                + " ageMillis=\\d+, allocatedAt=Borrower\\.drop\\(Borrower\\.java:\\d+\\); it stays"
                + " lent until its holder stops; close every DmaBuffer"),
        text);
    assertEquals("open", only().state());
    for (int i = 0; i < 1024; i++) { // blocks take turns; more than a slab of them
      assertTrue(
          Borrower.borrow(buffers, 100).segment().address() != address, "freed while in use");
    }
    buffers.close();
    assertEquals(List.of(), inspector.buffers());
  }

  @Test
  void aBufferThatWasClosedAndThenDroppedIsNoLeak() {
    Borrower.borrow(buffers, 100).close();
    Borrower.drop(buffers, 200);
    Rig.await(
        "the other is reported",
        () -> {
          System.gc();
          return !said().isEmpty();
        });
    assertEquals(1, said().size(), said().toString());
    assertTrue(said().getFirst().contains("bytes=200"), said().toString());
  }

  @Test
  void anEngineThatStopsSaysWhatIsStillLent() {
    Borrower.borrow(buffers, 100);
    Borrower.borrow(buffers, 28);
    Borrower.borrow(buffers, 1).close();
    bed.engine.stop();
    final String text = said().getFirst();
    assertEquals(1, said().size(), said().toString());
    assertTrue(
        text.matches(
            "buffers still lent as the engine stops: engine=rig, buffers=2, bytes=128,"
                + " oldest=\\[bundle\\.one bytes=100 ageMillis=\\d+ at Borrower\\.borrow\\(.*\\),"
                + " bundle\\.one bytes=28 .*\\]; their segments end with it"),
        text);
    buffers.close();
  }
}
