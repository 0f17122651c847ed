package io.asynctx.bench.peer;

import io.asynctx.debian.Cache;
import io.asynctx.debian.DebianPackages;

/** Where fetched and compiled peers stay: a folder of the user's cache. */
final class Peers {

  static final Cache CACHE = Cache.of("bench");
  static final DebianPackages PACKAGES = new DebianPackages(CACHE);

  private Peers() {}
}
