package io.asynctx.examples.channelfilter;

import io.asynctx.dmaengine.ChannelGoneException;
import io.asynctx.dmaengine.DescriptorSnapshot;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.Provenance;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.WaitResult;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** One channel that copies when it is waited for, or misbehaves as told. Owned by one thread. */
final class FakeChannel {

  /** What a copy over the channel comes to. */
  enum Copies {
    WELL,
    WRONGLY,
    WITH_AN_ERROR,
    NEVER,
    NOT_FOR_WANT_OF_A_DESCRIPTOR,
    NOT_SINCE_IT_IS_GONE
  }

  private static final long HANDLE = 7;

  final List<String> calls = new ArrayList<>();
  final DmaChannel channel;
  private final String name;
  private final Map<String, Object> deviceProperties;
  private Copies copies = Copies.WELL;
  private Runnable work = () -> {};

  @SuppressWarnings("ReferenceEquality") // what a channel's own equals does
  FakeChannel(String name, Map<String, Object> deviceProperties) {
    this.name = name;
    this.deviceProperties = deviceProperties;
    this.channel =
        (DmaChannel)
            Proxy.newProxyInstance(
                DmaChannel.class.getClassLoader(),
                new Class<?>[] {DmaChannel.class},
                (proxy, method, a) ->
                    switch (method.getName()) {
                      case "hashCode" -> System.identityHashCode(proxy);
                      case "equals" -> proxy == a[0];
                      case "toString", "name" -> name;
                      case "deviceProperties" -> this.deviceProperties;
                      default -> used(method.getName(), a);
                    });
  }

  FakeChannel copies(Copies how) {
    this.copies = how;
    return this;
  }

  private Object used(String method, Object[] a) {
    calls.add(method);
    return switch (method) {
      case "prepMemcpy" -> prepMemcpy((MemorySegment) a[0], (MemorySegment) a[1], (long) a[2]);
      case "submit" -> a[0];
      case "issuePending", "ack" -> null;
      case "waitFor" -> waitFor((Duration) a[1]);
      case "describe" -> describe();
      default -> throw new UnsupportedOperationException(method);
    };
  }

  private long prepMemcpy(MemorySegment dst, MemorySegment src, long len) {
    if (copies == Copies.NOT_SINCE_IT_IS_GONE) {
      throw new ChannelGoneException("channel gone: channel=" + name);
    }
    work =
        () -> {
          MemorySegment.copy(src, 0, dst, 0, len);
          if (copies == Copies.WRONGLY) {
            dst.set(ValueLayout.JAVA_BYTE, 4097, (byte) ~dst.get(ValueLayout.JAVA_BYTE, 4097));
          }
        };
    return copies == Copies.NOT_FOR_WANT_OF_A_DESCRIPTOR ? DmaChannel.NONE : HANDLE;
  }

  private WaitResult waitFor(Duration timeout) {
    return switch (copies) {
      case WITH_AN_ERROR -> WaitResult.ERROR;
      case NEVER -> timeout.isPositive() ? WaitResult.TIMED_OUT : WaitResult.ERROR;
      default -> {
        work.run();
        yield WaitResult.COMPLETE;
      }
    };
  }

  private DescriptorSnapshot describe() {
    final TransferResult result =
        copies == Copies.WITH_AN_ERROR ? TransferResult.READ_FAILED : TransferResult.NO_ERROR;
    return new DescriptorSnapshot(
        HANDLE,
        "7",
        DmaCap.MEMCPY,
        1,
        "channel-filter",
        "DONE",
        result.status(),
        result,
        0,
        0,
        false,
        "",
        new Provenance(
            ProviderKind.SOFTWARE,
            name,
            "fake0",
            "fake.driver",
            "1.0.0",
            1,
            false,
            List.of(),
            List.of(name),
            -1,
            -1));
  }
}
