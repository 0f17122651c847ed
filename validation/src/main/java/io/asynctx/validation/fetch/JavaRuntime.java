package io.asynctx.validation.fetch;

import io.asynctx.debian.Cache;
import io.asynctx.debian.Program;
import io.asynctx.debian.UnavailableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A small Java runtime for a guest, linked from the one that runs this.
 *
 * <p>Threading: one thread.
 */
public final class JavaRuntime {

  /** What the framework, its log and our bundles use. */
  private static final String MODULES =
      "java.base,java.compiler,java.logging,java.management,java.naming,java.xml,jdk.jfr,"
          + "jdk.management,jdk.unsupported,jdk.incubator.vector";

  private JavaRuntime() {}

  /**
   * Links it, or finds it in the cache.
   *
   * @param cache where it stays
   * @return its folder
   * @throws UnavailableException if it cannot be linked
   */
  public static Path link(Cache cache) throws UnavailableException {
    final String home = System.getProperty("java.home");
    final Path folder = cache.folder("java-" + System.getProperty("java.vm.version"));
    final Path made = folder.resolve("runtime");
    if (Files.isDirectory(made)) {
      return made;
    }
    final Path part = folder.resolve("part");
    try {
      if (Files.isDirectory(part)) {
        throw new UnavailableException("half a runtime: folder=" + part + "; delete it");
      }
      Program.run(
          folder,
          List.of(
              home + "/bin/jlink",
              "--add-modules",
              MODULES,
              "--strip-debug",
              "--no-header-files",
              "--no-man-pages",
              "--generate-cds-archive",
              "--output",
              part.toString()));
      return Files.move(part, made);
    } catch (IOException e) {
      throw new UnavailableException("cache cannot be written: folder=" + folder + ", " + e, e);
    }
  }
}
