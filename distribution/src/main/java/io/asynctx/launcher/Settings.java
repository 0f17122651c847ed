package io.asynctx.launcher;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The framework's properties and the start level of each bundle, as {@code etc/config.properties}
 * says. A system property of the same name wins.
 *
 * @param framework without the start levels
 * @param levels patterns of symbolic names by level
 */
record Settings(Map<String, String> framework, TreeMap<Integer, String[]> levels) {
  private static final String LEVEL = "asynctx.level.";
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{([^}]+)}");

  /**
   * Reads the file.
   *
   * @param values gives the value of a variable, null for one that does not exist
   */
  static Settings read(Path file, Function<String, @Nullable String> values) throws IOException {
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      properties.load(reader);
    }
    Map<String, String> framework = new HashMap<>();
    TreeMap<Integer, String[]> levels = new TreeMap<>();
    for (String name : properties.stringPropertyNames()) {
      String override = values.apply(name);
      String value = override != null ? override : properties.getProperty(name);
      if (name.startsWith(LEVEL)) {
        levels.put(Integer.valueOf(name.substring(LEVEL.length())), value.split("[\\s,]+"));
      } else {
        framework.put(name, substituted(name, value, values));
      }
    }
    return new Settings(framework, levels);
  }

  private static String substituted(
      String name, String value, Function<String, @Nullable String> values) {
    Matcher variables = VARIABLE.matcher(value);
    return variables.replaceAll(match -> {
      String found = values.apply(match.group(1));
      if (found == null) {
        throw new IllegalArgumentException(
            "unknown variable in configuration: property=" + name + ", variable=" + match.group(1));
      }
      return Matcher.quoteReplacement(found);
    });
  }

  /** The level of the pattern that fits best: the name itself, else the longest; without one, 1. */
  int levelOf(String symbolicName) {
    int best = 1;
    int length = -1;
    for (Map.Entry<Integer, String[]> level : levels.entrySet()) {
      for (String pattern : level.getValue()) {
        boolean fits =
            pattern.endsWith("*")
                ? symbolicName.startsWith(pattern.substring(0, pattern.length() - 1))
                : symbolicName.equals(pattern);
        int weight = pattern.endsWith("*") ? pattern.length() : Integer.MAX_VALUE;
        if (fits && weight > length) {
          best = level.getKey();
          length = weight;
        }
      }
    }
    return best;
  }
}
