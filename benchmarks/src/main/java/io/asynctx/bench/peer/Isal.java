package io.asynctx.bench.peer;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.asynctx.bench.Variant;
import io.asynctx.debian.UnavailableException;
import io.asynctx.debian.Unpacked;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * One version of Intel's ISA-L, out of a Debian package, called by loops of {@link Shim}.
 *
 * <p>Threading: as {@link Shim}.
 */
public final class Isal {

  private static final String PACKAGE = "libisal2";

  /** Bytes that ec_init_tables makes of one coefficient. */
  private static final int TABLE = 32;

  private static final String LIBRARY = "libisal.so.2";

  private final Shim shim;
  private final SymbolLookup library;
  private final String version;
  private final Path file;

  private Isal(Shim shim, SymbolLookup library, String version, Path file) {
    this.shim = shim;
    this.library = library;
    this.version = version;
    this.file = file;
  }

  /**
   * The version of the machine's own Debian suite.
   *
   * @param shim the loops
   * @param arena the library stays loaded as long as this is open
   * @return the library
   * @throws UnavailableException if it cannot be fetched or loaded
   */
  public static Isal own(Shim shim, Arena arena) throws UnavailableException {
    return load(shim, arena, Peers.PACKAGES.own(PACKAGE));
  }

  /**
   * The version of the newest Debian suite that can be fetched.
   *
   * @param shim the loops
   * @param arena the library stays loaded as long as this is open
   * @return the library
   * @throws UnavailableException if it cannot be fetched or loaded
   */
  public static Isal newest(Shim shim, Arena arena) throws UnavailableException {
    return load(shim, arena, Peers.PACKAGES.newest(PACKAGE));
  }

  @SuppressWarnings("restricted") // native access is what this is about
  private static Isal load(Shim shim, Arena arena, Unpacked unpacked)
      throws UnavailableException {
    final Path file = unpacked.file(LIBRARY);
    final SymbolLookup library = SymbolLookup.libraryLookup(file, arena);
    return new Isal(shim, library, "ISA-L " + unpacked.version(), file);
  }

  /**
   * The library.
   *
   * @return its file
   */
  public Path file() {
    return file;
  }

  /**
   * Which version.
   *
   * @return for the column of versions
   */
  public String version() {
    return version;
  }

  /**
   * The address of one of its functions.
   *
   * @param name of the function
   * @return its address
   * @throws UnavailableException if this version has none of that name
   */
  public MemorySegment function(String name) throws UnavailableException {
    return library
        .find(name)
        .orElseThrow(
            () -> new UnavailableException("no such function: name=" + name + ", in=" + version));
  }

  /**
   * xor_gen, xor_check, pq_gen or pq_check.
   *
   * @param function its name
   * @param vectors pointers of one set: sources, then what is written or checked
   * @param length bytes of each
   * @param arrays sets of pointers, one after the other
   * @param sets how many sets
   * @return the variant, named after version and function; fails if a check does
   * @throws UnavailableException if this version has none of that name
   */
  public Variant vectors(String function, int vectors, int length, MemorySegment arrays, int sets)
      throws UnavailableException {
    final MemorySegment f = function(function);
    final MethodHandle handle =
        shim.function("loop_vectors", ADDRESS, JAVA_INT, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG);
    final long count = sets;
    return Shim.variant(
        version + ' ' + function,
        n -> (long) handle.invokeExact(f, vectors, length, arrays, count, n));
  }

  /**
   * crc32_iscsi.
   *
   * @param buffers pointers, see {@link Shim#pointers}
   * @param count how many
   * @param length bytes of each
   * @param sum four bytes, gets the sum of all values
   * @return the variant, named after version and function
   * @throws UnavailableException if this version has none of that name
   */
  public Variant crc(MemorySegment buffers, int count, int length, MemorySegment sum)
      throws UnavailableException {
    final MemorySegment f = function("crc32_iscsi");
    final MethodHandle handle =
        shim.function("loop_crc", ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
    final long many = count;
    return Shim.variant(
        version + " crc32_iscsi", n -> (long) handle.invokeExact(f, buffers, many, length, sum, n));
  }

  /**
   * ec_encode_data.
   *
   * @param arena what the tables and arrays belong to
   * @param coefficients row after row
   * @param count data blocks
   * @param length bytes of each
   * @param blocks pointers of the data, then of what is written
   * @return the variant, named after version and function
   * @throws UnavailableException if this version has none of that name
   */
  @SuppressWarnings("restricted") // native access is what this is about
  public Variant encode(
      Arena arena, byte[] coefficients, int count, int length, MemorySegment blocks)
      throws UnavailableException {
    final int rows = coefficients.length / count;
    final MemorySegment tables = arena.allocate((long) TABLE * coefficients.length, TABLE);
    final MethodHandle init =
        Linker.nativeLinker()
            .downcallHandle(
                function("ec_init_tables"),
                FunctionDescriptor.ofVoid(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    try {
      init.invokeExact(count, rows, arena.allocateFrom(JAVA_BYTE, coefficients), tables);
    } catch (Throwable e) {
      throw new IllegalStateException("a call of C failed: function=ec_init_tables", e);
    }
    final MemorySegment f = function("ec_encode_data");
    final MethodHandle handle =
        shim.function(
            "loop_encode",
            ADDRESS,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            ADDRESS,
            ADDRESS,
            ADDRESS,
            JAVA_LONG);
    final MemorySegment written = blocks.asSlice(count * ADDRESS.byteSize());
    return Shim.variant(
        version + " ec_encode_data",
        n -> (long) handle.invokeExact(f, length, count, rows, tables, blocks, written, n));
  }
}
