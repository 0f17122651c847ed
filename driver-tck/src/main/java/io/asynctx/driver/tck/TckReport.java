package io.asynctx.driver.tck;

import io.asynctx.driver.tck.TckResult.Outcome;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What a run of the kit found.
 *
 * @param device name of the device
 * @param facts what the device declared, in the words of {@link TckExpected}
 * @param expected ids that had to be run, for these facts
 * @param results of every contract run, in order
 */
public record TckReport(
    String device, Set<String> facts, Set<String> expected, List<TckResult> results) {

  /** Copies what could change. */
  public TckReport {
    facts = Set.copyOf(facts);
    expected = Set.copyOf(expected);
    results = List.copyOf(results);
  }

  /**
   * Contracts that had to be run and were not.
   *
   * @return ids, sorted; those skipped too
   */
  public Set<String> missing() {
    return missing(expected);
  }

  /**
   * Contracts that were not run, or were skipped, out of a list of one's own.
   *
   * @param ids of contracts that should have been run
   * @return those that were not, sorted
   */
  public Set<String> missing(Set<String> ids) {
    final Set<String> missing = new TreeSet<>(ids);
    results.stream()
        .filter(r -> r.outcome() != Outcome.SKIPPED)
        .forEach(r -> missing.remove(r.contract().id()));
    return missing;
  }

  /**
   * Contracts with an outcome.
   *
   * @param outcome the outcome
   * @return their results, in order
   */
  public List<TckResult> with(Outcome outcome) {
    return results.stream().filter(r -> r.outcome() == outcome).toList();
  }

  /**
   * Whether the device conforms.
   *
   * @return true iff no contract failed, none is missing, and at least one was run
   */
  public boolean passed() {
    return with(Outcome.FAILED).isEmpty() && missing().isEmpty() && !with(Outcome.PASSED).isEmpty();
  }

  /**
   * Everything that speaks against the device.
   *
   * @return lines; empty iff {@link #passed()}
   */
  public String complaint() {
    final String failed =
        with(Outcome.FAILED).stream().map(TckResult::toString).collect(Collectors.joining("\n"));
    final String missing =
        missing().isEmpty()
            ? ""
            : "expected, but not run: device=" + device + ", contracts=" + missing() + skips();
    final String nothing = with(Outcome.PASSED).isEmpty() ? "no contract passed" : "";
    return String.join("\n", failed, missing, nothing).strip();
  }

  private String skips() {
    return with(Outcome.SKIPPED).stream()
        .filter(r -> expected.contains(r.contract().id()))
        .map(r -> "\n" + r)
        .collect(Collectors.joining());
  }

  @Override
  public String toString() {
    return "device="
        + device
        + ", passed="
        + with(Outcome.PASSED).size()
        + ", failed="
        + with(Outcome.FAILED).size()
        + ", skipped="
        + with(Outcome.SKIPPED).size()
        + ", missing="
        + missing();
  }
}
