package io.asynctx.validation.inside;

import io.asynctx.dmaengine.admin.CommandLine;
import java.util.Hashtable;
import java.util.Map;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/**
 * Registers the command. An activator, since the bundle is put together without a tool that would
 * describe a component.
 *
 * <p>Threading: the framework's.
 */
public final class InsideActivator implements BundleActivator {

  /** Called by the framework. */
  public InsideActivator() {}

  @Override
  public void start(BundleContext context) {
    context.registerService(
        CommandLine.class,
        new InsideCommand(context),
        new Hashtable<>(Map.of(CommandLine.NAME, InsideCommand.WORD)));
  }

  @Override
  public void stop(BundleContext context) {}
}
