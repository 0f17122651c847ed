package io.asynctx.bench.engine;

import io.asynctx.async.AsyncTx;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaClient;
import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.DmaEngine;
import io.asynctx.dmaengine.DmaState;
import io.asynctx.dmaengine.DmaStateClient;
import io.asynctx.dmaengine.admin.DmaInspector;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.apache.felix.framework.FrameworkFactory;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.launch.Framework;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.util.tracker.ServiceTracker;

/**
 * A framework with the engine and the software driver as the distribution has them: the same
 * bundles, configured through Configuration Admin. The API comes from the class path, so that what
 * measures can call it.
 *
 * <p>Threading: started, used and closed by one thread; what it hands out is of the API.
 */
final class EngineHost implements AutoCloseable {

  private static final String SOFT_PID = "io.asynctx.driver.soft";
  private static final long WAIT_MILLIS = 120_000;
  private static final long LOOK_MILLIS = 10;
  private static final String API = "io.asynctx.async.AsyncTx";

  /** One class of each bundle; where it comes from is what is installed. */
  private static final List<String> BUNDLES =
      List.of(
          "org.osgi.util.function.Function",
          "org.osgi.util.promise.Promise",
          "org.osgi.service.component.ComponentContext",
          "org.apache.felix.cm.impl.ConfigurationManager",
          "org.apache.felix.scr.impl.Activator",
          "io.asynctx.raid.Kernels",
          "io.asynctx.dmaengine.engine.EngineCore",
          "io.asynctx.driver.soft.SoftDriver");

  private final Path storage;
  private final Framework framework;
  private final Map<String, DmaChannel> channels = new ConcurrentSkipListMap<>();

  private EngineHost(Path storage, Framework framework) {
    this.storage = storage;
    this.framework = framework;
  }

  /** A framework with an empty Configuration Admin: no engine and no device yet. */
  static EngineHost start() throws IOException, BundleException {
    final Path storage = Files.createTempDirectory("asynctx-bench-");
    final Framework framework =
        new FrameworkFactory()
            .newFramework(
                Map.of(
                    Constants.FRAMEWORK_STORAGE,
                    storage.toString(),
                    Constants.FRAMEWORK_SYSTEMPACKAGES_EXTRA,
                    exported(API) + ",org.osgi.service.cm;version=1.6.1,org.slf4j;version=2.0.20",
                    "ds.lock.timeout.milliseconds",
                    "30000"));
    framework.start();
    final EngineHost host = new EngineHost(storage, framework);
    for (String type : BUNDLES) {
      host.context().installBundle("reference:" + home(type));
    }
    for (Bundle bundle : host.context().getBundles()) {
      bundle.start();
    }
    return host;
  }

  /** The package exports of the bundle that a class is from. */
  private static String exported(String type) throws IOException {
    final URI home = home(type);
    final URL manifest =
        home.getPath().endsWith("/")
            ? home.resolve("META-INF/MANIFEST.MF").toURL()
            : URI.create("jar:" + home + "!/META-INF/MANIFEST.MF").toURL();
    try (InputStream in = manifest.openStream()) {
      return new Manifest(in).getMainAttributes().getValue(Constants.EXPORT_PACKAGE);
    }
  }

  private static URI home(String type) {
    final String file = type.replace('.', '/') + ".class";
    final URL found = EngineHost.class.getClassLoader().getResource(file);
    if (found == null) {
      throw new IllegalStateException(
          "class missing: name=" + type + "; start with ./asynctx bench");
    }
    final String text = found.toString();
    final String home = text.substring(0, text.length() - file.length());
    return URI.create(
        home.startsWith("jar:") ? home.substring("jar:".length(), home.length() - 2) : home);
  }

  BundleContext context() {
    return framework.getBundleContext();
  }

  /** Brings up an engine. */
  EngineHost engine(String name, Map<String, ?> more) throws IOException, InterruptedException {
    final Hashtable<String, Object> properties = new Hashtable<>(more);
    properties.put(DmaConstants.ENGINE, name);
    configure(DmaConstants.ENGINE_PID, name, properties);
    service(DmaEngine.class, name);
    return this;
  }

