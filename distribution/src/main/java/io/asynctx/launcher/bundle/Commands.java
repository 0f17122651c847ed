package io.asynctx.launcher.bundle;

import io.asynctx.dmaengine.admin.CommandLine;
import io.asynctx.launcher.Inside;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.Reader;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.felix.gogo.runtime.EOFError;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Converter;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Filter;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.util.tracker.ServiceTracker;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs commands found as services, and scripts through Gogo. */
final class Commands implements Inside {
  private static final Logger LOG = LoggerFactory.getLogger(Commands.class);

  /** How long a command may wait for what it needs: drivers and configurations come a bit later. */
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final BundleContext context;

  Commands(BundleContext context) {
    this.context = context;
  }

  @Override
  public int command(List<String> words, PrintStream out, PrintStream err, boolean terminal) {
    String name = words.getFirst();
    if (name.equals("help") || name.equals("-h") || name.equals("--help")) {
      usage(out);
      return 0;
    }
    if (!declared(name) && references(name).isEmpty()) {
      err.println("asynctx: unknown command: name=" + name);
      usage(err);
      return USAGE;
    }
    try {
      CommandLine command = await(name);
      if (command == null) {
        err.println(
            "asynctx: command is not available: name="
                + name
                + ", waitedSeconds="
                + PATIENCE.toSeconds()
                + "; what it needs is missing, see scr:info in the shell");
        return CommandLine.FAILURE;
      }
      return command.run(words.subList(1, words.size()), out, err, terminal);
    } catch (Exception e) {
      LOG.debug("command failed: name={}", name, e);
      err.println("asynctx: " + name + ": " + text(e));
      return CommandLine.FAILURE;
    }
  }

  private @Nullable CommandLine await(String name)
      throws InterruptedException, InvalidSyntaxException {
    Filter filter =
        FrameworkUtil.createFilter(
            "(&(objectClass="
                + CommandLine.class.getName()
                + ")("
                + CommandLine.NAME
                + "="
                + escaped(name)
                + "))");
    ServiceTracker<CommandLine, CommandLine> tracker = new ServiceTracker<>(context, filter, null);
    tracker.open();
    return tracker.waitForService(PATIENCE.toMillis()); // open until the framework stops
  }

  private static String escaped(String name) {
    return name.replaceAll("[\\\\*()]", "\\\\$0");
  }

  private List<ServiceReference<CommandLine>> references(@Nullable String name) {
    try {
      String filter = name == null ? null : "(" + CommandLine.NAME + "=" + escaped(name) + ")";
      return List.copyOf(context.getServiceReferences(CommandLine.class, filter));
    } catch (InvalidSyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Whether a component offers the command, be it that it still waits for something. */
  private boolean declared(String name) {
    ServiceReference<ServiceComponentRuntime> reference =
        context.getServiceReference(ServiceComponentRuntime.class);
    if (reference == null) {
      return false;
    }
    ServiceComponentRuntime components = context.getService(reference);
    return components.getComponentDescriptionDTOs().stream()
        .anyMatch(d -> name.equals(d.properties.get(CommandLine.NAME)));
  }

  @Override
  public void usage(PrintStream to) {
    SortedMap<String, String> commands = new TreeMap<>();
    for (ServiceReference<CommandLine> reference : references(null)) {
      CommandLine command = context.getService(reference);
      if (command != null) {
        commands.put(String.valueOf(reference.getProperty(CommandLine.NAME)), command.usage());
      }
    }
    to.println("usage: asynctx                        the interactive shell");
    to.println("       asynctx < SCRIPT               shell commands, one a line");
    to.println("       asynctx COMMAND [ARGUMENT...]  one of:");
    commands.forEach((name, usage) -> to.println("         " + name + " " + usage));
    if (commands.isEmpty()) {
      to.println("         (none is installed)");
    }
  }

  @Override
  public int script(Reader lines, PrintStream out, PrintStream err) {
    ServiceReference<CommandProcessor> reference =
        context.getServiceReference(CommandProcessor.class);
    if (reference == null) {
      err.println("asynctx: no shell is installed");
      return CommandLine.FAILURE;
    }
    CommandProcessor processor = context.getService(reference);
    boolean failed = false;
    try (CommandSession session = processor.createSession(InputStream.nullInputStream(), out, err);
        BufferedReader reader = new BufferedReader(lines)) {
      session.put(".context", context);
      // Gogo takes every session's output for a terminal.
      session.execute("grep = { gogo:grep --color=never $args }");
      String unfinished = "";
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        if (unfinished.isEmpty() && (line.isBlank() || line.strip().startsWith("#"))) {
          continue;
        }
        String program = unfinished + line;
        unfinished = "";
        try {
          execute(session, program, out);
        } catch (Exception e) {
          if (e.getCause() instanceof EOFError) {
            unfinished = program + "\n";
            continue;
          }
          failed = true;
          LOG.debug("script line failed: line={}", program, e);
          err.println("asynctx: " + program.strip() + ": " + text(e));
        }
      }
      if (!unfinished.isEmpty()) {
        failed = true;
        err.println("asynctx: script ends within a command: " + unfinished.strip());
      }
    } catch (Exception e) {
      throw new IllegalStateException("script could not be read", e);
    } finally {
      out.flush();
    }
    return failed ? CommandLine.FAILURE : 0;
  }

  private static void execute(CommandSession session, String program, PrintStream out)
      throws Exception {
    Object result = session.execute(program);
    if (result != null) {
      CharSequence text = session.format(result, Converter.INSPECT);
      out.print(text);
      if (text.isEmpty() || text.charAt(text.length() - 1) != '\n') {
        out.println();
      }
    }
    out.flush();
  }

  private static String text(Exception e) {
    return Objects.requireNonNullElseGet(e.getMessage(), e::toString);
  }
}
