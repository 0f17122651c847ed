package io.asynctx.it;

import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.CoreOptions;
import org.ops4j.pax.exam.Option;

/** The same in a JVM of its own, as the distribution runs. */
public class StartForkedIT extends StartIT {
  @Override
  @Configuration
  public Option[] config() {
    return CoreOptions.options(CoreOptions.composite(super.config()), PlatformOptions.forked());
  }
}
