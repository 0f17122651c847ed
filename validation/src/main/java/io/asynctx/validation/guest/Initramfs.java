package io.asynctx.validation.guest;

import io.asynctx.debian.UnavailableException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * The file system of a guest, all of it in memory: busybox, kernel modules, what a check needs, and
 * a script that runs and then powers the guest off.
 *
 * <p>Threading: one thread.
 */
public final class Initramfs {

  /** Last line of a guest whose script came to its end. */
  public static final String DONE = "asynctx:done";

  private static final String HEAD =
      """
      #!/bin/busybox sh
      /bin/busybox --install -s /bin
      export PATH=/bin
      mount -t proc proc /proc
      mount -t sysfs sys /sys
      mount -t devtmpfs dev /dev
      chmod 755 /
      ulimit -c 0
      echo asynctx:ready
      """;
  private static final String TAIL =
      """
      echo asynctx:log-begins
      dmesg
      echo asynctx:log-ends
      echo asynctx:done
      poweroff -f
      """;

  private final Map<String, Path> files = new TreeMap<>();
  private final Map<String, String> links = new TreeMap<>();

  /**
   * One that holds nothing but busybox yet.
   *
   * @param busybox a program that needs no library
   */
  public Initramfs(Path busybox) {
    file("bin/busybox", busybox);
  }

  /**
   * Adds a file.
   *
   * @param name where it will be, without a slash before it
   * @param content the file whose bytes it gets
   * @return this
   */
  public Initramfs file(String name, Path content) {
    files.put(name, content);
    return this;
  }

  /**
   * Adds a symbolic link.
   *
   * @param name where it will be, without a slash before it
   * @param target what it points to
   * @return this
   */
  public Initramfs link(String name, String target) {
    links.put(name, target);
    return this;
  }

  /**
   * Adds all files of a folder and of the folders in it. Links become what they point to.
   *
   * @param name where the folder will be, without a slash before it
   * @param folder the folder
   * @return this
   * @throws UnavailableException if it cannot be read
   */
  public Initramfs folder(String name, Path folder) throws UnavailableException {
    try (Stream<Path> all = Files.walk(folder)) {
      all.filter(Files::isRegularFile).forEach(f -> file(name + '/' + folder.relativize(f), f));
      return this;
    } catch (IOException e) {
      throw new UnavailableException("cannot be read: folder=" + folder + ", " + e, e);
    }
  }

  /**
   * Adds the files of a folder, but not of the folders in it. Links become what they point to.
   *
   * @param name where they will be, without a slash before it
   * @param folder the folder
   * @return this
   * @throws UnavailableException if it cannot be read
   */
  public Initramfs flat(String name, Path folder) throws UnavailableException {
    try (Stream<Path> all = Files.list(folder)) {
      all.filter(Files::isRegularFile).forEach(f -> file(name + '/' + f.getFileName(), f));
      return this;
    } catch (IOException e) {
      throw new UnavailableException("cannot be read: folder=" + folder + ", " + e, e);
    }
  }

  /**
   * Adds kernel modules, which the script finds in /modules.
   *
   * @param all in the order in which they can be loaded
   * @return this
   */
  public Initramfs modules(List<Path> all) {
    for (Path module : all) {
      final String name = String.valueOf(module.getFileName());
      files.put("modules/" + name, module);
    }
    return this;
  }

  /**
   * Lines of a script that load modules.
   *
   * @param all in the order in which they can be loaded
   * @return one line for each
   */
  public static String load(List<Path> all) {
    return all.stream()
        .map(m -> "insmod /modules/" + m.getFileName() + '\n')
        .collect(Collectors.joining());
  }

  /**
   * Writes it.
   *
   * @param archive the file to write, compressed
   * @param script what the guest does
   * @throws UnavailableException if something that goes into it cannot be read, or it cannot be
   *     written
   */
  public void write(Path archive, String script) throws UnavailableException {
    try (OutputStream out = Files.newOutputStream(archive);
        Cpio cpio = new Cpio(new Fast(out))) {
      for (String folder : folders()) {
        cpio.folder(folder);
      }
      for (Map.Entry<String, Path> file : files.entrySet()) {
        final Path from = file.getValue();
        cpio.file(file.getKey(), Files.isExecutable(from), Files.readAllBytes(from));
      }
      for (Map.Entry<String, String> link : links.entrySet()) {
        cpio.link(link.getKey(), link.getValue());
      }
      final String init = HEAD + script + TAIL;
      cpio.file("init", true, init.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UnavailableException("guest cannot be made: file=" + archive + ", " + e, e);
    }
  }

  private TreeSet<String> folders() {
    final TreeSet<String> folders =
        new TreeSet<>(List.of("bin", "dev", "etc", "modules", "proc", "sys", "tmp"));
    Stream.concat(files.keySet().stream(), links.keySet().stream())
        .forEach(name -> {
          for (int i = name.indexOf('/'); i > 0; i = name.indexOf('/', i + 1)) {
            folders.add(name.substring(0, i));
          }
        });
    return folders;
  }

  /** Little effort: it is unpacked at once. */
  private static final class Fast extends GZIPOutputStream {
    Fast(OutputStream out) throws IOException {
      super(out, 1 << 16);
      def.setLevel(Deflater.BEST_SPEED);
    }
  }
}
