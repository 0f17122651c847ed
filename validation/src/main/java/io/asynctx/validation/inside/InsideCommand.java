package io.asynctx.validation.inside;

import io.asynctx.async.AsyncTx;
import io.asynctx.dmaengine.admin.CommandLine;
import io.asynctx.dmaengine.bus.PciFunction;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.memory.DmaBuffers;
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

  private static final String IOAT = "(dma.device=ioat-*)";

  private static final long WAIT_MILLIS = 120_000;

  private final BundleContext context;

  InsideCommand(BundleContext context) {
    this.context = context;
  }

  @Override
  public String usage() {
    return "edu|e1000e|removal|kit|pulled  what validation asks of the bus in a guest";
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
      case "kit" -> KitPaces.run(first(tracker(DmaDevice.class, IOAT)), out);
      case "pulled" -> {
        final ServiceTracker<DmaDevice, DmaDevice> tracker = tracker(DmaDevice.class, IOAT);
        final String device = first(tracker).name();
        PulledPaces.run(
            first(tracker(AsyncTx.class, "")),
            first(tracker(DmaBuffers.class, "")),
            device,
            () -> tracker.getService() == null,
            out);
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
    return tracker(PciFunction.class, ids);
  }

  private <T> ServiceTracker<T, T> tracker(Class<T> type, String filter)
      throws InvalidSyntaxException {
    final ServiceTracker<T, T> tracker =
        new ServiceTracker<>(
            context,
            context.createFilter("(&(objectClass=" + type.getName() + ')' + filter + ')'),
            null);
    tracker.open();
    return tracker;
  }

  private static <T> T first(ServiceTracker<T, T> tracker) throws InterruptedException {
    final T service = tracker.waitForService(WAIT_MILLIS);
    if (service == null) {
      throw new IllegalStateException("no service came: tracker=" + tracker);
    }
    return service;
  }
}
