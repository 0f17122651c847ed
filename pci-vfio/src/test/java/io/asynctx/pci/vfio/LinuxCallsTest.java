package io.asynctx.pci.vfio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The real calls on what any Linux has: files and counters. */
@EnabledOnOs(OS.LINUX)
final class LinuxCallsTest {

  private final LinuxCalls calls = new LinuxCalls();

  @TempDir Path folder;

  @Test
  void aFileIsReadWrittenAndMapped() throws IOException {
    final Path file = Files.write(folder.resolve("file"), new byte[8192]);
    final int fd = calls.open(file.toString());
    assertTrue(fd > 2, "fd=" + fd);
    try (Arena arena = Arena.ofConfined()) {
      final MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_INT, 0x01020304);
      assertEquals(4, calls.pwrite(fd, bytes, 4096));
      final MemorySegment back = arena.allocate(4);
      assertEquals(4, calls.pread(fd, back, 4096));
      assertEquals(-1, bytes.mismatch(back));
      final long address = calls.mmap(fd, 4096, 4096);
      assertTrue(address > 0, "address=" + address);
      assertEquals(0x01020304, at(address).get(ValueLayout.JAVA_INT, 0));
      assertEquals(0, calls.munmap(address, 4096));
      assertEquals(-Errno.EINVAL, calls.mmap(fd, 4096, 1), "an offset that is no page");
    }
    assertEquals(-Errno.ENOTTY, calls.ioctl(fd, Vfio.GET_API_VERSION, 0));
    assertEquals(0, calls.close(fd));
    assertEquals("errno(9)", Errno.name(calls.close(fd)));
  }

  @SuppressWarnings("restricted") // what mmap gave
  private static MemorySegment at(long address) {
    return MemorySegment.ofAddress(address).reinterpret(4096);
  }

  @Test
  void aFileThatIsNotThereIsTheErrorOfTheKernel() {
    assertEquals(-Errno.ENOENT, calls.open(folder.resolve("nothing").toString()));
  }

  @Test
  void aCounterIsWaitedForAndTakenWhole() throws InterruptedException {
    final EventCounter counter = EventCounter.open(calls);
    final EventCounter other = EventCounter.open(calls);
    assertFalse(counter.await(1_000_000));
    assertFalse(counter.isSignalled());
    counter.signal();
    counter.signal();
    EventCounter.awaitAny(calls, List.of(other, counter), 60_000);
    assertTrue(counter.isSignalled());
    assertTrue(counter.await(0));
    assertFalse(counter.await(0));
    counter.signal();
    counter.drain();
    assertFalse(counter.isSignalled());
    counter.close();
    counter.signal();
    assertFalse(counter.await(0));
    other.close();
  }
}
