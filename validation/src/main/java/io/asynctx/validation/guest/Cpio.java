package io.asynctx.validation.guest;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Writes an archive as the Linux kernel unpacks it at its start.
 *
 * <p>Threading: one thread.
 *
 * @see "Linux Documentation/driver-api/early-userspace/buffer-format.rst"
 */
final class Cpio implements AutoCloseable {

  private static final int FILE = 0100000;
  private static final int FOLDER = 0040000;
  private static final int LINK = 0120000;
  private static final int ALIGNMENT = 4;

  private final OutputStream out;
  private long written;
  private int inode;

  /**
   * An archive to be written.
   *
   * @param out closed with this
   */
  Cpio(OutputStream out) {
    this.out = out;
  }

  void folder(String name) throws IOException {
    entry(name, FOLDER | 0755, new byte[0]);
  }

  /**
   * A file.
   *
   * @param name its path without a slash before it; its folders are entries that came before
   * @param executable whether it can be run
   * @param content all of it
   */
  void file(String name, boolean executable, byte[] content) throws IOException {
    entry(name, FILE | (executable ? 0755 : 0644), content);
  }

  void link(String name, String target) throws IOException {
    entry(name, LINK | 0777, target.getBytes(StandardCharsets.UTF_8));
  }

  private void entry(String name, int mode, byte[] content) throws IOException {
    final byte[] path = (name + '\0').getBytes(StandardCharsets.UTF_8);
    final int links = (mode & FOLDER) != 0 ? 2 : 1;
    final ByteArrayOutputStream header = new ByteArrayOutputStream();
    header.write("070701".getBytes(StandardCharsets.US_ASCII));
    // inode, mode, uid, gid, links, time, size, device (2), special device (2), name, checksum
    final int[] fields = {
      ++inode, mode, 0, 0, links, 0, content.length, 0, 0, 0, 0, path.length, 0
    };
    for (int field : fields) {
      header.write(String.format(Locale.ROOT, "%08x", field).getBytes(StandardCharsets.US_ASCII));
    }
    write(header.toByteArray());
    write(path);
    pad();
    write(content);
    pad();
  }

  private void write(byte[] bytes) throws IOException {
    out.write(bytes);
    written += bytes.length;
  }

  private void pad() throws IOException {
    write(new byte[(int) (-written & (ALIGNMENT - 1))]);
  }

  @Override
  public void close() throws IOException {
    entry("TRAILER!!!", FILE, new byte[0]);
    out.close();
  }
}
