package io.asynctx.it;

import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.util.List;
import org.junit.AssumptionViolatedException;
import org.junit.runner.Description;
import org.junit.runner.Runner;
import org.junit.runner.notification.Failure;
import org.junit.runner.notification.RunNotifier;
import org.junit.runners.model.InitializationError;
import org.ops4j.pax.exam.junit.PaxExam;

/**
 * Runs a container test where ISA-L is installed; elsewhere it is reported as skipped, with the
 * reason. An assumption inside the container would be reported as passed. Another file can be
 * named: {@code mvn -Disal.library=FILE}.
 */
public final class WithIsal extends Runner {
  private final Class<?> test;
  private final Runner inContainer;

  public WithIsal(Class<?> test) throws InitializationError {
    this.test = test;
    inContainer = installed() ? new PaxExam(test) : null;
  }

  @SuppressWarnings("restricted") // looks, and lets go of it again
  private static boolean installed() {
    final List<String> names =
        OnIsal.LIBRARY.isEmpty() ? List.of("libisal.so.2", "libisal.so") : List.of(OnIsal.LIBRARY);
    for (String name : names) {
      try (Arena arena = Arena.ofConfined()) {
        return SymbolLookup.libraryLookup(name, arena).find("pq_gen").isPresent();
      } catch (IllegalArgumentException e) {
        continue; // not by this name
      }
    }
    return false;
  }

  @Override
  public Description getDescription() {
    return inContainer == null
        ? Description.createSuiteDescription(test)
        : inContainer.getDescription();
  }

  @Override
  public void run(RunNotifier notifier) {
    if (inContainer != null) {
      inContainer.run(notifier);
      return;
    }
    notifier.fireTestAssumptionFailed(
        new Failure(
            getDescription(),
            new AssumptionViolatedException(
                "ISA-L is not installed here; on Debian: apt-get install libisal2")));
  }
}
