package io.asynctx.driver.ioat;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.driver.Transfer;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A transfer on operands of its own, with what it must leave behind, computed byte by byte. It
 * remembers how it was reported, and how often.
 */
final class Work implements Transfer {
  private static final int POLYNOMIAL = 0x11d;

  final long tag;
  final DmaCap operation;
  final int length;
  final List<String> reports = new ArrayList<>();

  private final List<@Nullable MemorySegment> destinations = new ArrayList<>();
  private final List<@Nullable MemorySegment> sources = new ArrayList<>();
  private final List<byte[]> expected = new ArrayList<>();
  private final List<byte[]> before = new ArrayList<>();
  private int[] coefficients = {};
  private int finding;

  private Work(long tag, DmaCap operation, int length) {
    this.tag = tag;
    this.operation = operation;
    this.length = length;
  }

  static Work copy(long tag, Room room, int length) {
    final Work work = new Work(tag, DmaCap.MEMCPY, length);
    final byte[] bytes = work.source(room);
    return work.destination(room, bytes);
  }

  static Work copy(long tag, MemorySegment to, MemorySegment from) {
    final Work work = new Work(tag, DmaCap.MEMCPY, (int) to.byteSize());
    work.sources.add(from);
    work.destinations.add(to);
    return work;
  }

  static Work fill(long tag, Room room, int length) {
    final byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) 0x5a);
    return new Work(tag, DmaCap.MEMSET, length).destination(room, bytes);
  }

  static Work interrupt(long tag) {
    return new Work(tag, DmaCap.INTERRUPT, 0);
  }

  static Work xor(long tag, Room room, int count, int length) {
    final Work work = new Work(tag, DmaCap.XOR, length);
    return work.destination(room, sum(work.sources(room, count), null));
  }

  /** With one bit flipped, if it is to find something. */
  static Work xorCheck(long tag, Room room, int count, int length, boolean flipped) {
    final Work work = new Work(tag, DmaCap.XOR_VAL, length);
    final byte[] parity = sum(work.sources(room, count - 1), null);
    work.finding = flip(parity, flipped, 1);
    work.sources.add(room.of(parity));
    return work;
  }

  static Work pq(long tag, Room room, int count, int length) {
    final Work work = new Work(tag, DmaCap.PQ, length);
    final List<byte[]> data = work.sources(room, count);
    work.coefficients = generators(count);
    return work.destination(room, sum(data, null)).destination(room, sum(data, work.coefficients));
  }

  static Work pqCheck(long tag, Room room, int count, int length, boolean p, boolean q) {
    final Work work = new Work(tag, DmaCap.PQ_VAL, length);
    final List<byte[]> data = work.sources(room, count);
    final byte[] parity = sum(data, null);
    final byte[] syndrome = sum(data, generators(count));
    work.finding = flip(parity, p, 1) | flip(syndrome, q, 2);
    work.sources.add(room.of(parity));
    work.sources.add(room.of(syndrome));
    return work;
  }

  /** Any operation that the device has. */
  static Work any(long tag, Room room, IoatDevice device, RandomGenerator random, int most) {
    final List<DmaCap> operations = device.capabilities(0).toList();
    final int length = 1 + random.nextInt(most);
    final int xors = 2 + random.nextInt(Math.max(1, device.limits(0).maxXor() - 1));
    final int data = 1 + random.nextInt(Math.max(1, device.limits(0).maxPq()));
    return switch (operations.get(random.nextInt(operations.size()))) {
      case MEMCPY -> copy(tag, room, length);
      case MEMSET -> fill(tag, room, length);
      case XOR -> xor(tag, room, xors, length);
      case XOR_VAL -> xorCheck(tag, room, xors, length, random.nextBoolean());
      case PQ -> pq(tag, room, data, length);
      case PQ_VAL -> pqCheck(tag, room, data, length, random.nextBoolean(), random.nextBoolean());
      case INTERRUPT -> interrupt(tag);
      case RAID6_RECOV -> throw new AssertionError("never offered");
    };
  }

  private static int flip(byte[] bytes, boolean flipped, int finding) {
    if (!flipped) {
      return 0;
    }
    bytes[bytes.length / 2] ^= 0x10;
    return finding;
  }

  private static int[] generators(int count) {
    final int[] powers = new int[count];
    int power = 1;
    for (int i = 0; i < count; i++) {
      powers[i] = power;
      power = times(power, 2);
    }
    return powers;
  }

  private static int times(int a, int b) {
    int product = 0;
    int shifted = a;
    for (int bits = b; bits != 0; bits >>= 1) {
      product ^= (bits & 1) * shifted;
      shifted = shifted << 1 ^ (shifted >> 7) * POLYNOMIAL;
    }
    return product;
  }

  private static byte[] sum(List<byte[]> blocks, int @Nullable [] weights) {
    final byte[] sum = new byte[blocks.getFirst().length];
    for (int b = 0; b < blocks.size(); b++) {
      for (int i = 0; i < sum.length; i++) {
        final int value = blocks.get(b)[i] & 0xff;
        sum[i] ^= (byte) (weights == null ? value : times(value, weights[b]));
      }
    }
    return sum;
  }

  private List<byte[]> sources(Room room, int count) {
    final List<byte[]> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      all.add(source(room));
    }
    return all;
  }

  private byte[] source(Room room) {
    final byte[] bytes = room.random(length);
    sources.add(room.of(bytes));
    return bytes;
  }

  private Work destination(Room room, byte[] becomes) {
    final byte[] now = room.random(length);
    destinations.add(room.of(now));
    before.add(now);
    expected.add(becomes);
    return this;
  }

  /** What the report of success says. */
  String success() {
    return operation == DmaCap.XOR_VAL || operation == DmaCap.PQ_VAL
        ? "validated " + finding
        : "NO_ERROR 0";
  }

  boolean succeeded() {
    return reports.equals(List.of(success()));
  }

  boolean hasRightBytes() {
    return holds(expected);
  }

  boolean isUntouched() {
    return holds(before);
  }

  private boolean holds(List<byte[]> contents) {
    for (int i = 0; i < contents.size(); i++) {
      final MemorySegment destination = destinations.get(i);
      if (destination == null
          || destination.mismatch(MemorySegment.ofArray(contents.get(i))) >= 0) {
        return false;
      }
    }
    return true;
  }

  @Override
  public long tag() {
    return tag;
  }

  @Override
  public DmaCap operation() {
    return operation;
  }

  @Override
  public long offset() {
    return 0;
  }

  @Override
  public long length() {
    return length;
  }

  @Override
  public int destinations() {
    return destinations.size();
  }

  @Override
  public @Nullable MemorySegment destination(int i) {
    return destinations.get(i);
  }

  @Override
  public int sources() {
    return sources.size();
  }

  @Override
  public @Nullable MemorySegment source(int i) {
    return sources.get(i);
  }

  @Override
  public int coefficient(int i) {
    return coefficients[i];
  }

  @Override
  public int failed(int which) {
    throw new AssertionError("no recovery was pushed");
  }

  @Override
  public byte value() {
    return 0x5a;
  }

  @Override
  public boolean continuation() {
    return false;
  }

  @Override
  public boolean accumulate() {
    return false;
  }

  @Override
  public String toString() {
    return operation + " tag=" + tag + " length=" + length + " reports=" + reports;
  }
}
