package io.asynctx.dmaengine.engine;

import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

/**
 * The engine without what it keeps for its promises on the submit path, to measure what that costs:
 * no gate, no count of what was submitted and ended, no provenance. Made from the engine's own
 * sources by taking those lines out, so that everything else is the same. It is of no other use.
 */
final class BareEngine {
  private static final String PACKAGE = "io.asynctx.dmaengine.engine.";
  private static final String FOLDER = "io/asynctx/dmaengine/engine/";

  private BareEngine() {}

  /** What is taken out: each text stands exactly once in its file. */
  private record Cut(String file, String text, String instead) {}

  private static final List<Cut> CUTS =
      List.of(
          // the gate
          new Cut(
              "Channel.java",
              "    if (!accepts()) {\n      return false;\n    }\n    if (waiting >=",
              "    if (waiting >="),
          new Cut("LeasedChannel.java", "channel == null || !channel.accepts()", "channel == null"),
          // the ledger of what was submitted and ended
          new Cut(
              "Submission.java",
              "    engine.counters().submitted.increment();\n    if (engine.buffers().epoch() !="
                  + " d.epoch && !engine.buffers().stillOpen(d)) {\n      d.closedMemory",
              "    if (engine.buffers().epoch() != d.epoch && !engine.buffers().stillOpen(d)) {\n"
                  + "      d.closedMemory"),
          new Cut(
              "Endings.java",
              "case NO_ERROR -> engine.counters().ok.increment();",
              "case NO_ERROR -> {}"),
          new Cut(
              "ChannelCounters.java", "    done.increment();\n    if (result", "    if (result"),
          new Cut("ChannelCounters.java", "      bytes.add(d.length);\n", ""),
          // the provenance
          new Cut(
              "Routing.java",
              "    d.route.add(channel.provider);\n    if (channel.publish(d)) {",
              "    if (channel.publish(d)) {"),
          new Cut(
              "Channel.java",
              "    for (Descriptor d = first; d != null; d = d.next) {\n"
                  + "      if (d.issuedAt == 0) {\n"
                  + "        d.issuedAt = now();\n"
                  + "      }\n"
                  + "    }\n",
              ""),
          new Cut("Channel.java", "      d.pushedAt = now();\n", ""),
          new Cut("Sink.java", "    d.endedAt = now();\n", ""));

  /** A workload of its own class loader, over the engine as it is, or without those lines. */
  static SubmitWorkloadHandle load(boolean bare) throws IOException, ReflectiveOperationException {
    final Path classes = compile(bare);
    final URLClassLoader loader =
        new EngineFirst(new URL[] {url(classes), url(home(SubmitWorkload.class))});
    return new SubmitWorkloadHandle(
        loader.loadClass(PACKAGE + "SubmitWorkload").getConstructor().newInstance());
  }

  /** A workload as its own class loader made it. */
  record SubmitWorkloadHandle(Object workload) {
    java.util.function.Supplier<?> run() {
      return (java.util.function.Supplier<?>) workload;
    }

    void close() throws Exception {
      ((AutoCloseable) workload).close();
    }
  }

  private static URL url(Path path) throws MalformedURLException {
    return path.toUri().toURL();
  }

  private static Path home(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException("class without a home: " + type, e);
    }
  }

  /** The engine's own package first, everything else from the outside. */
  private static final class EngineFirst extends URLClassLoader {
    EngineFirst(URL[] urls) {
      super(urls, BareEngine.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      synchronized (getClassLoadingLock(name)) {
        final Class<?> loaded = findLoadedClass(name);
        if (loaded != null) {
          return loaded;
        }
        return name.startsWith(PACKAGE) ? findClass(name) : super.loadClass(name, resolve);
      }
    }
  }

  private static Path compile(boolean bare) throws IOException {
    final Path sources =
        home(Engine.class).resolve("../../src/main/java").normalize().resolve(FOLDER);
    final Path scratch = Files.createTempDirectory("engine-");
    final Path root = scratch.resolve("src");
    final Path copy = Files.createDirectories(root.resolve(FOLDER));
    try (Stream<Path> all = Files.list(sources)) {
      for (Path file : all.filter(f -> f.toString().endsWith(".java")).toList()) {
        final String name = file.getFileName().toString();
        if (!name.equals("package-info.java")) {
          final String text = Files.readString(file);
          Files.writeString(copy.resolve(name), bare ? cut(name, text) : text);
        }
      }
    }
    final Path classes = Files.createDirectories(scratch.resolve("classes"));
    final JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    // Whatever these need, but not the component, which needs more than this module has.
    final String[] arguments = {
      "-proc:none",
      "-nowarn",
      "-Xlint:none",
      "-d",
      classes.toString(),
      "-sourcepath",
      root.toString(),
      "-cp",
      System.getProperty("java.class.path"),
      copy.resolve("Engine.java").toString(),
      copy.resolve("LeasedChannel.java").toString()
    };
    if (compiler.run(null, null, null, arguments) != 0) {
      throw new IllegalStateException("engine does not compile: bare=" + bare);
    }
    return classes;
  }

  private static String cut(String file, String text) {
    String result = text;
    for (Cut cut : CUTS) {
      if (cut.file.equals(file)) {
        final int at = result.indexOf(cut.text);
        if (at < 0 || result.indexOf(cut.text, at + 1) >= 0) {
          throw new IllegalStateException(
              "text must stand exactly once: file=" + file + ", text=" + cut.text);
        }
        result = result.replace(cut.text, cut.instead);
      }
    }
    return result;
  }
}
