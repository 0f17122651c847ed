package io.asynctx.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs the built folder as a user does. */
final class DistributionIT {
  /** Prints version and state (32: active) of the planted bundle, nothing without it. */
  private static final String HOT =
      "each ($.context getBundles) { if { ($it getSymbolicName) equals t.hot }"
          + " { echo version ($it getVersion) state ($it getState) } }\n";

  @TempDir private Path scratch;

  @Test
  void scriptPrintsResultsAloneOnStandardOutput() throws Exception {
    try (Instance instance = Instance.start(scratch, "")) {
      int code = instance.end("# a comment\n\necho one\neach [1 2] {\n  echo two\n}\n");
      assertEquals("one\ntwo\ntwo\n", instance.out(), instance::toString);
      assertEquals(0, code);
    }
  }

  @Test
  void scriptGoesOnAfterFailedLineAndExitsWithOne() throws Exception {
    try (Instance instance = Instance.start(scratch, "")) {
      int code = instance.end("no:such\necho later\n");
      assertEquals("later\n", instance.out(), instance::toString);
      assertTrue(instance.err().contains("no:such: Command not found"), instance::toString);
      assertEquals(1, code);
    }
  }

  @Test
  void scriptThatEndsWithinCommandFails() throws Exception {
    try (Instance instance = Instance.start(scratch, "")) {
      assertEquals(1, instance.end("each [1 2] {\n"));
    }
  }

