package io.asynctx.it;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;
import static org.junit.Assume.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.Test;

/** With everything installed and configured, nothing listens. */
public class SocketIT extends OnPlatform {

  private static final Path PROCESS = Path.of("/proc/self");
  private static final String LISTENING = "0A";
  private static final int LOCAL = 1;
  private static final int STATE = 3;
  private static final int INODE = 9;

  /** Addresses on which this process listens, as Linux writes them. */
  private static List<String> listening() throws IOException {
    final Set<String> mine = new TreeSet<>();
    try (Stream<Path> descriptors = Files.list(PROCESS.resolve("fd"))) {
      for (Path descriptor : descriptors.toList()) {
        if (Files.isSymbolicLink(descriptor)) {
          mine.add(Files.readSymbolicLink(descriptor).toString());
        }
      }
    }
    final List<String> found = new ArrayList<>();
    for (String table : List.of("tcp", "tcp6")) {
      for (String line : Files.readAllLines(PROCESS.resolve("net").resolve(table))) {
        final String[] fields = line.strip().split("\\s+");
        if (fields[STATE].equals(LISTENING) && mine.contains("socket:[" + fields[INODE] + ']')) {
          found.add(fields[LOCAL]);
        }
      }
    }
    return found;
  }

  @Test
  public void nothingListensOnAnySocket() throws Exception {
    assumeTrue("no table of sockets", Files.isReadable(PROCESS.resolve("net/tcp")));
    try (ServerSocket planted = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertTrue("port=" + planted.getLocalPort(), listening().size() == 1);
    }
    platform.engine();
    for (String module :
        List.of(
            Platform.SOFT,
            "driver-dsa",
            "driver-ioat",
            "pci-vfio",
            "tester-bundle",
            "shell-bundle",
            "channel-filter-client")) {
      platform.module(module);
    }
    platform.soft("soft0");
    platform.awaitDevice("soft0");
    assertEquals(List.of(), listening());
  }
}
