package io.asynctx.validation.inside;

import io.asynctx.dmaengine.admin.CommandLine;
import io.asynctx.dmaengine.bus.PciFunction;
import java.io.PrintStream;
import java.util.List;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.util.tracker.ServiceTracker;

/**
 * The command {@code inside NAME}: waits for a function and puts it through its paces.
 *
 * <p>Threading: one command per process.
 */
final class InsideCommand implements CommandLine {

  static final String WORD = "inside";

  private static final long WAIT_MILLIS = 120_000;

  private final BundleContext context;

  InsideCommand(BundleContext context) {
    this.context = context;
  }

  @Override
  public String usage() {
    return "edu|e1000e|removal  what validation asks of the bus in a guest";
  }

  @Override
  public int run(List<String> arguments, PrintStream out, PrintStream err, boolean terminal)
      throws Exception {
    final String name = arguments.isEmpty() ? "" : arguments.getFirst();
    switch (name) {
      case "edu" -> EduPaces.run(await(EduPaces.IDS), out);
      case "e1000e" -> E1000ePaces.interrupts(await(E1000ePaces.IDS), out);
      case "removal" -> {
        final ServiceTracker<PciFunction, PciFunction> tracker = tracker(E1000ePaces.IDS);
        E1000ePaces.removal(first(tracker), () -> tracker.getService() == null, out);
      }
      default -> {
        err.println("asynctx: unknown name: name=" + name + "; one of " + usage());
        return USAGE;
      }
    }
    out.println("asynctx:" + name + "=passed");
    return 0;
  }

  private PciFunction await(String ids) throws InvalidSyntaxException, InterruptedException {
    return first(tracker(ids));
  }

  private ServiceTracker<PciFunction, PciFunction> tracker(String ids)
      throws InvalidSyntaxException {
    final ServiceTracker<PciFunction, PciFunction> tracker =
        new ServiceTracker<>(
            context,
            context.createFilter("(&(objectClass=" + PciFunction.class.getName() + ')' + ids + ')'),
            null);
    tracker.open();
    return tracker;
  }

  private static PciFunction first(ServiceTracker<PciFunction, PciFunction> tracker)
      throws InterruptedException {
    final PciFunction function = tracker.waitForService(WAIT_MILLIS);
    if (function == null) {
      throw new IllegalStateException("no function: filter=" + tracker);
    }
    return function;
  }
}
