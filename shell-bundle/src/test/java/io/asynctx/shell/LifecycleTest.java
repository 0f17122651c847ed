package io.asynctx.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.dto.ClientDTO;
import io.asynctx.dmaengine.dto.DeviceDTO;
import io.asynctx.dmaengine.dto.OperationDTO;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the commands say without a driver, while one stops, and after the engine came back. */
@Timeout(30)
class LifecycleTest {

  private final Gogo gogo = new Gogo();

  @AfterEach
  void close() {
    gogo.close();
  }

  private static ClientDTO client(ClientDTO.Lease... leases) {
    return new ClientDTO(
        "raid", "io.raid", "whiteboard", List.of("XOR"), "", false, "", false, 2, List.of(leases));
  }

  private static OperationDTO operation(String state, String channel, int attempts) {
    return new OperationDTO(
        7, "default.0.3.9", "xor", 65536, "raid", state, channel, attempts, false, "");
  }

  private FakeInspector serving() {
    final FakeInspector inspector = new FakeInspector();
    inspector.devices = List.of(FakeInspector.device("soft0", "software", "serving"));
    inspector.channels =
        List.of(FakeInspector.channel("soft0", "software", "ACTIVE", List.of("raid")));
    inspector.clients = List.of(client(new ClientDTO.Lease("soft0/0", false, 0)));
    inspector.operations = List.of(operation("PUSHED", "soft0/0", 1));
    return inspector;
  }

  /** In the middle of a removal: moved already is what was queued, the lease is gone. */
  private FakeInspector stopping() {
    final FakeInspector inspector = serving();
    inspector.devices = List.of(FakeInspector.device("soft0", "software", "leaving"));
    inspector.channels = List.of(FakeInspector.channel("soft0", "software", "DRAINING", List.of()));
    inspector.clients = List.of(client());
    inspector.operations = List.of(operation("QUEUED", "", 1), operation("PUSHED", "soft0/0", 2));
    return inspector;
  }

  @Test
  void withoutADriverClientsHoldNothingAndWorkWaitsWithoutAChannel() throws Exception {
    final FakeInspector inspector = new FakeInspector();
    inspector.clients = List.of(client());
    inspector.operations = List.of(operation("QUEUED", "", 0));
    gogo.engineStarts(inspector, "default");
    final String client = gogo.show("dma:clients").lines().toList().get(1).strip();
    assertEquals("raid    io.raid  whiteboard  xor    -            2", client);
    final String operation = gogo.show("dma:ops").lines().toList().get(1);
    assertTrue(operation.contains("QUEUED  -  "), operation);
    assertTrue(gogo.show("dma:stats").contains("submitted          8,412,077"));
  }

  @Test
  void withoutADriverAwaitFailsAndNamesWhatItWaitedFor() {
    gogo.engineStarts(new FakeInspector(), "default");
    final Exception e = assertThrows(Exception.class, () -> gogo.run("dma:await soft0 0"));
    assertEquals(
        "not served in time: name=soft0, seconds=0, devices=[], channels=[]; see dma:doctor",
        e.getMessage());
  }

  @Test
  void whileADriverStopsEveryListingShowsHowFarItIs() throws Exception {
    gogo.engineStarts(stopping(), "default");
    assertTrue(gogo.show("dma:devices").contains("leaving"));
    assertTrue(gogo.show("dma:channels").contains("DRAINING"));
    final String clients = gogo.show("dma:clients");
    assertTrue(clients.contains("raid"), clients);
    assertFalse(clients.contains("soft0/0"), clients);
    final List<String> operations = gogo.show("dma:ops").lines().toList();
    assertTrue(operations.get(1).contains("QUEUED  -  "), operations::toString);
    assertTrue(operations.get(2).contains("PUSHED  soft0/0  "), operations::toString);
    assertTrue(gogo.show("dma:stats").contains("submitted          8,412,077"));
  }

  @Test
  void whileADriverStopsTheDoctorSaysThatItLeaves() throws Exception {
    gogo.frameworkProperties.put(Doctor.LOCK_TIMEOUT, "30000");
    gogo.engineStarts(stopping(), "default");
    final String text = gogo.show("dma:doctor");
    assertTrue(text.contains("warning  device soft0: leaving\n"), text);
    assertFalse(text.contains("problem"), text);
  }

  @Test
  void awaitWaitsUntilALeavingDeviceIsBack() throws Exception {
    final Deque<DeviceDTO> answers =
        new ArrayDeque<>(
            List.of(
                FakeInspector.device("soft0", "software", "leaving"),
                FakeInspector.device("soft0", "software", "leaving"),
                FakeInspector.device("soft0", "software", "serving")));
    gogo.engineStarts(
        new FakeInspector() {
          @Override
          public List<DeviceDTO> devices() {
            return List.of(answers.size() > 1 ? answers.remove() : answers.element());
          }
        },
        "default");
    assertNull(gogo.run("dma:await soft0 20"));
    assertEquals(1, answers.size(), "it did not wait");
  }

  @Test
  void afterARestartEveryCommandSpeaksOfTheNewEngine() throws Exception {
    gogo.frameworkProperties.put(Doctor.LOCK_TIMEOUT, "30000");
    final FakeInspector old = stopping();
    gogo.engineStarts(old, "default");
    old.stopped = true;
    gogo.engineStops(old, "default");
    final FakeInspector next = serving();
    next.operations = List.of();
    gogo.engineStarts(next, "default");
    assertTrue(gogo.show("dma:devices").contains("serving"));
    assertFalse(gogo.show("dma:channels").contains("DRAINING"));
    assertTrue(gogo.show("dma:clients").contains("soft0/0"));
    assertEquals("no descriptor is taken", gogo.show("dma:ops"));
    assertTrue(gogo.show("dma:stats").contains("state              ACTIVE"));
    assertNull(gogo.run("dma:await soft0 0"));
    final String doctor = gogo.show("dma:doctor");
    assertTrue(doctor.lines().noneMatch(l -> l.startsWith("problem")), doctor);
    assertTrue(doctor.contains("ok       device soft0: serving"), doctor);
  }
}
