package io.asynctx.it;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * What is really in this JVM: classes and instances from a dump of the live heap, native memory
 * from the JVM's own tracking.
 */
final class JvmMemory {

  /** Tags of a heap dump's records, and their sizes: "HPROF Agent", binary format 1.0.2. */
  private static final int STRING = 0x01;

  private static final int LOAD_CLASS = 0x02;
  private static final int ID = Long.BYTES;

  private static final Pattern TRACKED =
      Pattern.compile("-\\s+(\\S[^(\\n]*?) \\(reserved=\\d+KB, committed=(\\d+)KB");
  private static final Pattern COUNTED =
      Pattern.compile("\\s*\\d+:\\s+(\\d+)\\s+\\d+\\s+(\\S+)(?: \\(.*\\))?");

  private JvmMemory() {}

  private static String command(String name, String... arguments) {
    try {
      return (String)
          ManagementFactory.getPlatformMBeanServer()
              .invoke(
                  new ObjectName("com.sun.management:type=DiagnosticCommand"),
                  name,
                  new Object[] {arguments},
                  new String[] {String[].class.getName()});
    } catch (JMException e) {
      throw new AssertionError("no diagnostic command: name=" + name, e);
    }
  }

  /**
   * How often each class of a package is loaded, whether it has instances or not: classes of the
   * same name from several loaders count each.
   */
  static Map<String, Integer> loadedClasses(String prefix) {
    final Path file;
    try {
      file = Files.createTempDirectory("it-heap").resolve("live.hprof");
      ManagementFactory.getPlatformMBeanServer()
          .invoke(
              new ObjectName("com.sun.management:type=HotSpotDiagnostic"),
              "dumpHeap",
              new Object[] {file.toString(), true},
              new String[] {String.class.getName(), boolean.class.getName()});
    } catch (IOException | JMException e) {
      throw new AssertionError("no heap dump", e);
    }
    try {
      return loadedClasses(file, prefix.replace('.', '/'));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      delete(file);
    }
  }

  private static Map<String, Integer> loadedClasses(Path dump, String prefix) throws IOException {
    final Map<Long, String> names = new HashMap<>();
    final Map<String, Integer> loaded = new TreeMap<>();
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(dump), 1 << 20))) {
      skipHeader(in);
      for (int tag = in.read(); tag >= 0; tag = in.read()) {
        in.skipNBytes(Integer.BYTES); // time
        final long length = Integer.toUnsignedLong(in.readInt());
        if (tag == STRING) {
          final long id = in.readLong();
          final byte[] text = in.readNBytes((int) length - ID);
          names.put(id, new String(text, StandardCharsets.UTF_8));
        } else if (tag == LOAD_CLASS) {
          in.skipNBytes(Integer.BYTES + ID + Integer.BYTES); // serial, object, stack trace
          final String name = names.get(in.readLong());
          if (name.startsWith(prefix)) {
            loaded.merge(name.replace('/', '.'), 1, Integer::sum);
          }
        } else {
          in.skipNBytes(length);
        }
      }
    }
    return loaded;
  }

  private static void skipHeader(DataInputStream in) throws IOException {
    int next = in.read();
    while (next > 0) {
      next = in.read(); // the format's name
    }
    if (in.readInt() != ID) {
      throw new IOException("heap dump with short identifiers");
    }
    in.skipNBytes(Long.BYTES); // date
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
      Files.deleteIfExists(file.getParent());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Live instances of the classes whose names begin so, after a collection. */
  static Map<String, Long> instances(String prefix) {
    final Map<String, Long> instances = new TreeMap<>();
    final Matcher line = COUNTED.matcher("");
    command("gcClassHistogram")
        .lines()
        .filter(l -> line.reset(l).matches() && line.group(2).startsWith(prefix))
        .forEach(l -> instances.merge(line.group(2), Long.valueOf(line.group(1)), Long::sum));
    return instances;
  }

  /** Kilobytes the JVM has committed, by what they are for; needs NativeMemoryTracking. */
  static Map<String, Long> committedKilobytes() {
    final Map<String, Long> committed = new TreeMap<>();
    final String text = command("vmNativeMemory", "summary");
    final Matcher part = TRACKED.matcher(text);
    while (part.find()) {
      committed.put(part.group(1).strip(), Long.valueOf(part.group(2)));
    }
    if (committed.isEmpty()) {
      throw new AssertionError("native memory is not tracked: " + text);
    }
    return committed;
  }
}
