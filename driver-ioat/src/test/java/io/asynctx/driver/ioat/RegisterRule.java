package io.asynctx.driver.ioat;

import io.asynctx.driver.ioat.RegisterAccess.Kind;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One line of {@code register-rules.txt}, which says what each kind of rule means.
 *
 * @param id its name
 * @param phases in which recordings of our own it is held
 * @param rule what must be so
 * @param alteration what makes it not so
 * @param recordings of others it comes from, by the beginnings of their names
 */
record RegisterRule(
    String id, Set<String> phases, String rule, String alteration, List<String> recordings) {

  /**
   * What a rule says to a recording.
   *
   * @param applied whether there was anything it speaks of
   * @param violation what breaks it; null if nothing does
   */
  record Verdict(boolean applied, @Nullable String violation) {}

  static List<RegisterRule> all() {
    return lines("register-rules.txt").stream()
        .filter(line -> !line.isBlank() && !line.startsWith("#"))
        .map(RegisterRule::of)
        .toList();
  }

  private static RegisterRule of(String line) {
    final String[] parts = line.split("\\|", -1);
    if (parts.length != 5) {
      throw new IllegalArgumentException("no rule: " + line);
    }
    return new RegisterRule(
        parts[0].strip(),
        new TreeSet<>(words(parts[1])),
        parts[2].strip(),
        parts[3].strip(),
        words(parts[4]));
  }

  private static List<String> words(String text) {
    return Arrays.stream(text.strip().split("\\s+")).filter(w -> !w.isEmpty()).toList();
  }

  static List<String> lines(String resource) {
    try (InputStream in = RegisterRule.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalArgumentException("no resource: " + resource);
      }
      return new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8)).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Holds the rule against a recording, for each of its channels. */
  Verdict check(List<RegisterAccess> recording) {
    final int most = recording.stream().mapToInt(RegisterAccess::channel).max().orElse(-1);
    boolean applied = false;
    for (int channel : IntStream.rangeClosed(0, Math.max(0, most)).toArray()) {
      final List<RegisterAccess> seen =
          recording.stream().filter(a -> a.channel() < 0 || a.channel() == channel).toList();
      final Verdict verdict = check(words(rule), seen);
      if (verdict.violation() != null) {
        return verdict;
      }
      applied |= verdict.applied();
    }
    return new Verdict(applied, null);
  }

  private static Verdict check(List<String> words, List<RegisterAccess> seen) {
    final List<String> rest = words.subList(1, words.size());
    return switch (words.getFirst()) {
      case "only" -> only(rest.stream().map(Kind::of).toList(), seen);
      case "first" -> first(Kind.of(rest.get(0)), seen);
      case "width" -> each(rest.get(0), seen, a -> a.width() == Integer.parseInt(rest.get(1)));
      case "values" ->
          each(
              rest.get(0),
              seen,
              a ->
                  rest.subList(1, rest.size()).stream()
                      .anyMatch(v -> Long.parseUnsignedLong(v, 16) == a.value()));
      case "multiple" ->
          each(rest.get(0), seen, a -> a.value() % Long.parseLong(rest.get(1), 16) == 0);
      case "follows" -> follows(Kind.of(rest.get(0)), Kind.of(rest.get(1)), seen);
      case "before" ->
          before(
              Kind.of(rest.get(0)),
              Kind.of(rest.get(1)),
              rest.size() > 2 ? Kind.of(rest.get(3)) : null,
              seen);
      case "never" -> never(Kind.of(rest.get(0)), Kind.of(rest.get(2)), Kind.of(rest.get(4)), seen);
      case "echoes" -> echoes(Kind.of(rest.get(0)), Kind.of(rest.get(1)), seen);
      case "grows" -> grows(Kind.of(rest.get(0)), Kind.of(rest.get(2)), seen);
      case "ends" -> ends(Kind.of(rest.get(0)), Kind.of(rest.get(1)), seen);
      default -> throw new IllegalArgumentException("unknown rule: " + words);
    };
  }

  private static Verdict broken(int at, List<RegisterAccess> seen) {
    final int from = Math.max(0, at - 3);
    return new Verdict(true, seen.get(at) + " at " + at + ", after " + seen.subList(from, at));
  }

  private static Verdict fine(boolean applied) {
    return new Verdict(applied, null);
  }

  private static Verdict only(List<Kind> allowed, List<RegisterAccess> seen) {
    for (int i = 0; i < seen.size(); i++) {
      final RegisterAccess access = seen.get(i);
      if (allowed.stream().noneMatch(kind -> kind.matches(access))) {
        return broken(i, seen);
      }
    }
    return fine(!seen.isEmpty());
  }

  /** Configuration space is the host's too, which looks for capabilities there. */
  private static Verdict first(Kind a, List<RegisterAccess> seen) {
    for (int i = 0; i < seen.size(); i++) {
      if (!seen.get(i).register().startsWith("CFG.")) {
        return a.matches(seen.get(i)) ? fine(true) : broken(i, seen);
      }
    }
    return fine(false);
  }

  private static Verdict each(
      String kind, List<RegisterAccess> seen, java.util.function.Predicate<RegisterAccess> holds) {
    final Kind a = Kind.of(kind);
    boolean applied = false;
    for (int i = 0; i < seen.size(); i++) {
      if (a.matches(seen.get(i))) {
        applied = true;
        if (!holds.test(seen.get(i))) {
          return broken(i, seen);
        }
      }
    }
    return fine(applied);
  }

  private static Verdict follows(Kind a, Kind b, List<RegisterAccess> seen) {
    boolean applied = false;
    for (int i = 0; i < seen.size(); i++) {
      if (!a.matches(seen.get(i))) {
        continue;
      }
      applied = true;
      int next = i + 1;
      while (next < seen.size() && seen.get(next).channel() < 0) {
        next++;
      }
      if (next == seen.size() || !b.matches(seen.get(next))) {
        return broken(i, seen);
      }
    }
    return fine(applied);
  }

  private static Verdict before(Kind a, Kind b, @Nullable Kind since, List<RegisterAccess> seen) {
    boolean applied = false;
    boolean there = false;
    boolean open = since == null;
    for (int i = 0; i < seen.size(); i++) {
      final RegisterAccess access = seen.get(i);
      if (since != null && since.matches(access)) {
        there = false;
        open = true;
      }
      if (open && a.matches(access)) {
        applied = true;
        if (!there) {
          return broken(i, seen);
        }
      }
      there |= b.matches(access);
    }
    return fine(applied);
  }

  private static Verdict never(Kind a, Kind after, Kind until, List<RegisterAccess> seen) {
    boolean applied = false;
    boolean forbidden = false;
    for (int i = 0; i < seen.size(); i++) {
      final RegisterAccess access = seen.get(i);
      if (forbidden && a.matches(access)) {
        return broken(i, seen);
      }
      forbidden = after.matches(access) || forbidden && !until.matches(access);
      applied |= forbidden;
    }
    return fine(applied);
  }

  private static Verdict echoes(Kind a, Kind b, List<RegisterAccess> seen) {
    boolean applied = false;
    Long last = null;
    for (int i = 0; i < seen.size(); i++) {
      final RegisterAccess access = seen.get(i);
      if (a.matches(access)) {
        applied = true;
        if (last == null || last != access.value()) {
          return broken(i, seen);
        }
      }
      last = b.matches(access) ? (Long) access.value() : last;
    }
    return fine(applied);
  }

  private static Verdict grows(Kind a, Kind since, List<RegisterAccess> seen) {
    boolean applied = false;
    long last = -1;
    for (int i = 0; i < seen.size(); i++) {
      final RegisterAccess access = seen.get(i);
      if (since.matches(access)) {
        last = 0;
      }
      if (!a.matches(access)) {
        continue;
      }
      applied = true;
      final long by = access.value() - last & 0xffff;
      if (last >= 0 && (by == 0 || by > 0x7fff)) {
        return broken(i, seen);
      }
      last = access.value();
    }
    return fine(applied);
  }

  private static Verdict ends(Kind a, Kind b, List<RegisterAccess> seen) {
    boolean applied = false;
    boolean waiting = false;
    for (int i = 0; i < seen.size(); i++) {
      final RegisterAccess access = seen.get(i);
      if (waiting && access.channel() >= 0 && access.write()) {
        return broken(i, seen);
      }
      waiting = a.matches(access) || waiting && !b.matches(access);
      applied |= waiting;
    }
    return waiting ? broken(seen.size() - 1, seen) : fine(applied);
  }

  /**
   * The recording with the rule's alteration.
   *
   * @return null if there is nothing in it that the alteration changes
   */
  @Nullable List<RegisterAccess> altered(List<RegisterAccess> recording) {
    final List<String> words = words(alteration);
    final List<RegisterAccess> changed = new ArrayList<>(recording);
    final boolean puts = words.get(0).equals("put");
    final Kind a = Kind.of(words.get(puts ? 3 : 1));
    final int at = index(a, changed);
    if (at < 0) {
      return null;
    }
    switch (words.get(0)) {
      case "drop" -> changed.remove(at);
      case "dropall" -> changed.removeIf(a::matches);
      case "again" -> changed.add(at, changed.get(at));
      case "set" ->
          changed.set(at, changed.get(at).withValue(Long.parseUnsignedLong(words.get(2), 16)));
      case "widen" -> changed.set(at, changed.get(at).withWidth(Integer.parseInt(words.get(2))));
      case "put" ->
          changed.add(
              words.get(2).equals("before") ? at : at + 1,
              Kind.of(words.get(1)).access(changed.get(at).channel()));
      case "swap" -> {
        final int other = index(Kind.of(words.get(2)), changed);
        if (other < 0) {
          return null;
        }
        final RegisterAccess first = changed.get(at);
        changed.set(at, changed.get(other));
        changed.set(other, first);
      }
      default -> throw new IllegalArgumentException("unknown alteration: " + alteration);
    }
    return changed;
  }

  private static int index(Kind kind, List<RegisterAccess> seen) {
    return IntStream.range(0, seen.size())
        .filter(i -> kind.matches(seen.get(i)))
        .findFirst()
        .orElse(-1);
  }

  @Override
  public String toString() {
    return id;
  }
}
