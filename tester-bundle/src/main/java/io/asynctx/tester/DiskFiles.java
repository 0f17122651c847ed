package io.asynctx.tester;

import io.asynctx.dmaengine.dto.Json;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The array's disks as raw files in a folder, and the file recovered from them. {@code layout.json}
 * is written last: a folder without it is not whole.
 *
 * <p>Threading: one thread.
 */
final class DiskFiles implements AutoCloseable {

  private static final String RECOVERED = "recovered.bin";
  private static final String LAYOUT = "layout.json";

  private final Path folder;
  private final boolean temporary;
  private final Layout layout;
  private final List<FileChannel> disks = new ArrayList<>();
  private @Nullable FileChannel recovered;
  private boolean complete;

  /**
   * Opens, or empties, every file.
   *
   * @param temporary whether the folder goes away at {@link #close()}
   */
  DiskFiles(Path folder, boolean temporary, Layout layout) throws IOException {
    this.folder = folder;
    this.temporary = temporary;
    this.layout = layout;
    try {
      Files.deleteIfExists(folder.resolve(LAYOUT));
      for (int disk = 0; disk < layout.disks(); disk++) {
        disks.add(open(folder.resolve(layout.diskName(disk) + ".bin")));
      }
      recovered = open(recovered());
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  private static FileChannel open(Path file) throws IOException {
    return FileChannel.open(
        file,
        StandardOpenOption.CREATE,
        StandardOpenOption.TRUNCATE_EXISTING,
        StandardOpenOption.WRITE);
  }

  Path recovered() {
    return folder.resolve(RECOVERED);
  }

  /** Writes one block of one disk. */
  void block(long stripe, int disk, MemorySegment block) throws IOException {
    write(disks.get(disk), layout.diskName(disk) + ".bin", layout.diskOffset(stripe), block);
  }

  /** Writes bytes of the recovered file. */
  void recovered(long at, MemorySegment bytes) throws IOException {
    write(Objects.requireNonNull(recovered, "open() first"), RECOVERED, at, bytes);
  }

  private void write(FileChannel file, String name, long at, MemorySegment bytes)
      throws IOException {
    final ByteBuffer buffer = bytes.asByteBuffer();
    try {
      for (long position = at; buffer.hasRemaining(); ) {
        position += file.write(buffer, position);
      }
    } catch (IOException e) {
      throw new IOException(
          "writing failed: file=%s, offset=%d, bytes=%d, free=%s, reason=%s; free some space, or choose another folder with --out"
              .formatted(
                  folder.resolve(name),
                  at,
                  bytes.byteSize(),
                  Progress.size(folder.toFile().getUsableSpace()),
                  e.getMessage()),
          e);
    }
  }

  private record LayoutJson(int blockSize, int dataDisks, long stripes, long inputBytes) {}

  /** Everything is written: closes the files and says how they belong together. */
  void complete() throws IOException {
    closeChannels();
    final LayoutJson json =
        new LayoutJson(
            layout.blockSize(), layout.dataDisks(), layout.stripes(), layout.inputBytes());
    Files.writeString(folder.resolve(LAYOUT), Json.of(json) + "\n");
    complete = true;
  }

  private void closeChannels() throws IOException {
    IOException failed = null;
    for (FileChannel channel : channels()) {
      try {
        channel.close();
      } catch (IOException e) {
        failed = e;
      }
    }
    if (failed != null) {
      throw failed;
    }
  }

  private List<FileChannel> channels() {
    final List<FileChannel> all = new ArrayList<>(disks);
    if (recovered != null) {
      all.add(recovered);
    }
    return all;
  }

  /** Closes; takes away what is temporary, or was not completed. */
  @Override
  public void close() throws IOException {
    try {
      closeChannels();
    } finally {
      if (temporary || !complete) {
        for (int disk = 0; disk < layout.disks(); disk++) {
          Files.deleteIfExists(folder.resolve(layout.diskName(disk) + ".bin"));
        }
        Files.deleteIfExists(recovered());
        Files.deleteIfExists(folder.resolve(LAYOUT));
      }
      if (temporary) {
        Files.deleteIfExists(folder);
      }
    }
  }
}
