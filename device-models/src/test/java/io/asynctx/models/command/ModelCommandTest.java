package io.asynctx.models.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(120)
final class ModelCommandTest {
  private static final long WAIT_NANOS = TimeUnit.SECONDS.toNanos(60);

  @TempDir Path folder;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final ModelCommand command =
      new ModelCommand(
          new PrintStream(out, true, StandardCharsets.UTF_8),
          new PrintStream(err, true, StandardCharsets.UTF_8));

  private String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  @Test
  void helpNamesEveryOptionProfileAndFault() throws Exception {
    assertEquals(0, command.run(List.of("--help")));
    for (String word :
        List.of(
            "--profile",
            "--socket",
            "--once",
            "--channels",
            "--latency",
            "--coalesce",
            "--synchronous",
            "--fault",
            "--trace",
            "skx",
            "bwd",
            "bit-flip",
            "vanish",
            "64",
            "descriptors=N",
            "emulated")) {
      assertTrue(out().contains(word), word);
    }
    assertEquals("", err());
    assertTrue(out().lines().allMatch(l -> l.length() <= 110), out());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | no such model: model=; use ioat",
        "dsa | no such model: model=dsa; use ioat",
        "ioat | no profile: use --profile with skx, icx, raid, bwd",
        "ioat --profile raid | no socket: use --socket FILE",
        "ioat --profile z | unknown profile: profile=z; use skx, icx, raid, bwd",
        "ioat --profile | option without a value: option=--profile; see --help",
        "ioat --what | unknown option: option=--what; see --help",
        "ioat --channels x | not a number: option=--channels, value=x",
        "ioat --profile bwd --socket s --channels 9 | channel count out of range: channels=9,"
            + " min=1, max=4",
        "ioat --latency 3 | not a time: option=--latency, value=3; write e.g. 3ms, 200us or 1s",
        "ioat --profile bwd --socket s --latency 11s | latency out of range:"
            + " latencyNanos=11000000000, min=0, max=10000000000",
        "ioat --fault no | unknown fault: fault=no; use one of",
        "ioat --fault halt:x | fault not understood: fault=halt:x, part=x; write NAME",
        "ioat --fault halt:after=x | fault not understood: fault=halt:after=x, part=after=x",
        "ioat --fault halt:when=1 | fault not understood: fault=halt:when=1, part=when=1",
        "ioat --fault halt:every=0 | fault rule out of range: fault=halt, after=0, every=0",
      })
  void wrongWordsAreNamed(String words, String message) throws Exception {
    final List<String> all = words.isEmpty() ? List.of() : List.of(words.split(" "));
    assertEquals(64, command.run(all));
    assertTrue(err().startsWith("asynctx: " + message), err());
    assertTrue(err().contains("usage: asynctx model ioat"), err());
    assertEquals("", out());
  }

  @Test
  void aSocketThatCannotBeMadeIsAFailureOfOneLine() throws Exception {
    final Path nowhere = folder.resolve("no/such/folder");
    assertEquals(
        1, command.run(List.of("ioat", "--profile", "raid", "--socket", nowhere.toString())));
    assertEquals(1, err().lines().count());
    assertTrue(err().contains(nowhere.toString()), err());
  }

  private void awaitSocket(Path socket) {
    final long end = System.nanoTime() + WAIT_NANOS;
    while (!connects(socket)) {
      assertTrue(System.nanoTime() < end, "it does not listen");
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
    }
  }

  private static boolean connects(Path socket) {
    try (SocketChannel peer = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      return Files.exists(socket) && peer.connect(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void onceItEndsWithItsPeerAndSaysHowMuchItDid() throws Exception {
    final Path socket = folder.resolve("ioat");
    final Path trace = folder.resolve("trace");
    final FutureTask<Integer> code =
        new FutureTask<>(() ->
            command.run(
                List.of(
                    ("ioat --profile BWD --once --coalesce --synchronous --latency 200us"
                            + " --channels 2 --fault halt:after=3:times=1 --socket "
                            + socket
                            + " --trace "
                            + trace)
                        .split(" "))));
    new Thread(code, "command").start();
    awaitSocket(socket);
    assertEquals(0, code.get());
    final List<String> lines = out().lines().toList();
    assertEquals(
        "emulated I/OAT: profile=bwd, channels=2, faults=[halt:after=3:times=1], socket=" + socket,
        lines.get(0));
    assertEquals("emulated I/OAT ended: descriptors=0", lines.get(1));
    assertFalse(Files.exists(socket));
    assertTrue(Files.readString(trace).contains("FUNCTION RESET"));
    command.end();
    assertEquals(2, out().lines().count(), "said once");
  }

  @Test
  void aSignalEndsItWithItsNumbers() throws Exception {
    final Path socket = folder.resolve("ioat");
    final Process process =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "ioat",
                "--profile",
                "skx",
                "--socket",
                socket.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("said").toFile())
            .start();
    awaitSocket(socket);
    process.destroy();
    final int code = process.waitFor();
    final String said = Files.readString(folder.resolve("said"));
    assertEquals(0, code, said);
    assertTrue(said.contains("descriptors=0"), said);
    assertFalse(Files.exists(socket));
  }
}
