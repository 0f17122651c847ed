package io.asynctx.it;

import static org.ops4j.pax.exam.CoreOptions.bootDelegationPackage;
import static org.ops4j.pax.exam.CoreOptions.bundle;
import static org.ops4j.pax.exam.CoreOptions.composite;
import static org.ops4j.pax.exam.CoreOptions.frameworkProperty;
import static org.ops4j.pax.exam.CoreOptions.junitBundles;
import static org.ops4j.pax.exam.CoreOptions.systemProperty;
import static org.ops4j.pax.exam.CoreOptions.vmOptions;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.ops4j.pax.exam.Option;

/** The framework as the distribution sets it up, for every integration test. */
public final class PlatformOptions {
  private static final String DIRECTORY = "bundles.dir";

  private PlatformOptions() {}

  /**
   * The bundles of others, and those of ours that are named.
   *
   * @param ours module names; one that is not named can still be installed by its {@link #file}
   */
  public static Option platform(String... ours) {
    return composite(
        junitBundles(),
        systemProperty("pax.exam.osgi.unresolved.fail").value("true"),
        systemProperty("org.ops4j.pax.logging.DefaultServiceLog.level").value("WARN"),
        systemProperty(DIRECTORY).value(System.getProperty(DIRECTORY)),
        frameworkProperty("org.osgi.framework.storage.clean").value("onFirstInit"),
        frameworkProperty("ds.lock.timeout.milliseconds").value("30000"),
        bootDelegationPackage("jdk.jfr.internal.*"),
        composite(others()),
        composite(
            Stream.of(ours)
                .map(name -> bundle(file(name).toUri().toString()))
                .toArray(Option[]::new)));
  }

  /** What the forked container's JVM needs besides; the native one has it from the build. */
  public static Option forked() {
    return vmOptions(
        "--add-modules=jdk.incubator.vector",
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow");
  }

  /** The jar of one of our modules, inside the framework too. */
  public static Path file(String module) {
    Path file = directory("ours").resolve(module + ".jar");
    if (!Files.exists(file)) {
      throw new IllegalArgumentException(
          "no such module: file=" + file + "; add it to the dependencies of integration-tests");
    }
    return file;
  }

  private static Option[] others() {
    try (Stream<Path> files = Files.list(directory("others"))) {
      return files.sorted().map(f -> bundle(f.toUri().toString())).toArray(Option[]::new);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path directory(String part) {
    return Path.of(System.getProperty(DIRECTORY), part);
  }
}
