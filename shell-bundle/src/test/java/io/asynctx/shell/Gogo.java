package io.asynctx.shell;

import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.admin.CommandLine;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.felix.gogo.runtime.CommandProcessorImpl;
import org.apache.felix.gogo.runtime.threadio.ThreadIOImpl;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Converter;
import org.osgi.framework.BundleContext;

/** A real Gogo with our commands in it. */
final class Gogo implements AutoCloseable {

  private static final Pattern FUNCTIONS =
      Pattern.compile("name=\"osgi.command.function\" type=\"String\"(?: value=\"|>)([^\"<]*)");

  final Map<String, String> frameworkProperties = new HashMap<>();
  final Engines engines = new Engines();
  final DmaCommands commands = new DmaCommands(context(), engines);
  final AdminCommands orders = new AdminCommands(engines);
  final JobCommands jobs = new JobCommands();
  final Captured out = new Captured();
  final Captured err = new Captured();
  final CommandProcessorImpl processor;
  final CommandSession session;

  private final ThreadIOImpl threadIo = new ThreadIOImpl();

  Gogo() {
    threadIo.start();
    processor = new CommandProcessorImpl(threadIo);
    for (Object component : List.of(commands, orders, jobs, new BenchSwap(jobs))) {
      for (String function : functions(component)) {
        processor.addCommand(DmaCommands.SCOPE, component, function);
      }
    }
    processor.addConverter(new TableConverter());
    session =
        processor.createSession(new ByteArrayInputStream(new byte[0]), out.stream(), err.stream());
  }

  /** The functions a component declares, as the framework will read them. */
  static List<String> functions(Object component) {
    final String file = "/OSGI-INF/" + component.getClass().getName() + ".xml";
    try (InputStream in = Gogo.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalStateException("no component description: file=" + file);
      }
      final Matcher property =
          FUNCTIONS.matcher(new String(in.readAllBytes(), StandardCharsets.UTF_8));
      if (!property.find()) {
        throw new IllegalStateException("no function declared: file=" + file);
      }
      return property.group(1).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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

  void engineStarts(FakeInspector inspector, String name) {
    engines.addInspector(inspector, named(name));
    engines.addAdmin(inspector.admin, named(name));
  }

  void engineStops(FakeInspector inspector, String name) {
    engines.removeInspector(inspector, named(name));
    engines.removeAdmin(inspector.admin, named(name));
  }

  void job(String name, CommandLine job) {
    jobs.addJob(job, Map.of(CommandLine.NAME, name));
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
