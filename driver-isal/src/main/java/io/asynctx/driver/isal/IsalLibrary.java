package io.asynctx.driver.isal;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One hold on the library: its functions are there until this is closed, and it is unloaded with
 * the last hold of the process. The device has one, and each open channel one of its own: a call
 * acquires the arena of its function, and channels would otherwise take turns on one cache line.
 *
 * <p>The lookup is by handle, not by name of a loaded library, so that the class loaders of old and
 * new versions of this bundle do not meet: the JVM's rule of one class loader for each native
 * library does not apply.
 *
 * <pre>
 *  field     written by   mode       read by                          mode
 *  leaving   closer       volatile   closer, and a call at its end    volatile
 * </pre>
 *
 * <p><b>Close against call.</b> A call holds the arena open, by the JDK's own count, so a close that
 * comes meanwhile fails. The closer writes {@code leaving} before it tries; a call reads it after it
 * has let go. Either the closer finds nobody inside, or who is inside finds {@code leaving} on the
 * way out and closes.
 *
 * <p>Threading: any thread.
 */
final class IsalLibrary implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(IsalLibrary.class);

  /** What Debian and others call it; tried in this order. */
  static final List<String> NAMES = List.of("libisal.so.2", "libisal.so", "libisal.dylib");

  private static final Path MAPS = Path.of("/proc/self/maps");

  /** How a library is found; {@link SymbolLookup#libraryLookup(String, Arena)}. */
  @FunctionalInterface
  interface Lookup {
    SymbolLookup open(String name, Arena arena);
  }

  private final Arena arena;
  private final String name;
  private final String path;
  private final Map<IsalFunction, MemorySegment> functions;
  private volatile boolean leaving;

  private IsalLibrary(
      Arena arena, String name, String path, Map<IsalFunction, MemorySegment> functions) {
    this.arena = arena;
    this.name = name;
    this.path = path;
    this.functions = functions;
  }

  /**
   * Loads the library, or adds a hold to it.
   *
   * @param library file or name; empty: the usual {@link #NAMES}
   * @return to be closed
   * @throws MissingLibraryException if it cannot be used here, with the remedy
   */
  static IsalLibrary open(String library) throws MissingLibraryException {
    return open(library, SymbolLookup::libraryLookup);
  }

  static IsalLibrary open(String library, Lookup lookup) throws MissingLibraryException {
    final List<String> names = library.isEmpty() ? NAMES : List.of(library);
    final List<RuntimeException> failures = new ArrayList<>();
    for (String name : names) {
      final Arena arena = Arena.ofShared();
      try {
        return new IsalLibrary(arena, lookup.open(name, arena), name);
      } catch (IllegalArgumentException e) {
        arena.close();
        failures.add(e);
      } catch (MissingLibraryException e) {
        arena.close();
        throw e;
      } catch (IllegalCallerException | UnsupportedOperationException | LinkageError e) {
        arena.close();
        throw new MissingLibraryException(
            "native code may not be called here: " + e.getMessage(),
            "start the JVM with --enable-native-access=ALL-UNNAMED, on a platform with a native"
                + " linker",
            e);
      }
    }
    throw missing(library, names, failures);
  }

  private static MissingLibraryException missing(
      String library, List<String> names, List<RuntimeException> failures) {
    return new MissingLibraryException(
        "ISA-L cannot be loaded: library=" + library + ", tried=" + String.join(",", names),
        "install it (on Debian: apt-get install libisal2), or name its file by library=PATH in the"
            + " configuration "
            + IsalDriver.PID
            + "~NAME; then restart the bundle",
        failures.getLast());
  }

  private IsalLibrary(Arena arena, SymbolLookup symbols, String name)
      throws MissingLibraryException {
    this(arena, name, "", new EnumMap<>(IsalFunction.class));
  }
}
