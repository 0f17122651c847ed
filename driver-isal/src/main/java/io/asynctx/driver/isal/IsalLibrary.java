package io.asynctx.driver.isal;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One hold on the library: its functions are there until this is closed, and the last hold of the
 * process unloads it. The device has one, and each open channel one of its own: a call acquires the
 * arena of its function, and channels that shared one would fight for a cache line at every call.
 *
 * <p>The lookup loads by {@code dlopen} and not as a JNI library, so the rule of one class loader
 * for each library does not apply: an updated bundle loads it again.
 *
 * <p>Calls are critical: the thread stays where the JVM believes it runs Java, so a safepoint waits
 * for the return. That saves most of the cost of a call, and obliges the caller to keep it short;
 * see {@link IsalKernels#CRITICAL_BYTES}.
 *
 * <p><b>Close against call.</b> A call holds the arena open, by the JDK's own count, so a close
 * that comes meanwhile fails. The closer writes {@code leaving}, then tries; a call reads {@code
 * leaving} after it has let go. Either the closer finds nobody inside, or who was inside finds
 * {@code leaving} and closes on the way out.
 *
 * <pre>
 *  field     written by   mode       read by             mode
 *  leaving   closer       volatile   a call at its end   volatile
 * </pre>
 *
 * <p>Threading: calls by one thread at a time; close by any.
 */
final class IsalLibrary implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(IsalLibrary.class);

  /** What Debian and others call it, in the order tried. */
  static final List<String> NAMES = List.of("libisal.so.2", "libisal.so", "libisal.dylib");

  /** As {@link SymbolLookup#libraryLookup(String, Arena)}. */
  @FunctionalInterface
  interface Loader {
    SymbolLookup load(String name, Arena arena);
  }

  /** Initialised by the first call only: where native access is denied no call is made. */
  private static final class Handles {
    // An address of the caller's own arena is passed as a long: the JDK would acquire that arena
    // once more for a segment.
    static final MethodHandle RAID =
        handle(FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
    static final MethodHandle CRC =
        handle(FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT));

    @SuppressWarnings("restricted") // what this driver is for
    private static MethodHandle handle(FunctionDescriptor signature) {
      return Linker.nativeLinker().downcallHandle(signature, Linker.Option.critical(false));
    }
  }

  private final Arena arena = Arena.ofShared();
  private final String name;
  private final Map<IsalFunction, MemorySegment> functions = new EnumMap<>(IsalFunction.class);
  private volatile boolean leaving;

  private IsalLibrary(String name) {
    this.name = name;
  }

  /**
   * Loads the library, or adds a hold to it.
   *
   * @param library file or name; empty: the usual {@link #NAMES}
   * @return to be closed
   * @throws UnusableException if it cannot be used here
   */
  @SuppressWarnings("restricted") // what this driver is for
  static IsalLibrary open(String library) throws UnusableException {
    return open(library, SymbolLookup::libraryLookup);
  }

  static IsalLibrary open(String library, Loader loader) throws UnusableException {
    final List<String> names = library.isEmpty() ? NAMES : List.of(library);
    final List<String> failures = new ArrayList<>();
    for (String name : names) {
      final IsalLibrary found = load(name, loader, failures);
      if (found != null) {
        return found;
      }
    }
    throw new UnusableException(
        "ISA-L cannot be loaded: library=" + library + ", " + String.join(", ", failures),
        "install it (on Debian: apt-get install libisal2) or name its file with library=PATH in "
            + IsalDriver.PID
            + "~NAME, then restart this bundle");
  }

  private static @Nullable IsalLibrary load(String name, Loader loader, List<String> failures)
      throws UnusableException {
    final IsalLibrary library = new IsalLibrary(name);
    boolean loaded = false;
    try {
      library.find(loader.load(name, library.arena));
      loaded = true;
      return library;
    } catch (IllegalArgumentException e) {
      failures.add("tried=" + name);
      LOG.debug("library not loaded: name={}", name, e);
      return null;
    } catch (IllegalCallerException | UnsupportedOperationException | LinkageError e) {
      throw new UnusableException(
          "native code may not be called here: " + e.getMessage(),
          "start the JVM with --enable-native-access=ALL-UNNAMED, on a platform that has a native"
              + " linker",
          e);
    } finally {
      if (!loaded) {
        library.close();
      }
    }
  }

  private void find(SymbolLookup symbols) throws UnusableException {
    for (IsalFunction function : IsalFunction.values()) {
      symbols.find(function.symbol).ifPresent(address -> functions.put(function, address));
    }
    if (functions.keySet().stream().noneMatch(f -> f.operation != null)) {
      throw new UnusableException(
          "a library without a function of ISA-L that a channel has use for: library="
              + name
              + ", looked for="
              + Stream.of(IsalFunction.values()).map(f -> f.symbol).toList(),
          "name the right file with library=PATH in " + IsalDriver.PID + "~NAME");
    }
  }

  /**
   * The name it was loaded by; loading that again adds a hold to the same library.
   *
   * @return one of {@link #NAMES}, or what was asked for
   */
  String name() {
    return name;
  }

  /** The functions this library has. */
  Set<IsalFunction> functions() {
    final Set<IsalFunction> all = EnumSet.noneOf(IsalFunction.class);
    all.addAll(functions.keySet());
    return all;
  }

  /** A function's address, alive as long as this hold; null if the library does not have it. */
  @Nullable MemorySegment function(IsalFunction function) {
    return functions.get(function);
  }

  /** Native memory that lives as long as this hold. */
  MemorySegment allocate(long bytes, long alignment) {
    return arena.allocate(bytes, alignment);
  }

  /**
   * Calls one of the functions on an array of vectors.
   *
   * @param function of this hold
   * @param vects how many vectors, as the function counts them
   * @param length bytes of each
   * @param array address of the pointers, in memory of this hold
   * @return 0 for success
   * @throws IllegalStateException if this is closed
   */
  int call(MemorySegment function, int vects, int length, long array) {
    try {
      return (int) Handles.RAID.invokeExact(function, vects, length, array);
    } catch (Throwable e) {
      throw thrown(e);
    } finally {
      closeIfLeaving();
    }
  }

  /**
   * Calls the CRC function.
   *
   * @param function of this hold
   * @param address of the bytes
   * @param length how many
   * @param crc the register before
   * @return the register after
   * @throws IllegalStateException if this is closed
   */
  int crc(MemorySegment function, long address, int length, int crc) {
    try {
      return (int) Handles.CRC.invokeExact(function, address, length, crc);
    } catch (Throwable e) {
      throw thrown(e);
    } finally {
      closeIfLeaving();
    }
  }

  /** What the JDK threw before or after the call; the function itself throws nothing. */
  private static RuntimeException thrown(Throwable e) {
    if (e instanceof Error error) {
      throw error;
    }
    return e instanceof RuntimeException unchecked ? unchecked : new IllegalStateException(e);
  }

  private void closeIfLeaving() {
    if (leaving) {
      tryClose();
    }
  }

  /** Lets go of the library: at once, or when a call that is still inside comes back. */
  @Override
  public void close() {
    leaving = true;
    if (!tryClose()) {
      LOG.warn(
          "a call is still inside the library, which is let go of when it returns: library={}",
          name);
    }
  }

  private synchronized boolean tryClose() {
    if (!arena.scope().isAlive()) {
      return true;
    }
    try {
      arena.close();
      return true;
    } catch (IllegalStateException e) {
      LOG.debug("the arena is held by a call: library={}", name, e);
      return false;
    }
  }
}
