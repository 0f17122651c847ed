package io.asynctx.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where the numbers come from. */
final class Machine {

  private static final Pattern MODEL = Pattern.compile("model name\\s*:\\s*(.*)");
  private static final Pattern FLAGS = Pattern.compile("flags\\s*:\\s*(.*)");
  private static final List<String> TOLD =
      List.of("avx2", "avx512f", "avx512vbmi", "gfni", "vpclmulqdq", "movdir64b", "waitpkg");

  private Machine() {}

  /** What is to be known of it, in the order it is told. */
  static Map<String, String> described() {
    final Map<String, String> all = new LinkedHashMap<>();
    final String cpu = read(Path.of("/proc/cpuinfo"));
    all.put("processor", first(MODEL, cpu));
    final List<String> flags = List.of(first(FLAGS, cpu).split(" "));
    all.put("instructions", String.join(" ", TOLD.stream().filter(flags::contains).toList()));
    all.put("cores", Integer.toString(Runtime.getRuntime().availableProcessors()));
    all.put(
        "system",
        System.getProperty("os.name")
            + ' '
            + System.getProperty("os.version")
            + ", "
            + System.getProperty("os.arch"));
    all.put("Java", System.getProperty("java.vm.name") + ' ' + Runtime.version());
    all.put("flags", String.join(" ", flagsOfTheJvm()));
    return all;
  }

  /** Load averages of 1, 5 and 15 minutes; empty where the system does not tell. */
  static String load() {
    final String[] words = read(Path.of("/proc/loadavg")).split(" ");
    return words.length < 3 ? "" : String.join(" ", words[0], words[1], words[2]);
  }

  private static String first(Pattern pattern, String text) {
    final Matcher matcher = pattern.matcher(text);
    return matcher.find() ? matcher.group(1).strip() : "unknown";
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return ""; // another system, which tells it elsewhere or not at all
    }
  }

  /** Without those of the bench itself, which say where the checkout lies. */
  private static List<String> flagsOfTheJvm() {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(flag -> !flag.startsWith("-Dasynctx.bench."))
        .toList();
  }
}
