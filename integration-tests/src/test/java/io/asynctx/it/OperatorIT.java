package io.asynctx.it;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.asynctx.async.AsyncTx;
import io.asynctx.async.AsyncTxFlags;
import io.asynctx.async.Policy;
import io.asynctx.async.SubmitControl;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.WaitResult;
import io.asynctx.dmaengine.admin.DmaAdmin;
import io.asynctx.dmaengine.dto.AssignmentDTO;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.Before;
import org.junit.Test;
import org.osgi.framework.Bundle;
import org.osgi.service.cm.Configuration;

/** What an operator says is in force at once, under load, and after a restart. */
public class OperatorIT extends OnPlatform {

  private static final int BYTES = 64 << 10;
  private static final int ROUNDS = 64;

  private final MemorySegment a = Arena.global().allocate(BYTES).fill((byte) 3);
  private final MemorySegment b = Arena.global().allocate(BYTES).fill((byte) 5);
  private final MemorySegment sum = Arena.global().allocate(BYTES);
  private final Holder holder = new Holder();
  private Configuration configuration;

  @Before
  public void startEngineAndTwoDevices() throws Exception {
    configuration = platform.engine();
    platform.async("one");
    platform.async("two");
    holder.register(
        platform.empty("it.holder").getBundleContext(),
        Map.of(DmaConstants.CLIENT_NAME, "it.holder"));
    awaitChannels();
  }

  private void awaitChannels() {
    platform.awaitHeld("it.holder", "one/0", "one/1", "two/0", "two/1");
    platform.awaitHeld("async_tx", "one/0", "one/1", "two/0", "two/1");
  }

  private DmaAdmin admin() {
    return platform.service(DmaAdmin.class, Platform.named("default"));
  }

  /** Devices that exclusive ors ran on. */
  private Set<String> xors() {
    final AsyncTx async = platform.service(AsyncTx.class, Platform.named("default"));
    final Set<String> devices = new TreeSet<>();
    for (int i = 0; i < ROUNDS; i++) {
      final SubmitControl control =
          new SubmitControl().with(AsyncTxFlags.XOR_ZERO_DST, 0).allowSynchronous(false);
      final long tx = async.xor(sum, new MemorySegment[] {a, b}, 2, BYTES, control);
      assertEquals(WaitResult.COMPLETE, async.waitFor(tx, Await.LONG));
      assertEquals((byte) 6, sum.get(ValueLayout.JAVA_BYTE, BYTES - 1));
      devices.add(async.describe(tx).provenance().device());
      async.ack(tx);
    }
    return devices;
  }

  @Test
  public void anAssignmentIsInForceUnderLoadAndAfterARestartUntilItIsTakenBack() throws Exception {
    final AssignmentDTO said;
    final Traffic traffic = new Traffic(holder).start();
    try (traffic) {
      traffic.flows();
      said = admin().assign("xor", "require", "two", "it");
      assertEquals(Set.of("two"), xors());
      admin().assign("xor", "require", "one", "it");
      assertEquals(Set.of("one"), xors());
      admin().assign("xor", "require", "two", "it");
      traffic.flows();
      assertEquals(
          "two/0",
          platform
              .inspector()
              .explain(DmaCap.XOR, 1 << 20, 2, Policy.any())
              .chosen()
              .replace("two/1", "two/0"));
    }
    assertEquals("(dma.device=two)", said.filter());
    assertTrue(
        configuration.getProperties().toString(),
        ((String) configuration.getProperties().get("assign")).contains("by=it"));
    final List<AssignmentDTO> kept = admin().assignments();
    final Bundle engine = platform.find("io.asynctx.dmaengine");
    engine.stop();
    engine.start();
    awaitChannels();
    assertEquals(kept, admin().assignments());
    assertEquals(Set.of("two"), xors());
    assertTrue(admin().unassign("xor", "it"));
    assertFalse(admin().unassign("xor", "it"));
    assertEquals(List.of(), admin().assignments());
    assertEquals(null, configuration.getProperties().get("assign"));
    admin().assign("xor", "forbid", "two", "it");
    assertEquals(Set.of("one"), xors());
    platform.assertQuiet();
  }

  @Test
  public void aPolicyIsInForceAtOnceAndKeptAndOneInTheConfigurationTakenUp() throws Exception {
    admin().policy("channels=(dma.device=two)", "it");
    assertEquals("channels=(dma.device=two)", configuration.getProperties().get("policy"));
    assertEquals(Set.of("two"), xors());
    platform.engine("default", Map.of("policy", "channels=(dma.device=one)"));
    Await.until(
        () -> "policy taken up: " + admin().policy(),
        () -> admin().policy().equals("channels=(dma.device=one)"));
    assertEquals(Set.of("one"), xors());
    platform.engine("default", Map.of("policy", "no such words", "eventMillis", 299L));
    platform.engine(
        "default", Map.of("assign", "xor require (dma.device=two)", "policy", "timed=true"));
    Await.until(
        () -> "assignment taken up: " + admin().assignments(),
        () -> admin().assignments().size() == 1);
    assertEquals("timed=true", admin().policy());
    assertEquals(Set.of("two"), xors());
    assertThrows(IllegalArgumentException.class, () -> admin().policy("no such words", "it"));
    assertThrows(
        IllegalArgumentException.class, () -> admin().assign("xor", "require", "three", "it"));
    assertEquals(Set.of("two"), xors());
    platform.assertQuiet();
  }
}
