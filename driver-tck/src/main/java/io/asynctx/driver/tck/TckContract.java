package io.asynctx.driver.tck;

import io.asynctx.dmaengine.DmaCap;
import org.jspecify.annotations.Nullable;

/**
 * One contract of the kit.
 *
 * @param id stable, e.g. {@code C1} or {@code D-XOR}
 * @param title what a driver must do, as a sentence
 * @param capability what the channel must have for it to apply; null if it always does
 */
public record TckContract(String id, String title, @Nullable DmaCap capability) {
  @Override
  public String toString() {
    return id + ": " + title;
  }
}
