package io.asynctx.driver.isal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IsalLibraryTest {
  /** Long enough that a close finds a call inside. */
  private static final int LONG_BYTES = 64 << 20;

  private final List<Arena> arenas = new ArrayList<>();

  private static UnusableException refusal(String library, IsalLibrary.Loader loader) {
    return assertThrows(UnusableException.class, () -> IsalLibrary.open(library, loader));
  }

  private static void assertHas(String text, String... parts) {
    for (String part : parts) {
      assertTrue(text.contains(part), "missing: " + part + " in: " + text);
    }
  }

  private SymbolLookup missing(String name, Arena arena) {
    arenas.add(arena);
    throw new IllegalArgumentException("Cannot open library: " + name);
  }

  @Test
  void absentLibrarySaysWhatWasTriedAndHowToGetIt() {
    final UnusableException usual = refusal("", this::missing);
    assertHas(usual.reason(), "libisal.so.2", "libisal.so", "cannot be loaded");
    assertHas(usual.remedy(), "apt-get install libisal2", "library=PATH", IsalDriver.PID + '~');
    assertEquals(IsalLibrary.NAMES.size(), arenas.size(), "each name was tried");
    assertHas(refusal("/nowhere/libisal.so", this::missing).reason(), "tried=/nowhere/libisal.so");
    assertTrue(arenas.stream().noneMatch(a -> a.scope().isAlive()), "arenas left open");
  }

  @Test
  void fileThatIsNoLibraryIsRefusedByTheRealLoader(@TempDir Path folder) {
    final String file = folder.resolve("libisal.so.2").toString();
    final UnusableException e = assertThrows(UnusableException.class, () -> IsalLibrary.open(file));
    assertHas(e.reason(), "library=" + file);
  }

  @Test
  void libraryWithoutAnyOfTheFunctionsIsRefused() {
    final UnusableException e =
        refusal(
            "libother.so",
            (name, arena) -> {
              arenas.add(arena);
              return symbol -> Optional.empty();
            });
    assertHas(e.reason(), "libother.so", "xor_gen", "pq_gen");
    assertFalse(arenas.getFirst().scope().isAlive());
  }

  @Test
  void libraryWithSomeOfTheFunctionsHasThoseOnly() throws UnusableException {
    final MemorySegment somewhere = MemorySegment.ofAddress(4096);
    final IsalLibrary library =
        IsalLibrary.open(
            "libpart.so",
            (name, arena) ->
                symbol -> symbol.startsWith("pq") ? Optional.of(somewhere) : Optional.empty());
    try (library) {
      assertEquals(Set.of(IsalFunction.PQ_GEN, IsalFunction.PQ_CHECK), library.functions());
      assertEquals("libpart.so", library.name());
    }
  }

  @Test
  void deniedNativeAccessIsAFindingWithTheOption() {
    final UnusableException e =
        refusal(
            "",
            (name, arena) -> {
              arenas.add(arena);
              throw new IllegalCallerException("Illegal native access from unnamed module");
            });
    assertHas(e.reason(), "Illegal native access");
    assertHas(e.remedy(), "--enable-native-access=ALL-UNNAMED");
    assertFalse(arenas.getFirst().scope().isAlive());
  }

  @Test
  void fileOfALibraryIsReadFromTheMemoryMap() {
    final List<String> maps =
        List.of(
            "7f0000001000-7f0000002000 r--p 00000000 fe:00 77     /usr/lib/libisal.so.2.0.30",
            "7f0000002000-7f0000009000 r-xp 00001000 fe:00 77     /usr/lib/with blank/libisal.so",
            "7ffff0000000-7ffff0001000 rw-p 00000000 00:00 0 ",
            "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0      [vsyscall]");
    assertEquals("/usr/lib/libisal.so.2.0.30", LoadedFile.in(maps, 0x7f0000001fffL, "?"));
    assertEquals("/usr/lib/with blank/libisal.so", LoadedFile.in(maps, 0x7f0000002000L, "?"));
    assertEquals("?", LoadedFile.in(maps, 0x7f0000009000L, "?"));
    assertEquals("", LoadedFile.in(maps, 0x7ffff0000000L, "?"));
    assertEquals("[vsyscall]", LoadedFile.in(maps, 0xffffffffff600000L, "?"));
  }

  @Test
  void lastHoldUnloadsTheLibrary() throws UnusableException {
    final IsalLibrary first = Installed.open();
    final long address = address(first);
    final String file = LoadedFile.at(address, "?");
    assertHas(file, "isal");
    final IsalLibrary second = IsalLibrary.open(first.name());
    assertEquals(address, address(second), "the same library");
    first.close();
    assertEquals(file, LoadedFile.at(address, "?"), "unloaded under a hold");
    second.close();
    assertEquals("?", LoadedFile.at(address, "?"), "still loaded");
    assertThrows(
        IllegalStateException.class,
        () -> second.call(second.function(IsalFunction.PQ_GEN), 4, 64, 0));
  }

  private static long address(IsalLibrary library) {
    final MemorySegment function = library.function(IsalFunction.PQ_GEN);
    assertNotNull(function);
    return function.address();
  }

  /** Whichever of the two comes first, nothing crashes, and in the end the library is gone. */
  @Test
  void libraryClosedAroundACallIsLetGoOfWhenTheCallComesBack() throws Exception {
    final List<Throwable> ended = new ArrayList<>();
    try (Arena arena = Arena.ofShared()) {
      final long bytes = arena.allocate(LONG_BYTES, 64).address();
      for (int round = 0; round < 10; round++) {
        final IsalLibrary library = Installed.open();
        final MemorySegment crc = library.function(IsalFunction.CRC32C);
        final CountDownLatch calling = new CountDownLatch(1);
        final Thread caller =
            Thread.ofPlatform()
                .start(() -> {
                  try {
                    while (true) {
                      library.crc(crc, bytes, LONG_BYTES, 0);
                      calling.countDown();
                    }
                  } catch (IllegalStateException e) {
                    ended.add(e);
                  }
                });
        calling.await();
        library.close();
        caller.join();
        assertEquals(round + 1, ended.size(), "a call after the close is refused");
        assertFalse(crc.scope().isAlive(), "the hold is still there");
      }
    }
  }
}
