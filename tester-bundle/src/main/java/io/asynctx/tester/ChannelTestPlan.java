package io.asynctx.tester;

import io.asynctx.dmaengine.dto.ChannelDTO;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * What to test, and how: the parameters of the kernel's dmatest.
 *
 * @param bufferSize bytes of each buffer
 * @param threads threads a channel and exercise
 * @param mostChannels how many channels at most
 * @param iterations tests a thread
 * @param xorSources sources of an exclusive or
 * @param pqSources data blocks of a P/Q
 * @param timeoutMillis how long one operation may take
 * @param verify whether to look at the bytes
 * @param random whether lengths and offsets are random
 * @param transferSize a fixed length in bytes; 0 for none
 * @param alignment in bytes, a power of two; 0 for the device's
 * @param device name of the device; null for any
 * @param channel name of the channel; null for any
 * @param exercises what to do
 * @param verbose whether passed tests are shown too
 * @param seed of lengths, offsets and damage; the same seed repeats a run
 */
record ChannelTestPlan(
    int bufferSize,
    int threads,
    int mostChannels,
    int iterations,
    int xorSources,
    int pqSources,
    long timeoutMillis,
    boolean verify,
    boolean random,
    int transferSize,
    int alignment,
    @Nullable String device,
    @Nullable String channel,
    List<Exercise> exercises,
    boolean verbose,
    long seed) {

  static final Set<String> FLAGS = Set.of("--help", "--noverify", "--norandom", "--verbose");
  static final Set<String> VALUED =
      Set.of(
          "--buf-size",
          "--threads",
          "--max-channels",
          "--iterations",
          "--xor-sources",
          "--pq-sources",
          "--timeout",
          "--transfer-size",
          "--alignment",
          "--device",
          "--channel",
          "--ops",
          "--seed",
          "--json",
          "--engine");

  static ChannelTestPlan of(Options options) throws UsageException {
    final int bufferSize = (int) options.number("--buf-size", 16384, 1, 64 << 20);
    final int transferSize = (int) options.number("--transfer-size", 0, 0, bufferSize);
    final int alignment = (int) options.number("--alignment", 0, 0, 4096);
    if (Integer.bitCount(alignment) > 1) {
      throw new UsageException(
          "not a power of two: option=--alignment, value="
              + alignment
              + "; it is a number of bytes, e.g. 64");
    }
    if (alignment > bufferSize || transferSize % Math.max(1, alignment) != 0) {
      throw new UsageException(
          "sizes do not fit: --buf-size=%d, --transfer-size=%d, --alignment=%d"
              .formatted(bufferSize, transferSize, alignment));
    }
    return new ChannelTestPlan(
        bufferSize,
        (int) options.number("--threads", 1, 1, 64),
        (int) options.number("--max-channels", 1024, 1, 1024),
        (int) options.number("--iterations", 100, 1, Integer.MAX_VALUE),
        (int) options.number("--xor-sources", 3, 2, 254),
        (int) options.number("--pq-sources", 3, 2, 253),
        options.number("--timeout", 3000, 1, 3_600_000),
        !options.flag("--noverify"),
        !options.flag("--norandom"),
        transferSize,
        alignment,
        options.value("--device"),
        options.value("--channel"),
        exercises(options.value("--ops")),
        options.flag("--verbose"),
        seed(options.value("--seed")));
  }

  private static List<Exercise> exercises(@Nullable String names) throws UsageException {
    if (names == null) {
      return List.of(Exercise.values());
    }
    final List<Exercise> exercises = new ArrayList<>();
    for (String name : names.split(",", -1)) {
      exercises.add(exercise(name.strip()));
    }
    return exercises;
  }

  private static Exercise exercise(String name) throws UsageException {
    for (Exercise exercise : Exercise.values()) {
      if (exercise.label().equals(name.toLowerCase(Locale.ROOT))) {
        return exercise;
      }
    }
    throw new UsageException(
        "unknown operation: option=--ops, value="
            + name
            + ", known="
            + String.join(",", List.of(Exercise.values()).stream().map(Exercise::label).toList()));
  }

  private static long seed(@Nullable String text) throws UsageException {
    if (text == null) {
      return ThreadLocalRandom.current().nextLong() & Long.MAX_VALUE;
    }
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new UsageException("not a whole number: option=--seed, value=" + text);
    }
  }

  /** Whether a channel is asked for. */
  boolean wants(String channelName, String deviceName) {
    return (channel == null || channel.equals(channelName))
        && (device == null || device.equals(deviceName));
  }

  boolean wants(ChannelDTO dto) {
    return wants(dto.name(), dto.device());
  }
}
