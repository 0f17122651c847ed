package io.asynctx.validation.tier;

import io.asynctx.debian.UnavailableException;
import java.util.List;

/** placeholder. */
final class BundlesTier {
  private final Setting setting;

  BundlesTier(Setting setting) {
    this.setting = setting;
  }

  List<Outcome> run(Profile profile)
      throws UnavailableException, NoModelException, InterruptedException {
    throw new UnavailableException("not yet " + setting + profile);
  }
}