  /** Brings up a software device, with its channels open to whoever asks the engine. */
  EngineHost soft(String engine, String name, int channels)
      throws IOException, InterruptedException {
    final Hashtable<String, Object> properties = new Hashtable<>();
    properties.put(DmaConstants.ENGINE, engine);
    properties.put(DmaConstants.DEVICE, name);
    properties.put("channels", channels);
    configure(SOFT_PID, name, properties);
    lease(engine, name, channels);
    return this;
  }

  /** Another client takes a lease on every channel of a device. */
  List<DmaChannel> lease(String engine, String device, int wanted) throws InterruptedException {
    final Map<String, DmaChannel> held = new ConcurrentSkipListMap<>();
    final DmaClient client =
        (channel, state) -> {
          if (state == DmaState.AVAILABLE) {
            held.put(channel.name(), channel);
          }
          return DmaStateClient.ACK;
        };
    final DmaEngine service = service(DmaEngine.class, engine);
    service.register(
        client,
        Map.of(
            DmaConstants.CLIENT_NAME,
            "bench-" + device,
            DmaConstants.CLIENT_FILTER,
            '(' + DmaConstants.DEVICE + '=' + device + ')'));
    service.requestChannels(client); // of a device that was there before
    await("leases of device=" + device, () -> held.size() == wanted);
    for (DmaChannel channel : held.values()) {
      await("channel open: channel=" + channel.name(), () -> opened(channel));
    }
    channels.putAll(held);
    return List.copyOf(held.values());
  }

  /** Waits until async_tx holds every channel of a device: nothing more will happen by itself. */
  void awaitDevice(String engine, String device, int wanted) throws InterruptedException {
    final DmaInspector inspector = service(DmaInspector.class, engine);
    await(
        "channels in use of device=" + device,
        () ->
            inspector.channels().stream()
                    .filter(c -> c.device().equals(device) && !c.clients().isEmpty())
                    .count()
                == wanted);
  }

  /** The engine opens a channel a moment after its client said ACK. */
  private static boolean opened(DmaChannel channel) {
    try {
      final long descriptor = channel.prepInterrupt(DmaChannel.PREP_NONE);
      channel.abandon(descriptor);
      return true;
    } catch (io.asynctx.dmaengine.ChannelGoneException e) {
      return false;
    }
  }

  DmaChannel channel(String device, int index) {
    final String name = device + '/' + index;
    final DmaChannel channel = channels.get(name);
    if (channel == null) {
      throw new IllegalStateException("no lease: channel=" + name + ", held=" + channels.keySet());
    }
    return channel;
  }

  AsyncTx asyncTx(String engine) throws InterruptedException {
    return service(AsyncTx.class, engine);
  }

  DmaEngine dmaEngine(String engine) throws InterruptedException {
    return service(DmaEngine.class, engine);
  }

  private <S> S service(Class<S> type, String engine) throws InterruptedException {
    final String filter =
        "(&(objectClass=" + type.getName() + ")(" + DmaConstants.ENGINE + '=' + engine + "))";
    try {
      final ServiceTracker<S, S> tracker =
          new ServiceTracker<>(context(), context().createFilter(filter), null);
      tracker.open();
      final S service = tracker.waitForService(WAIT_MILLIS);
      if (service == null) {
        throw new IllegalStateException("no such service: filter=" + filter);
      }
      return service; // held until the framework stops
    } catch (org.osgi.framework.InvalidSyntaxException e) {
      throw new IllegalArgumentException("not a filter: text=" + filter, e);
    }
  }

  private void configure(String pid, String name, Hashtable<String, Object> properties)
      throws IOException {
    final ServiceReference<ConfigurationAdmin> reference =
        context().getServiceReference(ConfigurationAdmin.class);
    final ConfigurationAdmin admin = context().getService(reference);
    admin.getFactoryConfiguration(pid, name, "?").update(properties);
  }

  private static void await(String what, BooleanSupplier there) throws InterruptedException {
    final long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(WAIT_MILLIS);
    while (!there.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        throw new IllegalStateException("not there: " + what + ", millis=" + WAIT_MILLIS);
      }
      Thread.sleep(LOOK_MILLIS); // looks again within a bound; nothing is timed here
    }
  }

  @Override
  public void close() throws BundleException, IOException {
    framework.stop();
    try {
      framework.waitForStop(WAIT_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try (Stream<Path> files = Files.walk(storage)) {
      files
          .sorted(Comparator.reverseOrder())
          .forEach(f -> {
            try {
              Files.delete(f);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }
  }
}
