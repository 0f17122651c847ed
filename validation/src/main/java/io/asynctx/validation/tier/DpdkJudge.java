package io.asynctx.validation.tier;

import io.asynctx.validation.guest.Console;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Reads from the console of a guest whether DPDK's test ran on the device, and passed.
 *
 * <p>Threading: any thread.
 *
 * @param console of the guest
 * @param descriptors how many the model executed; -1 if it does not say
 */
record DpdkJudge(Console console, long descriptors) {

  /** The test's bursts alone are more copies than that. */
  static final long LEAST = 100_000;

  private static final Pattern INSTANCE =
      Pattern.compile("### Test dmadev instance [0-9]+ \\[[0-9a-f:.]*[0-9a-f]{2}\\.[0-7]\\]");
  private static final Pattern TROUBLE = Pattern.compile(Console.KERNEL_TROUBLE);

  /**
   * What is wrong.
   *
   * @return empty if the device was tested and is right
   */
  List<String> wrong() {
    final List<String> wrong = new ArrayList<>();
    final String end = console.trouble();
    if (!end.isEmpty()) {
      wrong.add(end);
    }
    if (!INSTANCE.matcher(console.text()).find()) {
      wrong.add("no channel: DPDK tested no device with a PCI address");
    }
    for (String line : console.lines()) {
      if (line.startsWith("In ") || line.startsWith("Error") || TROUBLE.matcher(line).find()) {
        wrong.add(line.strip());
      }
    }
    if (!console.lines().contains("Test OK")) {
      wrong.add("DPDK does not say: Test OK");
    }
    if (descriptors < LEAST) {
      wrong.add("the model did too little: descriptors=" + descriptors + ", least=" + LEAST);
    }
    return wrong.stream().limit(4).toList();
  }
}
