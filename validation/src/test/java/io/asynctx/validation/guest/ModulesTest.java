package io.asynctx.validation.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.asynctx.debian.UnavailableException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Modules in the order in which a kernel takes them. */
final class ModulesTest {

  @TempDir Path folder;

  @BeforeEach
  void make() throws IOException {
    module("a", "vfio-pci.ko", "vfio_core,virq");
    module("b", "vfio_core.ko", "");
    module("b", "virq.ko", "vfio_core,built_in");
    module("c", "circle.ko", "circle");
  }

  private void module(String where, String name, String needs) throws IOException {
    final Path file = Files.createDirectories(folder.resolve(where)).resolve(name);
    final String text = "ELF\0license=GPL\0depends=" + needs + "\0name=x\0";
    Files.write(file, text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private List<String> order(String... names) throws UnavailableException {
    return new Modules(List.of(folder), folder)
        .inOrder(List.of(names)).stream().map(f -> String.valueOf(f.getFileName())).toList();
  }

  @Test
  void whatIsNeededComesFirstAndOnceAndWhatIsBuiltInIsLeftOut() throws UnavailableException {
    assertEquals(List.of("vfio_core.ko", "virq.ko", "vfio-pci.ko"), order("vfio_pci", "virq"));
    assertEquals(List.of("vfio_core.ko", "virq.ko", "vfio-pci.ko"), order("vfio-pci"));
    assertEquals(List.of(), order("built_in"));
  }

  @Test
  void aModuleThatNeedsItselfIsLoadedOnce() throws UnavailableException {
    assertEquals(List.of("circle.ko"), order("circle"));
  }

  @Test
  void theScriptLoadsThemInOrder() throws UnavailableException {
    assertEquals(
        "insmod /modules/vfio_core.ko\ninsmod /modules/virq.ko\n",
        Initramfs.load(new Modules(List.of(folder), folder).inOrder(List.of("virq"))));
  }
}
