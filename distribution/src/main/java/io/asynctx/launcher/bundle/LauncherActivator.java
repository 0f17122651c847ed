package io.asynctx.launcher.bundle;

import io.asynctx.launcher.Inside;
import java.util.Dictionary;
import java.util.Hashtable;
import org.apache.felix.gogo.jline.Converters;
import org.apache.felix.gogo.jline.Posix;
import org.apache.felix.gogo.jline.Procedural;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.Converter;
import org.osgi.annotation.bundle.Header;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceReference;
import org.osgi.service.log.LogReaderService;
import org.osgi.util.tracker.ServiceTracker;

/** Offers {@link Inside}, and to scripts the shell's own small commands, without its terminal. */
@Header(name = Constants.BUNDLE_ACTIVATOR, value = "${@class}")
public final class LauncherActivator implements BundleActivator {
  private static final String[] POSIX = {
    "cat", "date", "echo", "grep", "head", "sleep", "sort", "tail", "wc"
  };
  private static final String[] PROCEDURAL = {
    "each", "if", "not", "throw", "try", "until", "while", "break", "continue"
  };

  @Override
  public void start(BundleContext context) {
    new ServiceTracker<LogReaderService, LogReaderService>(context, LogReaderService.class, null) {
      @Override
      public LogReaderService addingService(ServiceReference<LogReaderService> reference) {
        LogReaderService log = super.addingService(reference);
        log.addLogListener(new LogForwarder());
        return log;
      }
    }.open();
    if (!Boolean.parseBoolean(context.getProperty(Inside.TERMINAL))) {
      offerShellCommands(context);
    }
    context.registerService(Inside.class, new Commands(context), null);
  }

  /** What the shell's bundle offers when it starts; here it is only resolved. */
  private static void offerShellCommands(BundleContext context) {
    ServiceReference<CommandProcessor> reference =
        context.getServiceReference(CommandProcessor.class);
    offer(context, new Posix(context.getService(reference)), POSIX);
    offer(context, new Procedural(), PROCEDURAL);
    context.registerService(Converter.class, new Converters(systemContext(context)), null);
  }

  private static BundleContext systemContext(BundleContext context) {
    return context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION).getBundleContext();
  }

  private static void offer(BundleContext context, Object commands, String[] functions) {
    Dictionary<String, Object> properties = new Hashtable<>();
    properties.put(CommandProcessor.COMMAND_SCOPE, "gogo");
    properties.put(CommandProcessor.COMMAND_FUNCTION, functions);
    context.registerService(Object.class.getName(), commands, properties);
  }

  @Override
  public void stop(BundleContext context) {
    // The framework withdraws what this bundle registered and tracks.
  }
}
