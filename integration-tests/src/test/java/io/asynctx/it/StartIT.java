package io.asynctx.it;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotNull;

import java.util.Arrays;
import java.util.List;
import javax.inject.Inject;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.CoreOptions;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;

/** Every bundle of ours resolves and starts. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class StartIT {
  @Inject protected BundleContext context;

  @Configuration
  public Option[] config() {
    return CoreOptions.options(
        PlatformOptions.platform("api-bundle", "raid-kernels", "dmaengine-bundle"));
  }

  @Test
  public void everyBundleIsActive() {
    List<String> idle =
        Arrays.stream(context.getBundles())
            .filter(b -> b.getState() != Bundle.ACTIVE)
            .map(Bundle::toString)
            .toList();
    assertEquals(List.of(), idle);
  }

  @Test
  public void kernelsSeeTheVectorModule() throws Exception {
    assertNotNull(bundle("io.asynctx.raid").loadClass("jdk.incubator.vector.LongVector"));
  }

  private Bundle bundle(String symbolicName) {
    return Arrays.stream(context.getBundles())
        .filter(b -> symbolicName.equals(b.getSymbolicName()))
        .findFirst()
        .orElseThrow(() -> new AssertionError("not installed: bundle=" + symbolicName));
  }
}
