package io.asynctx.validation.tier;

import io.asynctx.validation.guest.Console;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads from the console of a guest whether the kernel's driver and tests did their work on the
 * device, and found it right. Silence is a fault: a device that did not register makes raid6test
 * run on the CPU and pass.
 *
 * <p>Threading: any thread.
 *
 * @param console of the guest
 * @param profile which part the model was
 * @param descriptors how many the model executed; -1 if it does not say
 */
record LinuxJudge(Console console, Profile profile, long descriptors) {

  /** Of the guest's script. */
  static final int ITERATIONS = 20;

  /** Pairs of lost disks in stripes of 4, 5, 11, 12 and 24 to 64 disks, as the kernel chose. */
  static final int RAID6_CASES = 2429;

  /** Each case recovers two blocks by the device, most by more than one descriptor. */
  static final long RAID6_DESCRIPTORS = 8L * RAID6_CASES;

  static final String CHANNEL = "dma0chan0";

  private static final Pattern TROUBLE =
      Pattern.compile(
          "ioatdma.*(?i:fail|timed out|error|halt|abort)|ioat.*Self-test|"
              + Console.KERNEL_TROUBLE
              + "|DMAR:.*fault");

  private static final Pattern SUMMARY =
      Pattern.compile(
          "dmatest: dma0chan0-([a-z]+)[0-9]+: summary ([0-9]+) tests, ([0-9]+) failures");

  private static final Pattern RAID6 =
      Pattern.compile("raid6test: complete \\(([0-9]+) tests, ([0-9]+) failures?\\)");

  /**
   * What is wrong with the driver's start.
   *
   * @return empty if it registered a channel after its own test
   */
  List<String> probe() {
    final List<String> wrong = new ArrayList<>();
    final boolean cut = addTrouble(wrong, "probed");
    if (!cut && !List.of(console.value("channels").split(" ")).contains(CHANNEL)) {
      wrong.add("no channel: channels=" + console.value("channels"));
    }
    if (console.number("interrupts-probe") <= 0 && wrong.isEmpty()) {
      wrong.add("no interrupt: interrupts=" + console.value("interrupts-probe"));
    }
    return wrong;
  }

  /**
   * What is wrong with dmatest's run.
   *
   * @return empty if each of its threads did all its tests, by the device
   */
  List<String> dmatest() {
    final List<String> wrong = new ArrayList<>();
    addTrouble(wrong, "dmatest-ended");
    final List<String> seen = new ArrayList<>();
    for (String line : console.lines()) {
      final Matcher summary = SUMMARY.matcher(line);
      if (summary.find()) {
        seen.add(summary.group(1));
        if (!summary.group(2).equals(Integer.toString(ITERATIONS))
            || !summary.group(3).equals("0")) {
          wrong.add(summary.group());
        }
      }
    }
    for (String thread : profile.threads()) {
      if (!seen.contains(thread)) {
        wrong.add("no summary: thread=" + thread);
      }
    }
    addIdle(wrong, "interrupts-probe", "interrupts-dmatest");
    addFewDescriptors(wrong, (long) ITERATIONS * profile.threads().size());
    return wrong;
  }

  /**
   * What is wrong with raid6test's run.
   *
   * @return empty if every case passed, by the device
   */
  List<String> raid6test() {
    final List<String> wrong = new ArrayList<>();
    addTrouble(wrong, "raid6test-ended");
    boolean seen = false;
    for (String line : console.lines()) {
      final Matcher complete = RAID6.matcher(line);
      if (complete.find()) {
        seen = true;
        if (!complete.group(1).equals(Integer.toString(RAID6_CASES))
            || !complete.group(2).equals("0")) {
          wrong.add(complete.group());
        }
      } else if (line.contains("raid6test: error")) {
        wrong.add(line.strip());
      }
    }
    if (!seen) {
      wrong.add("raid6test did not complete");
    }
    addIdle(wrong, "interrupts-dmatest", "interrupts-raid6test");
    addFewDescriptors(wrong, RAID6_DESCRIPTORS);
    return wrong;
  }

  /** Adds what the kernel complained of, and whether the script came so far. */
  private boolean addTrouble(List<String> wrong, String step) {
    final String end = console.trouble();
    final boolean reached = !console.value(step).isEmpty();
    console.lines().stream()
        .filter(l -> TROUBLE.matcher(l).find())
        .limit(2)
        .forEach(l -> wrong.add(l.strip()));
    if (!reached) {
      wrong.add(end.isEmpty() ? "not reached: step=" + step : end);
    }
    return !reached;
  }

  private void addIdle(List<String> wrong, String before, String after) {
    if (console.number(after) <= console.number(before)) {
      wrong.add(
          "no interrupt meanwhile: before="
              + console.value(before)
              + ", after="
              + console.value(after));
    }
  }

  private void addFewDescriptors(List<String> wrong, long least) {
    if (descriptors < least) {
      wrong.add("the model did too little: descriptors=" + descriptors + ", least=" + least);
    }
  }
}
