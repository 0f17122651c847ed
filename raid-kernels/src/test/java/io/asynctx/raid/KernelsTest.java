package io.asynctx.raid;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KernelsTest {
  private static final String MIXED_MODE = "mixed mode, sharing";

  /** A loader as a bundle without the optional import has it. */
  private static final ClassLoader BLIND =
      new ClassLoader(KernelsTest.class.getClassLoader()) {
        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
          if (name.startsWith("jdk.incubator.vector.")) {
            throw new ClassNotFoundException(name);
          }
          return super.loadClass(name, resolve);
        }
      };

  @Test
  void theReasonBeginsWithTheNameOfTheChosenKernels() {
    assertTrue(Kernels.reason().startsWith(Kernels.best().name() + ": "), Kernels.reason());
    assertFalse(Kernels.reason().contains("\n"), Kernels.reason());
  }

  @Test
  void theChoiceIsMadeOnce() {
    assertSame(Kernels.best(), Kernels.best());
    assertSame(Kernels.best(), Kernels.choose("auto"));
  }

  @Test
  void kernelsAreChosenByConfiguredName() {
    assertEquals("scalar", Kernels.choose("scalar").name());
    assertTrue(Kernels.choose("vector").name().startsWith("vector-"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Scalar", "simd"})
  void aNameThatIsNoneIsRefusedWithTheValuesThereAre(String wanted) {
    final String message =
        assertThrows(IllegalArgumentException.class, () -> Kernels.choose(wanted)).getMessage();
    assertEquals("no such kernels: wanted=" + wanted + "; use auto, scalar or vector", message);
  }

  @Test
  void aLoaderThatCannotSeeTheModuleGetsPlainJavaAndTheWayOut() {
    final Kernels.Choice choice = Kernels.decide(BLIND, MIXED_MODE);
    assertEquals("long-64", choice.kernels().name());
    assertTrue(choice.reason().contains("--add-modules jdk.incubator.vector"), choice.reason());
  }

  @ParameterizedTest
  @ValueSource(strings = {"interpreted mode, sharing", "mixed mode, emulated-client, sharing"})
  void withoutC2PlainJavaIsBest(String vmInfo) {
    final Kernels.Choice choice = Kernels.decide(KernelsTest.class.getClassLoader(), vmInfo);
    assertEquals("long-64", choice.kernels().name());
    assertTrue(choice.reason().contains("java.vm.info=" + vmInfo), choice.reason());
  }

  @Test
  void withModuleAndC2TheVectorKernelsAreBest() {
    final Kernels.Choice choice = Kernels.decide(KernelsTest.class.getClassLoader(), MIXED_MODE);
    assertTrue(choice.kernels().name().startsWith("vector-"), choice.reason());
    assertTrue(choice.reason().contains("C2 available"), choice.reason());
  }

  @ParameterizedTest
  @ValueSource(strings = {"scalar", "vector"})
  void warmUpRunsEitherKernelsToItsEnd(String which) {
    Kernels.warmUp(Kernels.choose(which));
    assertFalse(Kernels.warmUp(Kernels.choose(which)), "compiled code is the whole JVM's");
  }

  @Test
  void theBestKernelsAreALadderThatReportsOnceItIsWarm() {
    Kernels.warmUp(Kernels.best());
    assertFalse(Kernels.best().report().isEmpty());
    assertTrue(Kernels.best().report().stream().noneMatch(line -> line.contains("out:")));
  }

  @Test
  void aJvmWithoutTheModuleLoadsNoVectorClass() throws IOException, InterruptedException {
    final String output = ChildJvm.run(ChoiceProbe.class, List.of("-Xlog:class+load:stdout"));
    assertTrue(output.contains("best=long-64"), output);
    assertTrue(output.contains("vector=long-64"), output);
    assertTrue(output.contains("start the JVM with --add-modules jdk.incubator.vector"), output);
    assertTrue(output.contains("io.asynctx.raid.ScalarKernels"), "no class log: " + output);
    assertFalse(output.contains("io.asynctx.raid.Vector"), "a vector class was loaded");
  }

  @ParameterizedTest
  @ValueSource(strings = {"-Xint", "-XX:TieredStopAtLevel=1"})
  void aJvmWithoutC2FallsBackToPlainJava(String option) throws IOException, InterruptedException {
    final String output =
        ChildJvm.run(ChoiceProbe.class, List.of("--add-modules", "jdk.incubator.vector", option));
    assertTrue(output.contains("best=long-64"), output);
    assertTrue(output.contains("vector=vector-"), output);
    assertTrue(output.contains("reason=long-64: C2 is off"), output);
  }
}
