package io.asynctx.it;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import org.junit.Assert;
import org.osgi.framework.Bundle;
import org.osgi.framework.wiring.BundleWiring;

/** Class loaders of bundles that are to go, watched without being kept. */
final class Loaders {

  private final String whose;
  private final List<WeakReference<ClassLoader>> watched = new ArrayList<>();

  Loaders(String whose) {
    this.whose = whose;
  }

  /** Watches the loader that a bundle has now. */
  void watch(Bundle bundle) {
    final ClassLoader loader = bundle.adapt(BundleWiring.class).getClassLoader();
    Assert.assertNotNull("no class loader: bundle=" + bundle, loader);
    watched.add(new WeakReference<>(loader));
  }

  int size() {
    return watched.size();
  }

  /** Waits until every one of them was collected. */
  void awaitCollected() {
    Await.until(
        () -> "loaders collected of " + whose + ", left=" + left() + " of " + watched.size(),
        () -> {
          System.gc();
          return left() == 0;
        });
  }

  private long left() {
    return watched.stream().filter(l -> !l.refersTo(null)).count();
  }
}
