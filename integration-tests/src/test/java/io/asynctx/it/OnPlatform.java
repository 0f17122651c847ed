package io.asynctx.it;

import javax.inject.Inject;
import org.junit.After;
import org.junit.Before;
import org.junit.Rule;
import org.junit.rules.Timeout;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.CoreOptions;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.BundleContext;

/**
 * A test in a framework with API, kernels, engine and kit installed, none of them configured; each
 * test brings what else it needs, and its {@link Platform} takes it back.
 */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public abstract class OnPlatform {

  @Rule public final Timeout limit;

  @Inject protected BundleContext context;
  Platform platform;

  OnPlatform() {
    this(120);
  }

  /** With another limit for each test. */
  OnPlatform(int seconds) {
    limit = Timeout.seconds(seconds);
  }

  @Configuration
  public Option[] config() {
    return CoreOptions.options(
        PlatformOptions.platform("api-bundle", "raid-kernels", "dmaengine-bundle", "driver-tck"));
  }

  @Before
  public void begin() {
    platform = new Platform(context);
  }

  @After
  public void takeEverythingBack() {
    platform.close();
  }
}
