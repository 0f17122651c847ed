package io.asynctx.api;

import io.asynctx.api.ApiSignature.Exported;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The judgement of one package's change against the checked-in text: which step its version needs,
 * and whether it was made.
 *
 * @param name of the package
 * @param from version in the checked-in text
 * @param to version in its package-info
 * @param needed the least step that is right
 * @param lines what changed: "-" gone, "+" new
 */
record ApiChange(String name, String from, String to, Step needed, List<String> lines) {
  /** Steps of a package version, smallest first. */
  enum Step {
    NONE,
    MINOR,
    MAJOR
  }

  /** The packages that differ, each judged. */
  static List<ApiChange> between(ApiSignature baseline, ApiSignature now) {
    List<ApiChange> changes = new ArrayList<>();
    SortedSet<String> names = new TreeSet<>(baseline.packages().keySet());
    names.addAll(now.packages().keySet());
    for (String name : names) {
      Exported was = baseline.packages().get(name);
      Exported is = now.packages().get(name);
      if (was == null) {
        changes.add(new ApiChange(name, "", is.version(), Step.NONE, List.of("+ " + name)));
      } else if (is == null) {
        changes.add(new ApiChange(name, was.version(), "", Step.MAJOR, List.of("- " + name)));
      } else if (!was.equals(is)) {
        changes.add(judge(name, was, is));
      }
    }
    return changes;
  }

  private static ApiChange judge(String name, Exported was, Exported is) {
    SortedSet<String> gone = ApiSignature.flat(was);
    SortedSet<String> added = ApiSignature.flat(is);
    added.removeAll(ApiSignature.flat(was));
    gone.removeAll(ApiSignature.flat(is));
    Step step = Step.NONE;
    if (!gone.isEmpty() || added.stream().anyMatch(line -> breaksImplementers(line, was, is))) {
      step = Step.MAJOR;
    } else if (!added.isEmpty()) {
      step = Step.MINOR;
    }
    List<String> lines = new ArrayList<>();
    gone.forEach(g -> lines.add("- " + g));
    added.forEach(a -> lines.add("+ " + a));
    return new ApiChange(name, was.version(), is.version(), step, lines);
  }

  /**
   * A new abstract method in a type that was there and that others may implement. As in bnd, a type
   * that says neither {@code @ProviderType} nor {@code @ConsumerType} counts as the latter.
   */
  private static boolean breaksImplementers(String line, Exported was, Exported is) {
    int at = line.indexOf(" :: ");
    if (at < 0) {
      return false;
    }
    String member = line.substring(at + 4);
    if (!member.contains("abstract ")
        || !member.contains("(")
        || member.contains(") default ")) { // an annotation element that may be left out
      return false;
    }
    Map<String, String> old = new HashMap<>();
    was.types().keySet().forEach(t -> old.put(ApiSignature.nameOf(t), t));
    String name = line.substring(0, at);
    String type =
        is.types().keySet().stream()
            .filter(t -> ApiSignature.nameOf(t).equals(name))
            .findFirst()
            .orElseThrow();
    return old.containsKey(name)
        && !type.contains("@ProviderType")
        && !type.contains(" sealed ")
        && !type.contains(" enum ");
  }

  /** Whether the version step that was made is enough. */
  boolean accepted() {
    if (from.isEmpty()) {
      return true;
    }
    if (to.isEmpty()) {
      return false;
    }
    int[] a = numbers(from);
    int[] b = numbers(to);
    boolean major = b[0] > a[0];
    boolean minor = b[0] == a[0] && b[1] > a[1];
    boolean same = b[0] == a[0] && b[1] == a[1] && b[2] >= a[2];
    return switch (needed) {
      case MAJOR -> major;
      case MINOR -> major || minor;
      case NONE -> major || minor || same;
    };
  }

  private static int[] numbers(String version) {
    String[] parts = version.split("\\.");
    int[] numbers = new int[3];
    for (int i = 0; i < Math.min(3, parts.length); i++) {
      numbers[i] = Integer.parseInt(parts[i]);
    }
    return numbers;
  }

  /** What is wrong and what to do, for a change that is not {@link #accepted}. */
  String complaint() {
    StringBuilder text = new StringBuilder();
    if (to.isEmpty()) {
      text.append("exported package is gone: package=").append(name);
      text.append("; bring it back, or take a new baseline (see ApiSignatureTest)");
      return text.toString();
    }
    int[] a = numbers(from);
    String wanted =
        switch (needed) {
          case MAJOR -> (a[0] + 1) + ".0.0";
          case MINOR -> a[0] + "." + (a[1] + 1) + ".0";
          case NONE -> from;
        };
    text.append("package version step is too small: package=").append(name);
    text.append(", checkedIn=").append(from).append(", now=").append(to);
    text.append(", needed=").append(needed).append("; set @Version(\"").append(wanted);
    text.append("\") in its package-info (a removal, a change, or an abstract method added to");
    text.append(" a type that clients implement is a major step, another addition a minor one)");
    lines.forEach(l -> text.append("\n  ").append(l));
    return text.toString();
  }
}
