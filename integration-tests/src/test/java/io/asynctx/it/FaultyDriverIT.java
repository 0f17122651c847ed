package io.asynctx.it;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.asynctx.dmaengine.ChannelGoneException;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.admin.DmaInspector;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.dmaengine.dto.RemovalDTO;
import io.asynctx.it.bundle.FaultyDriver;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.junit.Test;
import org.osgi.framework.Bundle;

/**
 * OSGi has no veto: whatever a driver does while it is being removed, it is deactivated next. So
 * the engine must be rid of it by then, and within its budget.
 */
public class FaultyDriverIT extends OnPlatform {

  private static final long BUDGET_MILLIS = 600;

  /** What the removal may take beyond its budget where other processes have the machine. */
  private static final long SLACK_MILLIS = 3000;

  private final List<String> journal = new CopyOnWriteArrayList<>();
  private final List<TransferResult> results = new CopyOnWriteArrayList<>();
  private final MemorySegment from = Arena.global().allocate(64);
  private final MemorySegment to = Arena.global().allocate(64);
  private Holder holder;

  private Bundle start(String fault) throws Exception {
    platform.engine("default", Map.of("removalBudgetMillis", BUDGET_MILLIS));
    platform.register(List.class, journal, Map.of("it", "journal"));
    final Bundle driver =
        platform.install(
            "it.faulty",
            TestBundle.named("it.faulty")
                .component(
                    FaultyDriver.class,
                    "immediate='true' activate='activate' deactivate='deactivate' init='2'",
                    "<property name='dma.device' value='faulty'/>"
                        + "<property name='service.ranking' type='Integer' value='5'/>"
                        + "<property name='fault' value='"
                        + fault
                        + "'/><service><provide interface='"
                        + DmaDevice.class.getName()
                        + "'/></service><reference name='journal' interface='java.util.List'"
                        + " parameter='1' target='(it=journal)'/>")
                .jar());
    platform.async("one");
    holder = new Holder();
    holder.register(
        platform.empty("it.holder").getBundleContext(), Map.of(DmaConstants.CLIENT_NAME, "it"));
    platform.awaitHeld("it", "faulty/0", "one/0", "one/1");
    return driver;
  }

  private DmaChannel faulty() {
    return holder.channels.stream()
        .filter(c -> c.device().equals("faulty"))
        .findFirst()
        .orElseThrow();
  }

  private void submit(DmaChannel channel, int operations) {
    for (int i = 0; i < operations; i++) {
      final long tx = channel.prepMemcpy(to, from, 64, DmaChannel.PREP_ACK);
      channel.callback(tx, (handle, result, parameter) -> results.add(result), null);
      channel.submit(tx);
    }
    channel.issuePending();
  }

  /** Four are with the device, the fifth waits. */
  private DmaChannel load() {
    final DmaChannel channel = faulty();
    submit(channel, 5);
    Await.until(
        () -> "four with the device: " + platform.inspector().channels(),
        () -> platform.inspector().channels().getFirst().inFlight() == 4);
    return channel;
  }

  private RemovalDTO removed(DmaChannel channel, Bundle driver) throws Exception {
    final long before = System.nanoTime();
    driver.stop();
    final long millis = (System.nanoTime() - before) / 1_000_000;
    assertTrue("stop took millis=" + millis, millis < BUDGET_MILLIS + SLACK_MILLIS);
    assertThrows(
        ChannelGoneException.class, () -> channel.prepMemcpy(to, from, 64, DmaChannel.PREP_ACK));
    Await.until(() -> "every operation ended: " + results, () -> results.size() == 5);
    platform.awaitHeld("it", "one/0", "one/1");
    final List<RemovalDTO> removals = platform.inspector().removals();
    assertEquals(removals.toString(), 1, removals.size());
    Platform.assertRemovalsAddUp(platform.inspector());
    return removals.getFirst();
  }

  private long count(TransferResult result) {
    return results.stream().filter(r -> r == result).count();
  }

  private void assertEngineGoesOn() throws Exception {
    final Traffic traffic = new Traffic(holder).start();
    try (traffic) {
      traffic.flows();
    }
    platform.assertQuiet();
    assertEquals("ACTIVE", platform.inspector().engine().state());
    assertEquals(List.of(), journal.stream().filter(line -> line.startsWith("entered")).toList());
  }

