package io.asynctx.examples.channelfilter;

import static io.asynctx.dmaengine.DmaState.AVAILABLE;
import static io.asynctx.dmaengine.DmaState.REMOVED;
import static io.asynctx.dmaengine.DmaState.RESUME;
import static io.asynctx.dmaengine.DmaState.SUSPEND;
import static io.asynctx.dmaengine.DmaStateClient.ACK;
import static io.asynctx.dmaengine.DmaStateClient.DUP;
import static io.asynctx.dmaengine.DmaStateClient.NAK;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.examples.channelfilter.FakeChannel.Copies;
import java.lang.annotation.Annotation;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ChannelFilterClientTest {

  private static final String REGION = "platform.example.region";

  private final FakeBuffers buffers = new FakeBuffers();
  private final ChannelFilterClient client = client(REGION, "", 1);
  private final FakeChannel north = new FakeChannel("fake0/0", Map.of(REGION, "north"));
  private final FakeChannel south = new FakeChannel("fake1/0", Map.of(REGION, "south"));
  private final DmaChannel plain = new FakeChannel("fake2/0", Map.of("other", 1)).channel;

  @Test
  void channelWithoutThePropertyIsPassedOver() {
    assertEquals(DUP, client.event(plain, AVAILABLE));
    assertEquals(List.of(), client.held());
  }

  @Test
  void channelWithThePropertyIsTaken() {
    assertEquals(ACK, client.event(north.channel, AVAILABLE));
    assertEquals(List.of("fake0/0"), client.held());
  }

  @Test
  void channelHeldAlreadyIsKnown() {
    client.event(north.channel, AVAILABLE);
    assertEquals(DUP, client.event(north.channel, AVAILABLE));
  }

  @Test
  void clientThatHasEnoughEndsTheWalk() {
    client.event(north.channel, AVAILABLE);
    assertEquals(NAK, client.event(south.channel, AVAILABLE));
    assertEquals(DUP, client.event(plain, AVAILABLE));
    assertEquals(List.of("fake0/0"), client.held());
  }

  @Test
  void removedChannelIsForgottenSoThatTheNextOneIsTaken() {
    client.event(north.channel, AVAILABLE);
    assertEquals(NAK, client.event(south.channel, AVAILABLE));
    assertEquals(ACK, client.event(north.channel, REMOVED));
    assertEquals(List.of(), client.held());
    assertEquals(ACK, client.event(south.channel, AVAILABLE));
    assertEquals(List.of("fake1/0"), client.held());
  }

  @Test
  void secondRemovedOfAChannelIsHarmless() {
    client.event(north.channel, AVAILABLE);
    client.event(north.channel, REMOVED);
    assertEquals(DUP, client.event(north.channel, REMOVED));
  }

  @Test
  void asManyChannelsAsWantedAreTaken() {
    final ChannelFilterClient two = client(REGION, "", 2);
    assertEquals(ACK, two.event(north.channel, AVAILABLE));
    assertEquals(ACK, two.event(south.channel, AVAILABLE));
    assertEquals(
        NAK, two.event(new FakeChannel("fake3/0", Map.of(REGION, "east")).channel, AVAILABLE));
  }

  @Test
  void valueOfThePropertyCountsIfOneIsConfigured() {
    final ChannelFilterClient southern = client(REGION, "south", 1);
    assertEquals(DUP, southern.event(north.channel, AVAILABLE));
    assertEquals(ACK, southern.event(south.channel, AVAILABLE));
    final ChannelFilterClient seventh = client("node", "7", 1);
    assertEquals(
        ACK, seventh.event(new FakeChannel("fake3/0", Map.of("node", 7)).channel, AVAILABLE));
  }

  @Test
  void suspendedChannelIsHeldButNotUsedUntilItResumes() {
    assertEquals(DUP, client.event(north.channel, SUSPEND));
    client.event(north.channel, AVAILABLE);
    assertEquals(ACK, client.event(north.channel, SUSPEND));
    assertEquals(List.of("fake0/0 (suspended)"), client.held());
    assertEquals(List.of("fake0/0: suspended, not used"), client.work());
    assertTrue(north.calls.isEmpty(), north.calls::toString);
    assertEquals(ACK, client.event(north.channel, RESUME));
    assertEquals(List.of("fake0/0"), client.held());
    assertEquals(DUP, client.event(south.channel, RESUME));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "WELL | copied and verified: bytes=65536 by fake.driver",
        "WRONGLY | wrong byte copied: offset=4097 by fake.driver",
        "WITH_AN_ERROR | failed: READ_FAILED",
        "NEVER | not finished: millis=5000",
        "NOT_FOR_WANT_OF_A_DESCRIPTOR | no descriptor is free",
        "NOT_SINCE_IT_IS_GONE | gone before the copy was accepted",
      })
  void workTellsWhatCameOfItAndGivesBackItsMemory(Copies how, String told) {
    client.event(north.copies(how).channel, AVAILABLE);
    assertEquals(List.of("fake0/0: " + told), client.work());
    assertEquals(0, buffers.open);
  }

  @Test
  void everySubmittedCopyIsAcknowledged() {
    client.event(north.channel, AVAILABLE);
    client.work();
    assertEquals("ack", north.calls.getLast());
    assertFalse(north.calls.indexOf("submit") > north.calls.indexOf("issuePending"));
  }

  @Test
  void lessThanOneChannelIsRefused() {
    final String text =
        assertThrows(IllegalArgumentException.class, () -> client(REGION, "", 0)).getMessage();
    assertEquals("too few channels wanted: wanted=0, min=1", text);
  }

  @Test
  void declaredFilterLeavesNothingToDecide() {
    final DeclarativeFilterClient declared = new DeclarativeFilterClient();
    assertEquals(ACK, declared.event(north.channel, AVAILABLE));
    assertEquals(ACK, declared.event(south.channel, AVAILABLE));
    assertEquals(List.of("fake0/0", "fake1/0"), declared.held());
    assertEquals(ACK, declared.event(north.channel, SUSPEND));
    assertEquals(ACK, declared.event(north.channel, RESUME));
    assertEquals(ACK, declared.event(north.channel, REMOVED));
    assertEquals(List.of("fake1/0"), declared.held());
  }

  @Test
  void referenceHoldsWhatIsBound() {
    final ReferenceFilterClient referencing = new ReferenceFilterClient();
    referencing.addChannel(north.channel);
    referencing.addChannel(south.channel);
    referencing.removeChannel(north.channel);
    assertEquals(List.of("fake1/0"), referencing.held());
  }

  private ChannelFilterClient client(String name, String value, int wanted) {
    return new ChannelFilterClient(new Wanted(name, value, wanted), buffers);
  }

  private record Wanted(String property_name, String property_value, int wanted)
      implements ChannelFilterClient.Config {
    @Override
    public Class<? extends Annotation> annotationType() {
      return ChannelFilterClient.Config.class;
    }
  }
}
