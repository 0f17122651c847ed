package io.asynctx.pci.vfio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.bus.ClaimedFunction;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Functions that come and go. */
final class WatchTest {

  private static final int HOUR_MILLIS = 3_600_000;

  @TempDir Path root;
  private final FakeKernel kernel = new FakeKernel();
  private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
  private final BlockingQueue<VfioFunction> functions = new LinkedBlockingQueue<>();
  private FakeSysfs machine;
  private Watch watch;

  @BeforeEach
  void make() throws IOException {
    machine = FakeSysfs.machine(root);
    watch =
        new Watch(
            new Groups(new Kernel(kernel, machine.files())),
            new Watch.Listener() {
              @Override
              public void arrived(VfioFunction function) {
                functions.add(function);
                events.add("+" + function.identity());
              }

              @Override
              public void left(VfioFunction function) {
                events.add("-" + function.identity() + (function.gone() ? "" : " but not gone"));
              }
            },
            HOUR_MILLIS);
  }

  @Test
  void aFunctionArrivesWhenItIsBoundAndLeavesWhenItIsUnbound() throws IOException {
    watch.look();
    machine.ioat();
    watch.look();
    watch.look();
    machine.unbind(FakeSysfs.IOAT);
    watch.look();
    machine.bind(FakeSysfs.IOAT, "vfio-pci");
    watch.look();
    assertEquals(
        "[+0000:00:04.0 8086:0b00, -0000:00:04.0 8086:0b00, +0000:00:04.0 8086:0b00]",
        events.toString());
    assertTrue(functions.remove().gone());
    assertFalse(functions.remove().gone(), "what comes later is another one");
  }

  @Test
  void anotherFunctionAtTheSameAddressIsAnotherService() throws IOException {
    machine.ioat();
    watch.look();
    java.nio.file.Files.writeString(machine.function(FakeSysfs.IOAT).resolve("device"), "0x2021\n");
    watch.look();
    assertEquals(
        "[+0000:00:04.0 8086:0b00, -0000:00:04.0 8086:0b00, +0000:00:04.0 8086:2021]",
        events.toString());
  }

  @Test
  void aFunctionThatTheHostWantsBackLeavesAtOnceAndStaysAwayUntilItIsUnbound() throws Exception {
    machine.ioat();
    final Thread thread = Thread.ofPlatform().daemon().start(watch);
    assertEquals("+0000:00:04.0 8086:0b00", events.poll(1, TimeUnit.MINUTES));
    final ClaimedFunction claim = functions.remove().claim("test");
    claim.enableInterrupts(1);
    kernel.request();
    assertEquals("-0000:00:04.0 8086:0b00", events.poll(1, TimeUnit.MINUTES));
    assertTrue(claim.gone());
    assertTrue(claim.interrupt(0).await(0));
    claim.close();
    watch.close();
    thread.join(60_000);
    assertFalse(thread.isAlive());
    assertEquals("[]", events.toString());
    assertEquals(0, kernel.descriptors());
  }

  @Test
  void everyFunctionIsGoneWhenTheWatchEnds() throws Exception {
    machine.ioat();
    final Thread thread = Thread.ofPlatform().daemon().start(watch);
    assertEquals("+0000:00:04.0 8086:0b00", events.poll(1, TimeUnit.MINUTES));
    watch.close();
    thread.join(60_000);
    assertEquals("[-0000:00:04.0 8086:0b00]", events.toString());
    assertEquals(0, kernel.descriptors());
  }
}