  @Test
  public void driverThatThrowsWhenItIsTerminatedIsCutOffAndDeactivatedAndTheEngineGoesOn()
      throws Exception {
    final Bundle driver = start("terminateAll throw");
    final RemovalDTO removal = removed(load(), driver);
    assertEquals(removal.toString(), 1, removal.impounded());
    assertEquals(results.toString(), 4, count(TransferResult.NOT_QUIET));
    assertEquals(results.toString(), 1, count(TransferResult.NO_ERROR));
    assertEquals(List.of("activate", "terminateAll", "close", "deactivate"), journal);
    assertEngineGoesOn();
  }

  @Test
  public void driverThatThrowsWhenItIsClosedIsDeactivatedAndNothingIsLost() throws Exception {
    final Bundle driver = start("close throw");
    final RemovalDTO removal = removed(load(), driver);
    assertEquals(removal.toString(), 0, removal.impounded());
    assertEquals(results.toString(), 5, count(TransferResult.NO_ERROR));
    assertEquals(List.of("activate", "terminateAll", "close", "deactivate"), journal);
    assertEngineGoesOn();
  }

  @Test
  public void driverThatDoesNotReturnFromTerminateHoldsTheStopUpForTheBudgetAndNoLonger()
      throws Exception {
    final Bundle driver = start("terminateAll hang");
    final RemovalDTO removal = removed(load(), driver);
    assertEquals(removal.toString(), 1, removal.impounded());
    assertTrue(removal.toString(), removal.micros() >= 1000 * BUDGET_MILLIS / 2);
    assertEquals(results.toString(), 4, count(TransferResult.NOT_QUIET));
    assertEquals(results.toString(), 1, count(TransferResult.NO_ERROR));
    assertEquals("deactivate", journal.getLast());
    assertTrue(journal.toString(), journal.contains("terminateAll"));
    journal.add("release");
    assertEngineGoesOn();
  }

  @Test
  public void engineThatStopsMeanwhileWaitsForTheRemovalUnderWayAndTheOrderHolds()
      throws Exception {
    final Bundle driver = start("terminateAll hang");
    load();
    final Bundle engine = platform.find("io.asynctx.dmaengine");
    final Thread stopping =
        new Thread(() -> {
          try {
            driver.stop();
          } catch (Exception e) {
            journal.add("driver could not be stopped: " + e);
          }
        });
    stopping.start();
    Await.until("the driver is being terminated", () -> journal.contains("terminateAll"));
    final long before = System.nanoTime();
    engine.stop();
    final long millis = (System.nanoTime() - before) / 1_000_000;
    Await.ended(List.of(stopping));
    assertTrue("stop took millis=" + millis, millis < 3 * BUDGET_MILLIS + SLACK_MILLIS);
    Await.until(() -> "every operation ended: " + results, () -> results.size() == 5);
    assertEquals(journal.toString(), "deactivate", journal.getLast());
    journal.add("release");
    engine.start();
  }

  @Test
  public void budgetThatOutlastsThePatienceOfScrIsWarnedOf() {
    assertEquals("", warnings(Map.of()));
    final String warning = warnings(Map.of("removalBudgetMillis", 29_500L));
    assertTrue(warning, warning.contains("removalBudgetMillis=29500"));
    assertTrue(warning, warning.contains("ds.lock.timeout.milliseconds=30000"));
  }

  /** What an engine so configured says about the time-out while it starts. */
  private String warnings(Map<String, Object> properties) {
    final PrintStream out = System.out;
    final ByteArrayOutputStream said = new ByteArrayOutputStream();
    System.setOut(new PrintStream(said, true, StandardCharsets.UTF_8));
    try {
      Platform.delete(platform.engine("warned", properties));
      Await.until(
          "the engine goes",
          () ->
              Platform.references(context, DmaInspector.class, Platform.named("warned")).isEmpty());
    } finally {
      System.setOut(out);
    }
    return said.toString(StandardCharsets.UTF_8)
        .lines()
        .filter(line -> line.contains("ds.lock.timeout"))
        .collect(Collectors.joining("\n"));
  }
}
