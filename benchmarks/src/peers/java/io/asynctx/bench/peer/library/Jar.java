package io.asynctx.bench.peer.library;

import java.nio.file.Path;
import java.security.CodeSource;

/** Where a library's class comes from. */
final class Jar {

  private Jar() {}

  /** The name of its file without the ending, e.g. {@code disruptor-4.0.0}. */
  static String of(Class<?> type) {
    final CodeSource source = type.getProtectionDomain().getCodeSource();
    return source == null
        ? type.getName()
        : Path.of(source.getLocation().getPath()).getFileName().toString().replace(".jar", "");
  }
}
