package io.asynctx.validation.tier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The model's process, played by scripts. */
@DisabledOnOs(OS.WINDOWS)
final class ModelProcessTest {

  @TempDir Path folder;

  private ModelProcess start(String script) throws Exception {
    final Path launcher = Files.writeString(folder.resolve("asynctx"), "#!/bin/sh\n" + script);
    Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwx------"));
    return ModelProcess.start(
        launcher, Profile.BWD, List.of("--fault", "x"), folder.resolve("model.log"));
  }

  @Test
  void aModelThatDoesNotListenIsNoModel() {
    final String message =
        assertThrows(NoModelException.class, () -> start("echo 'unknown command'; exit 64"))
            .getMessage();
    assertTrue(
        message.contains("no channel: the model does not listen: exit=64, said=unknown command"),
        message);
  }

  @Test
  void aLauncherThatIsNotThereIsNoModel() {
    assertThrows(
        NoModelException.class,
        () ->
            ModelProcess.start(
                folder.resolve("nothing"), Profile.SKX, List.of(), folder.resolve("log")));
  }

  @Test
  void itIsToldItsPartAndEndedAndCounted() throws Exception {
    final ModelProcess model =
        start(
            """
            trap 'echo "emulated I/OAT ended: descriptors=123"; exit 0' TERM
            echo "$@"
            echo descriptors=1
            touch "$6"
            while :; do sleep 0.1; done
            """);
    assertTrue(Files.exists(model.socket()));
    assertEquals(123, model.end());
    assertFalse(Files.exists(model.socket()));
    assertTrue(said().startsWith("model ioat --profile bwd --socket "), said());
    assertTrue(said().contains(" --fault x"), said());
  }

  @Test
  void aModelThatSaysNoCountHasNone() throws Exception {
    assertEquals(-1, start("touch \"$6\"; exec sleep 60").end());
  }

  private String said() throws IOException {
    return Files.readString(folder.resolve("model.log"));
  }
}
