package io.asynctx.tester;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.BundleContext;
import org.osgi.service.cm.ConfigurationAdmin;

/** What the command answers before it needs an engine: nothing here has one. */
class DemoInputTest {

  private final Captured out = new Captured();
  private final Captured err = new Captured();

  @TempDir private Path folder;

  private static <T> T untouched(Class<T> type) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              throw new AssertionError("an engine was looked for: " + method);
            }));
  }

  private int run(String... arguments) throws Exception {
    return new DemoCommand(untouched(BundleContext.class), untouched(ConfigurationAdmin.class))
        .run(List.of(arguments), out.stream(), err.stream(), false);
  }

  private void refused(String reason, String... arguments) throws Exception {
    assertEquals(64, run(arguments));
    assertTrue(err.toString().contains(reason), err::toString);
    assertTrue(err.toString().startsWith("asynctx demo: "), err::toString);
    assertEquals(1, err.toString().lines().count());
    assertEquals("", out.toString());
  }

  private String file(String content) throws Exception {
    return Files.writeString(folder.resolve("file"), content).toString();
  }

  @Test
  void helpIsAResult() throws Exception {
    assertEquals(0, run("--help"));
    assertTrue(out.toString().contains("--corrupt DISK"));
    assertEquals("", err.toString());
  }

  @Test
  void aMissingInputIsRefused() throws Exception {
    refused(
        "input does not exist: file=" + folder.resolve("none"), folder.resolve("none").toString());
  }

  @Test
  void aFolderIsRefused() throws Exception {
    refused("input is a folder: file=" + folder, folder.toString());
  }

  @Test
  void anEmptyFileIsRefusedWithTheReason() throws Exception {
    refused("input is empty", file(""));
  }

  @Test
  void anUnreadableFileIsRefused() throws Exception {
    final Path file = Path.of(file("x"));
    assertTrue(file.toFile().setReadable(false));
    Assumptions.assumeFalse(Files.isReadable(file), "root reads everything");
    refused("input is not readable", file.toString());
  }

  @Test
  void aDeviceIsRefused() throws Exception {
    Assumptions.assumeTrue(Files.exists(Path.of("/dev/zero")), "no /dev/zero here");
    refused("input is no regular file", "/dev/zero");
  }

  @Test
  void anInputThatIsNoPathIsRefused() throws Exception {
    refused("not a path", "a\0b");
  }

  @Test
  void anUnknownOptionIsRefusedNamingTheKnownOnes() throws Exception {
    refused("unknown option: option=--nosuch, known=--corrupt --engine --help", "--nosuch");
  }

  @Test
  void anOptionWithoutItsValueIsRefused() throws Exception {
    refused("option needs a value: option=--out", "--out");
  }

  @Test
  void aSecondFileIsRefused() throws Exception {
    refused("too many arguments: most=1", "a", "b");
  }

  @Test
  void anUnknownDiskIsRefused() throws Exception {
    refused("unknown disk: option=--corrupt, value=X, known=P Q DATA", file("x"), "--corrupt", "X");
  }

  @Test
  void aFileInPlaceOfTheFolderIsRefused() throws Exception {
    refused("cannot make the folder: option=--out", file("x"), "--out", file("x"));
  }

  @Test
  void aFolderUnderAFileIsRefused() throws Exception {
    refused("cannot make the folder: option=--out", file("x"), "--out", file("x") + "/sub");
  }

  @Test
  void jsonWithoutAFolderIsRefused() throws Exception {
    refused("there is no such folder", file("x"), "--json", folder.resolve("no/x.json").toString());
    assertFalse(Files.exists(folder.resolve("no")));
  }

  @Test
  void jsonIntoAFolderIsRefused() throws Exception {
    refused("it is a folder", file("x"), "--json", folder.toString());
  }
}
