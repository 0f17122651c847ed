package io.asynctx.shell;

import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.admin.CommandLine;
import io.asynctx.dmaengine.admin.DmaInspector;
import java.io.ByteArrayInputStream;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.Map;
import org.apache.felix.gogo.runtime.CommandProcessorImpl;
import org.apache.felix.gogo.runtime.threadio.ThreadIOImpl;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Converter;
import org.osgi.framework.BundleContext;

/** A real Gogo with our commands in it. */
final class Gogo implements AutoCloseable {

  final Map<String, String> frameworkProperties = new HashMap<>();
  final DmaCommands commands = new DmaCommands(context());
  final Captured out = new Captured();
  final Captured err = new Captured();
  final CommandProcessorImpl processor;
  final CommandSession session;

  private final ThreadIOImpl threadIo = new ThreadIOImpl();

  Gogo() {
    threadIo.start();
    processor = new CommandProcessorImpl(threadIo);
    for (String function :
        new String[] {
          "devices",
          "channels",
          "clients",
          "ops",
          "stats",
          "await",
          "test",
          "demo",
          "doctor",
          "_candidates"
        }) {
      processor.addCommand(DmaCommands.SCOPE, commands, function);
    }
    processor.addConverter(new TableConverter());
    session =
        processor.createSession(new ByteArrayInputStream(new byte[0]), out.stream(), err.stream());
  }

  private BundleContext context() {
    return (BundleContext)
        Proxy.newProxyInstance(
            Gogo.class.getClassLoader(),
            new Class<?>[] {BundleContext.class},
            (proxy, method, arguments) ->
                method.getName().equals("getProperty")
                    ? frameworkProperties.get((String) arguments[0])
                    : null);
  }

  static Map<String, Object> named(String engine) {
    return Map.of(DmaConstants.ENGINE, engine);
  }

  void engineStarts(DmaInspector inspector, String name) {
    commands.addInspector(inspector, named(name));
  }

  void engineStops(DmaInspector inspector, String name) {
    commands.removeInspector(inspector, named(name));
  }

  void job(String name, CommandLine job) {
    commands.addJob(job, Map.of(CommandLine.NAME, name));
  }

  Object run(String line) throws Exception {
    return session.execute(line);
  }

  /** What the shell would show of a result. */
  String show(String line) throws Exception {
    final Object result = run(line);
    return result == null ? "" : session.format(result, Converter.INSPECT).toString();
  }

  @Override
  public void close() {
    session.close();
    processor.stop();
    threadIo.stop();
  }
}
