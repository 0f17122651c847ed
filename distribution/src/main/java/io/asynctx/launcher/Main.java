package io.asynctx.launcher;

import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.felix.framework.FrameworkFactory;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts Felix with the bundles of the distribution, then runs one command, a script from standard
 * input, or the interactive shell, and ends with its exit code.
 *
 * <p>The bundle cache is a temporary folder of this process, so that instances do not meet and the
 * distribution is only read.
 */
public final class Main {
  private static final Logger LOG = LoggerFactory.getLogger(Main.class);

  /** The last level of etc/config.properties. */
  private static final String LAST_LEVEL = "8";

  private static final String SHELL = "org.apache.felix.gogo.jline";
  private static final long STOP_MILLIS = 40_000;

  private final Path home;
  private final Path cache;
  private final PrintStream out;

  /** The real one: a shell replaces the system's by one that writes to the shell's error stream. */
  private final PrintStream err;

  private Main(Path home, Path cache, PrintStream out, PrintStream err) {
    this.home = home;
    this.cache = cache;
    this.out = out;
    this.err = err;
  }

  /**
   * Entry point of the launcher script.
   *
   * @param words none for a shell or a script, else a command and its arguments
   */
  public static void main(String[] words) {
    Path home = Path.of(required("asynctx.home"));
    int code;
    try {
      Path cache = Files.createTempDirectory("asynctx-");
      System.setProperty("asynctx.cache", cache.toString());
      Main main = new Main(home, cache, System.out, System.err);
      code = main.run(List.of(words));
      main.deleteCache();
    } catch (Exception e) {
      LOG.error("start failed", e);
      code = 1;
    }
    System.exit(code);
  }

  private static String required(String property) {
    String value = System.getProperty(property);
    if (value == null) {
      throw new IllegalStateException(
          "system property missing: name=" + property + "; start with bin/asynctx");
    }
    return value;
  }

  private int run(List<String> words) throws Exception {
    boolean interactive = words.isEmpty() && Boolean.getBoolean("asynctx.stdin.terminal");
    if (!interactive) {
      // Results alone belong on standard output; whatever else is printed goes to the log's side.
      System.setOut(System.err);
    }

    Framework framework = create(interactive);
    Thread atExit = new Thread(() -> stop(framework), "asynctx stop");
    Runtime.getRuntime().addShutdownHook(atExit);
    framework.start();
    int code = interactive ? awaitEnd(framework) : runInside(framework, words);
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      return code; // the terminal or the process is going down, and the hook stops the framework
    }
    framework.stop();
    framework.waitForStop(STOP_MILLIS);
    return code;
  }

  private Framework create(boolean interactive) throws IOException, BundleException {
    Settings settings =
        Settings.read(home.resolve("etc/config.properties"), name -> System.getProperty(name));
    Map<String, Object> properties = new HashMap<>(settings.framework());
    properties.put(Constants.FRAMEWORK_STORAGE, cache.resolve("bundles").toString());
    properties.put(Constants.FRAMEWORK_BEGINNING_STARTLEVEL, LAST_LEVEL);
    properties.put(Inside.TERMINAL, Boolean.toString(interactive));
    org.apache.felix.framework.Logger logger = new org.apache.felix.framework.Logger();
    logger.setLogger(new FrameworkLog());
    properties.put("felix.log.logger", logger);

    Framework framework = new FrameworkFactory().newFramework(properties);
    framework.init(Main::report);
    install(framework.getBundleContext(), settings, interactive);
    return framework;
  }

  private void install(BundleContext context, Settings settings, boolean interactive)
      throws IOException, BundleException {
    List<Path> jars;
    try (Stream<Path> files = Files.list(home.resolve("bundles"))) {
      jars = files.filter(f -> f.toString().endsWith(".jar")).sorted().toList();
    }
    for (Path jar : jars) {
      Bundle bundle = context.installBundle(jar.toUri().toString());
      bundle
          .adapt(BundleStartLevel.class)
          .setStartLevel(settings.levelOf(String.valueOf(bundle.getSymbolicName())));
      boolean shell = SHELL.equals(bundle.getSymbolicName());
      if (shell) {
        // Our etc/gosh_profile starts with the shell's own.
        System.setProperty("asynctx.shell.profile", "jar:" + jar.toUri() + "!/gosh_profile");
      }
      if (bundle.getHeaders().get(Constants.FRAGMENT_HOST) == null && (interactive || !shell)) {
        bundle.start();
      }
    }
    context.addFrameworkListener(Main::report);
  }

  private static void report(FrameworkEvent event) {
    if (event.getType() == FrameworkEvent.ERROR) {
      LOG.error("bundle failed: bundle={}", event.getBundle(), event.getThrowable());
    }
  }

  private static int awaitEnd(Framework framework) throws InterruptedException {
    framework.waitForStop(0);
    return 0;
  }

  private int runInside(Framework framework, List<String> words) {
    BundleContext context = framework.getBundleContext();
    ServiceReference<Inside> reference = context.getServiceReference(Inside.class);
    @Nullable Inside inside = reference == null ? null : context.getService(reference);
    if (inside == null) {
      throw new IllegalStateException("launcher bundle did not start: home=" + home);
    }
    if (words.isEmpty()) {
      return inside.script(new InputStreamReader(System.in, StandardCharsets.UTF_8), out, err);
    }
    boolean terminal = Boolean.getBoolean("asynctx.stderr.terminal");
    int code = inside.command(words, out, err, terminal);
    out.flush();
    return code;
  }

  private void stop(Framework framework) {
    try {
      framework.stop();
      framework.waitForStop(STOP_MILLIS);
      deleteCache();
    } catch (BundleException | IOException e) {
      LOG.warn("stop failed", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void deleteCache() throws IOException {
    if (Files.exists(cache)) {
      try (Stream<Path> files = Files.walk(cache)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
      }
    }
  }
}
