package io.asynctx.driver.tck;

import io.asynctx.dmaengine.ChannelBusyException;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.dmaengine.driver.DmaDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** What a device says of itself, opening and closing. */
final class DescribeContracts {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]+");
  private static final int LEAST_PQ = 4;
  private static final int MOST_OPEN = 8;

  private DescribeContracts() {}

  static List<Contract> all() {
    return List.of(
        Contract.of(
            "S-CONSTANT",
            "name, kind, channels, capabilities and limits are sane and constant",
            DescribeContracts::constant),
        Contract.of("S-LIMITS", "limits fit the capabilities", DescribeContracts::limits),
        Contract.of(
            "O-TWICE",
            "an open channel refuses a second opening with ChannelBusyException",
            DescribeContracts::twice),
        Contract.of("O-AGAIN", "a closed channel opens again and works", DescribeContracts::again),
        Contract.of(
            "O-CHANNELS",
            "channels of one device are open at the same time",
            DescribeContracts::channels));
  }

  private record Description(
      String name, ProviderKind kind, int channels, DmaCaps capabilities, DeviceLimits limits) {
    static Description of(DmaDevice device, int channel) {
      return new Description(
          device.name(),
          device.kind(),
          device.channels(),
          device.capabilities(channel),
          device.limits(channel));
    }
  }

  private static void constant(Bench bench) {
    final Description first = Description.of(bench.device, bench.channel);
    Bench.require(
        NAME.matcher(first.name).matches(),
        "name must be letters, digits, dots, dashes and underscores: name=" + first.name);
    Bench.require(
        first.kind != ProviderKind.SYNCHRONOUS, "kind of a device cannot be " + first.kind);
    Bench.require(first.channels >= 1, "no channels: channels=" + first.channels);
    Bench.require(!first.capabilities.toList().isEmpty(), "no capability at all");
    same(first, Description.of(bench.device, bench.channel), "asked again");
    final Harness harness = bench.open();
    same(first, Description.of(bench.device, bench.channel), "open");
    harness.run(List.of(bench.simple()));
    bench.shut(harness);
    same(first, Description.of(bench.device, bench.channel), "closed again");
  }

  private static void same(Description first, Description now, String when) {
    Bench.require(
        first.equals(now), "not constant: when=" + when + ", first=" + first + ", now=" + now);
  }

  private static void limits(Bench bench) {
    final DeviceLimits limits = bench.limits;
    final DmaCaps caps = bench.capabilities;
    final boolean xor = caps.has(DmaCap.XOR) || caps.has(DmaCap.XOR_VAL);
    final boolean pq =
        caps.has(DmaCap.PQ) || caps.has(DmaCap.PQ_VAL) || caps.has(DmaCap.RAID6_RECOV);
    Bench.require(
        xor ? limits.maxXor() >= 2 : limits.maxXor() == 0,
        "maxXor does not fit: maxXor=" + limits.maxXor() + ", capabilities=" + caps);
    Bench.require(
        pq ? limits.maxPq() >= 1 : limits.maxPq() == 0,
        "maxPq does not fit: maxPq=" + limits.maxPq() + ", capabilities=" + caps);
    Bench.require(
        !caps.has(DmaCap.PQ) || limits.maxPq() >= LEAST_PQ,
        "maxPq is too small to split by: maxPq=" + limits.maxPq() + ", min=" + LEAST_PQ);
    Bench.require(
        caps.has(DmaCap.PQ) || !limits.pqContinuation() && !limits.pqAccumulate(),
        "continuation or accumulation without PQ: capabilities=" + caps);
    for (DmaCap operation : bench.operations()) {
      final int alignment = bench.alignment(operation);
      Bench.require(
          limits.maxTransfer() == Long.MAX_VALUE || limits.maxTransfer() % alignment == 0,
          "maxTransfer is no multiple of an alignment: maxTransfer="
              + limits.maxTransfer()
              + ", operation="
              + operation
              + ", alignment="
              + alignment);
    }
  }

  private static void twice(Bench bench) {
    final Harness first = bench.open();
    try {
      final ChannelOps second = bench.device.open(bench.channel);
      second.close();
      throw new ContractFailure("a second opening of an open channel succeeded");
    } catch (ChannelBusyException e) {
      final String text = e.getMessage();
      Bench.require(text != null && !text.isBlank(), "ChannelBusyException names no opener");
    } catch (IllegalStateException e) {
      throw new ContractFailure("a second opening threw something else: exception=" + e);
    }
    first.run(List.of(bench.simple()));
  }

  private static void again(Bench bench) {
    for (int round = 0; round < 3; round++) {
      final Harness harness = bench.open();
      harness.run(bench.mixed(bench.inFlight(), 256));
      bench.shut(harness);
    }
    bench.shut(bench.open());
  }

  private static void channels(Bench bench) {
    Bench.applies(bench.device.channels() > 1, "device has one channel");
    final int count = Math.min(MOST_OPEN, bench.device.channels());
    final List<Harness> open = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      open.add(bench.open(i));
    }
    for (int i = 0; i < count; i++) {
      final DmaCap operation = bench.device.capabilities(i).toList().getFirst();
      final DeviceLimits limits = bench.device.limits(i);
      final Cases cases = new Cases(bench.memory, limits, bench.random);
      open.get(i).run(List.of(cases.any(operation, Cases.alignment(limits, operation))));
    }
    bench.shut(open.getFirst());
    Bench.require(
        open.get(1).push(bench.simple().transfer()), "closing one channel stopped another");
    open.get(1).doorbell();
    open.get(1).drained();
  }
}
