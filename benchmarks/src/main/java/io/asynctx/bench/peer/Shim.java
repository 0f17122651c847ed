package io.asynctx.bench.peer;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.asynctx.bench.Variant;
import io.asynctx.debian.Cache;
import io.asynctx.debian.Program;
import io.asynctx.debian.UnavailableException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * Loops in C, compiled by the machine's gcc when they are first needed. A loop is called once for a
 * sample, so that no operation of C pays for the way from Java.
 *
 * <p>Threading: immutable; the loops are called by the sampler alone.
 */
public final class Shim {

  private static final String SOURCE = "shim.c";

  private final SymbolLookup library;
  private final String version;

  private Shim(SymbolLookup library, String version) {
    this.library = library;
    this.version = version;
  }

  /**
   * Compiles the loops, or finds them compiled.
   *
   * @param arena the library stays loaded as long as this is open
   * @return the loops
   * @throws UnavailableException if there is no gcc, or it fails
   */
  @SuppressWarnings("restricted") // native access is what this is about
  public static Shim load(Arena arena) throws UnavailableException {
    final Path folder = Peers.CACHE.folder("shim");
    final String gcc =
        Program.run(folder, List.of("gcc", "-dumpfullversion", "-dumpversion"))
            .lines()
            .toList()
            .getFirst();
    final Path source = Cache.resource(folder, Shim.class, SOURCE);
    final String key = key(source);
    final Path library = folder.resolve("shim-" + key + "-gcc" + gcc + ".so");
    if (!Files.exists(library)) {
      compile(folder, source, library);
    }
    return new Shim(SymbolLookup.libraryLookup(library, arena), "gcc " + gcc);
  }

  private static String key(Path source) throws UnavailableException {
    try {
      return HexFormat.of().toHexDigits(Arrays.hashCode(Files.readAllBytes(source)));
    } catch (IOException e) {
      throw new UnavailableException("cache cannot be read: file=" + source + ", " + e, e);
    }
  }

  private static void compile(Path folder, Path source, Path library) throws UnavailableException {
    try {
      final Path made = Files.createTempFile(folder, "shim-", ".tmp");
      Program.run(
          folder,
          List.of(
              "gcc",
              "-O3",
              "-march=native",
              "-shared",
              "-fPIC",
              "-pthread",
              "-o",
              made.toString(),
              source.toString()));
      Files.move(made, library, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UnavailableException("loops cannot be compiled: " + e, e);
    }
  }

  /**
   * Who compiled them, and which C library they call.
   *
   * @return for the column of versions
   */
  public String version() {
    return version;
  }

  /**
   * A function of the shim that answers nanoseconds.
   *
   * @param name of the function
   * @param arguments its arguments' layouts
   * @return a handle
   */
  @SuppressWarnings("restricted") // native access is what this is about
  public MethodHandle function(String name, MemoryLayout... arguments) {
    return Linker.nativeLinker()
        .downcallHandle(
            library
                .find(name)
                .orElseThrow(() -> new IllegalStateException("no such loop: name=" + name)),
            FunctionDescriptor.of(JAVA_LONG, arguments));
  }

  /** What a loop in C answers, from a call of its handle. */
  @FunctionalInterface
  public interface Call {
    /**
     * Calls it.
     *
     * @param operations how often it loops
     * @return nanoseconds, or -1 if it failed
     * @throws Throwable never, but a handle says so
     */
    long call(long operations) throws Throwable;
  }

  /**
   * A variant out of a loop.
   *
   * @param name of the variant
   * @param call the loop
   * @return the variant, which throws if the loop answers less than 0
   */
  public static Variant variant(String name, Call call) {
    return Variant.self(
        name,
        operations -> {
          final long nanos;
          try {
            nanos = call.call(operations);
          } catch (Throwable e) {
            throw new IllegalStateException("a call of C failed: variant=" + name, e);
          }
          if (nanos < 0) {
            throw new IllegalStateException("a loop in C failed: variant=" + name);
          }
          return nanos;
        });
  }

  /**
   * The addresses of segments, as an array that C reads.
   *
   * @param arena what the array belongs to
   * @param segments native ones
   * @return as many pointers
   */
  public static MemorySegment pointers(Arena arena, MemorySegment... segments) {
    final MemorySegment array = arena.allocate(ADDRESS, segments.length);
    for (int i = 0; i < segments.length; i++) {
      array.setAtIndex(ADDRESS, i, segments[i]);
    }
    return array;
  }

  /**
   * Round trips of two spinning threads.
   *
   * @return the floor of every hand-off
   */
  public Variant spin() {
    final MethodHandle handle = function("pingpong_spin", JAVA_LONG);
    return variant("C ping-pong", n -> (long) handle.invokeExact(n));
  }

  /**
   * Round trips of two threads that sleep on a futex.
   *
   * @return the floor of what parks
   */
  public Variant futex() {
    final MethodHandle handle = function("pingpong_futex", JAVA_LONG);
    return variant("C futex", n -> (long) handle.invokeExact(n));
  }

  /**
   * memcpy of the C library.
   *
   * @param destinations pointers, see {@link #pointers}
   * @param sources as many pointers
   * @param buffers how many
   * @param length bytes of one copy
   * @return the variant
   */
  public Variant memcpy(
      MemorySegment destinations, MemorySegment sources, int buffers, long length) {
    final MethodHandle handle =
        function("loop_memcpy", ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    final long count = buffers;
    return variant(
        "C memcpy", n -> (long) handle.invokeExact(destinations, sources, count, length, n));
  }

  /**
   * memset of the C library.
   *
   * @param destinations pointers, see {@link #pointers}
   * @param value the byte
   * @param buffers how many
   * @param length bytes of one fill
   * @return the variant
   */
  public Variant memset(MemorySegment destinations, int value, int buffers, long length) {
    final MethodHandle handle =
        function("loop_memset", ADDRESS, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    final long count = buffers;
    return variant(
        "C memset", n -> (long) handle.invokeExact(destinations, value, count, length, n));
  }

  /**
   * memcmp of the C library, over equal buffers.
   *
   * @param left pointers, see {@link #pointers}
   * @param right as many pointers
   * @param buffers how many
   * @param length bytes of one comparison
   * @return the variant
   */
  public Variant memcmp(MemorySegment left, MemorySegment right, int buffers, long length) {
    final MethodHandle handle =
        function("loop_memcmp", ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    final long count = buffers;
    return variant("C memcmp", n -> (long) handle.invokeExact(left, right, count, length, n));
  }
}
