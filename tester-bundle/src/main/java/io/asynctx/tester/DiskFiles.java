package io.asynctx.tester;

import io.asynctx.dmaengine.dto.Json;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
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

  /** What a file's name ends in until all of them are written. */
  static final String PART = ".part";

  private final Path folder;
  private final boolean temporary;
  private final Layout layout;
  private final List<FileChannel> disks = new ArrayList<>();
  private @Nullable FileChannel recovered;
  private boolean complete;

  /**
   * Opens every file, out of sight: what an earlier run left in the folder is replaced when all is
   * written, and only then.
   *
   * @param temporary whether the folder goes away at {@link #close()}
   */
  DiskFiles(Path folder, boolean temporary, Layout layout) throws IOException {
    this.folder = folder;
    this.temporary = temporary;
    this.layout = layout;
    try {
      for (int disk = 0; disk < layout.disks(); disk++) {
        disks.add(open(part(layout.diskName(disk) + ".bin")));
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

  /** Where the recovered file lies now. */
  Path recovered() {
    return complete ? folder.resolve(RECOVERED) : part(RECOVERED);
  }

  private Path part(String name) {
    return folder.resolve(name + PART);
  }

  /** The names of all files of a layout. */
  static List<String> names(Layout layout) {
    final List<String> names = new ArrayList<>(List.of(RECOVERED, LAYOUT));
    for (int disk = 0; disk < layout.disks(); disk++) {
      names.add(layout.diskName(disk) + ".bin");
    }
    return names;
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
    Files.writeString(part(LAYOUT), Json.of(json) + "\n");
    Files.deleteIfExists(folder.resolve(LAYOUT));
    final List<String> names = names(layout);
    names.remove(LAYOUT);
    names.add(LAYOUT);
    for (String name : names) {
      Files.move(part(name), folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
    }
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
      for (String name : names(layout)) {
        Files.deleteIfExists(part(name));
        if (temporary) {
          Files.deleteIfExists(folder.resolve(name));
        }
      }
      if (temporary) {
        Files.deleteIfExists(folder);
      }
    }
  }
}