  @Test
  void unknownCommandIsUsageError() throws Exception {
    try (Instance instance = Instance.start(scratch, "", "nonsense")) {
      assertEquals(64, instance.end());
      assertEquals("", instance.out());
      assertTrue(instance.err().contains("unknown command: name=nonsense"), instance::toString);
      assertTrue(instance.err().contains("usage: asynctx"), instance::toString);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mutants", "bench"})
  void whatNeedsSourcesSaysSo(String word) throws Exception {
    try (Instance instance = Instance.start(scratch, "", word, "--list")) {
      assertEquals(64, instance.end());
      assertEquals("", instance.out());
      assertTrue(
          instance.err().contains("./asynctx " + word + " in the source tree"), instance::err);
    }
  }

  @Test
  void classesOfAnEarlierStartAreShared() throws Exception {
    try (Instance first = Instance.start(scratch, "")) {
      assertEquals(0, first.end("echo a"), first::toString);
    }
    try (Instance second = Instance.start(scratch, "-Xlog:class+load:stderr")) {
      assertEquals(0, second.end("echo a"), second::toString);
      assertEquals("a\n", second.out());
      assertTrue(
          second
              .err()
              .contains("org.apache.felix.framework.Felix source: shared objects file (top)"),
          second::toString);
    }
  }

  @Test
  void helpIsNoError() throws Exception {
    try (Instance instance = Instance.start(scratch, "", "--help")) {
      assertEquals(0, instance.end());
      assertTrue(instance.out().contains("usage: asynctx"), instance::toString);
    }
  }

  @Test
  void everyBundleStartsAndTheCacheGoes() throws Exception {
    try (Instance instance = Instance.start(scratch, "")) {
      int code = instance.end("lb -s\n");
      assertEquals(0, code);
      List<String> idle =
          instance
              .out()
              .lines()
              .filter(l -> l.contains("Resolved") || l.contains("Installed"))
              .filter(l -> !l.contains("gogo.jline"))
              .toList();
      assertEquals(List.of(), idle, instance::toString);
    }
    try (Stream<Path> left = Files.list(scratch)) {
      assertTrue(left.noneMatch(f -> f.getFileName().toString().startsWith("asynctx-")));
    }
  }

  @Test
  void kernelsSeeTheVectorModule() throws Exception {
    try (Instance instance = Instance.start(scratch, "")) {
      instance.end(
          "each ($.context getBundles) { if { ($it getSymbolicName) equals io.asynctx.raid }"
              + " { echo ($it loadClass jdk.incubator.vector.LongVector) } }\n");
      assertTrue(instance.out().contains("jdk.incubator.vector.LongVector"), instance::toString);
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void nothingListens() throws Exception {
    try (Instance instance = Instance.start(scratch, "")) {
      instance.await("echo up\n", "up\n"::equals);
      Set<String> sockets = socketsOf(instance.pid());
      Set<String> listening = new TreeSet<>(listeningInodes());
      listening.retainAll(sockets);
      assertEquals(Set.of(), listening);
      assertEquals(0, instance.end());
    }
  }

  private static Set<String> socketsOf(long pid) throws IOException {
    Set<String> inodes = new HashSet<>();
    try (Stream<Path> files = Files.list(Path.of("/proc/" + pid + "/fd"))) {
      for (Path file : files.toList()) {
        String target = Files.isSymbolicLink(file) ? Files.readSymbolicLink(file).toString() : "";
        if (target.startsWith("socket:[")) {
          inodes.add(target.substring(8, target.length() - 1));
        }
      }
    }
    return inodes;
  }

  /** Listening TCP sockets, any UDP socket, listening Unix sockets. */
  private static Set<String> listeningInodes() throws IOException {
    Set<String> inodes = new HashSet<>();
    for (String table : List.of("tcp", "tcp6", "udp", "udp6")) {
      Path file = Path.of("/proc/net/" + table);
      if (Files.exists(file)) {
        for (String line : Files.readAllLines(file)) {
          String[] words = line.strip().split("\\s+");
          if (table.startsWith("udp") || words[3].equals("0A")) {
            inodes.add(words[9]);
          }
        }
      }
    }
    for (String line : Files.readAllLines(Path.of("/proc/net/unix"))) {
      String[] words = line.strip().split("\\s+");
      if (words[3].equals("00010000")) { // __SO_ACCEPTCON
        inodes.add(words[6]);
      }
    }
    return inodes;
  }

  @Test
  void deployFolderInstallsUpdatesAndUninstalls() throws Exception {
    Path deploy = Files.createDirectory(scratch.resolve("deploy"));
    try (Instance instance = Instance.start(scratch, "-Dfelix.fileinstall.dir=" + deploy)) {
      place(deploy, "1.0.0");
      instance.await(HOT, "version 1.0.0 state 32\n"::equals);
      place(deploy, "2.0.0");
      instance.await(HOT, "version 2.0.0 state 32\n"::equals);
      Files.delete(deploy.resolve("hot.jar"));
      instance.await(HOT, String::isEmpty);
      assertEquals(0, instance.end(), instance::toString);
    }
  }

  @Test
  void optionalDriverIsDeployedByACopyAndItsReportSaysWhatItLacks() throws Exception {
    Path deploy = Files.createDirectory(scratch.resolve("deploy"));
    Files.writeString(
        deploy.resolve("io.asynctx.driver.isal-isal0.cfg"),
        "dma.device=isal0\nlibrary=/nowhere/libisal.so.2\n");
    try (Instance instance = Instance.start(scratch, "-Dfelix.fileinstall.dir=" + deploy)) {
      instance.await("dma:doctor\n", doctor -> doctor.contains("driver soft"));
      instance.await("dma:doctor\n", doctor -> !doctor.contains("isal"));
      try (Stream<Path> optional = Files.list(Instance.FOLDER.resolve("optional"))) {
        Path jar = optional.findFirst().orElseThrow();
        Path copied = Files.copy(jar, scratch.resolve("made.jar"));
        Files.move(copied, deploy.resolve(jar.getFileName()));
      }
      instance.await(
          "dma:doctor\n",
          doctor ->
              doctor.contains("isal0: ISA-L cannot be loaded: library=/nowhere/libisal.so.2")
                  && doctor.contains("apt-get install libisal2"));
      instance.await("dma:devices\n", devices -> !devices.contains("isal0/"));
      instance.end();
      assertFalse(instance.err().contains("Exception"), instance::toString);
    }
  }

  private void place(Path deploy, String version) throws IOException {
    Manifest manifest = new Manifest();
    Attributes attributes = manifest.getMainAttributes();
    attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    attributes.putValue("Bundle-ManifestVersion", "2");
    attributes.putValue("Bundle-SymbolicName", "t.hot");
    attributes.putValue("Bundle-Version", version);
    Path made = scratch.resolve("made.jar");
    new JarOutputStream(Files.newOutputStream(made), manifest).close();
    Files.move(made, deploy.resolve("hot.jar"), StandardCopyOption.REPLACE_EXISTING);
  }

  @Test
  void configurationFilesBecomeFactoryConfigurations() throws Exception {
    try (Instance instance = Instance.start(scratch, "")) {
      instance.send(
          "admin = ($.context getService ($.context getServiceReference"
              + " org.osgi.service.cm.ConfigurationAdmin))\n");
      instance.await(
          "each ($admin listConfigurations null) { echo ($it getPid) }\n",
          pids ->
              pids.contains("io.asynctx.engine~default")
                  && pids.contains("io.asynctx.driver.soft~soft0")
                  && pids.contains("io.asynctx.driver.isal~isal0"));
      assertEquals(0, instance.end(), instance::toString);
    }
  }

  @Test
  void everyForeignJarIsListedWithItsLicence() throws Exception {
    Set<String> shipped = new TreeSet<>();
    for (String part : List.of("boot", "bundles", "optional")) {
      try (Stream<Path> jars = Files.list(Instance.FOLDER.resolve(part))) {
        for (Path jar : jars.toList()) {
          if (!ours(jar)) {
            shipped.add(jar.getFileName().toString());
          }
        }
      }
    }
    Set<String> listed = new TreeSet<>();
    for (String line : Files.readAllLines(Instance.FOLDER.resolve("THIRD-PARTY.txt"))) {
      String[] words = line.split(" +", 3);
      if (words.length == 3 && Character.isDigit(words[1].charAt(0))) {
        assertFalse(words[2].isBlank(), line);
        listed.add(words[0] + "-" + words[1] + ".jar");
      }
    }
    assertEquals(shipped, listed);
  }

  private static boolean ours(Path jar) throws IOException {
    try (JarFile file = new JarFile(jar.toFile())) {
      return file.stream().anyMatch(e -> e.getName().startsWith("META-INF/maven/io.asynctx/"));
    }
  }

  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void startScriptIsExecutableInTheArchive() throws Exception {
    String name = Instance.FOLDER.getFileName().toString();
    Process tar =
        new ProcessBuilder("tar", "-tvzf", Instance.FOLDER + ".tar.gz", name + "/bin/asynctx")
            .redirectErrorStream(true)
            .start();
    String listing =
        new String(tar.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    assertTrue(listing.startsWith("-rwxr-xr-x"), listing);
    assertTrue(Files.isExecutable(Instance.FOLDER.resolve("bin/asynctx")));
  }
}
