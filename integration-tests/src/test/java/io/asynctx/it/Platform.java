package io.asynctx.it;

import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.admin.DmaInspector;
import io.asynctx.dmaengine.dto.ClientDTO;
import io.asynctx.dmaengine.dto.EngineDTO;
import io.asynctx.it.bundle.AsyncDriver;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.Assert;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;
import org.osgi.framework.wiring.FrameworkWiring;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;

/**
 * Bundles and configurations of one test, made through the framework as an operator would, and
 * taken back at its end: what came last first.
 */
final class Platform implements AutoCloseable {

  static final String SOFT_PID = "io.asynctx.driver.soft";
  static final String SOFT = "driver-soft";

  /** One step back. */
  private interface Undo {
    void run() throws BundleException;
  }

  private final BundleContext context;
  private final Deque<Undo> undo = new ArrayDeque<>();

  Platform(BundleContext context) {
    this.context = context;
  }

  BundleContext context() {
    return context;
  }

  /** The engine {@code default}, active when this returns. */
  Configuration engine() {
    return engine(DmaConstants.DEFAULT_ENGINE, Map.of());
  }

  Configuration engine(String name, Map<String, ?> more) {
    final Hashtable<String, Object> properties = new Hashtable<>(more);
    properties.put(DmaConstants.ENGINE, name);
    final Configuration configuration = configure(DmaConstants.ENGINE_PID, name, properties);
    inspector(name);
    return configuration;
  }

  /** A soft device of two channels. */
  Configuration soft(String name) {
    return soft(name, Map.of());
  }

  Configuration soft(String name, Map<String, ?> more) {
    final Hashtable<String, Object> properties = new Hashtable<>();
    properties.put(DmaConstants.DEVICE, name);
    properties.put("channels", 2);
    properties.putAll(more);
    return configure(SOFT_PID, name, properties);
  }

  Configuration configure(String pid, String name, Hashtable<String, ?> properties) {
    try {
      final Configuration configuration =
          service(context, ConfigurationAdmin.class, null).getFactoryConfiguration(pid, name, "?");
      configuration.update(properties);
      undo.push(() -> delete(configuration));
      return configuration;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void delete(Configuration configuration) {
    try {
      configuration.delete();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (IllegalStateException e) {
      return; // the test has deleted it
    }
  }

  /** One of our modules, started. */
  Bundle module(String name) throws BundleException {
    try (InputStream in = Files.newInputStream(PlatformOptions.file(name))) {
      return install(name, in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Bundle install(String location, InputStream jar) throws BundleException {
    final Bundle bundle = context.installBundle("it:" + location, jar);
    undo.push(() -> {
      if (bundle.getState() != Bundle.UNINSTALLED) {
        bundle.uninstall();
      }
    });
    bundle.start();
    return bundle;
  }

  /** A bundle with nothing in it; the test acts through its context. */
  Bundle empty(String symbolicName) throws BundleException {
    return install(symbolicName, TestBundle.named(symbolicName).jar());
  }

  /** A driver with one really asynchronous device of two channels; stays until the test ends. */
  Bundle async(String device) throws BundleException {
    return async(device, DmaConstants.DEFAULT_ENGINE);
  }

  Bundle async(String device, String engine) throws BundleException {
    return install(
        "it." + device,
        TestBundle.named("it." + device)
            .alsoImports("io.asynctx.driver.tck.device")
            .header(AsyncDriver.DEVICE, device)
            .header(AsyncDriver.ENGINE, engine)
            .activator(AsyncDriver.class)
            .jar());
  }

  Bundle find(String symbolicName) {
    return Arrays.stream(context.getBundles())
        .filter(b -> symbolicName.equals(b.getSymbolicName()))
        .findFirst()
        .orElseThrow(() -> new AssertionError("not installed: bundle=" + symbolicName));
  }

  void refresh(Bundle bundle) throws InterruptedException {
    final CountDownLatch done = new CountDownLatch(1);
    context
        .getBundle(Constants.SYSTEM_BUNDLE_LOCATION)
        .adapt(FrameworkWiring.class)
        .refreshBundles(List.of(bundle), event -> done.countDown());
    Assert.assertTrue(
        "timed out: refresh of bundle=" + bundle,
        done.await(Await.LONG.toSeconds(), TimeUnit.SECONDS));
  }

  /** A service, waited for, gotten in the name of the context's bundle and never given back. */
  static <S> S service(BundleContext context, Class<S> type, String filter) {
    return Await.value(
        "service=" + type.getName() + ", filter=" + filter,
        () -> {
          for (ServiceReference<S> reference : references(context, type, filter)) {
            final S service = context.getService(reference);
            if (service != null) {
              return service;
            }
          }
          return null;
        });
  }

  /** A service of the test's own. */
  <S> ServiceRegistration<S> register(Class<S> type, S service, Map<String, ?> properties) {
    final ServiceRegistration<S> registration =
        context.registerService(type, service, new Hashtable<>(properties));
    undo.push(() -> {
      try {
        registration.unregister();
      } catch (IllegalStateException e) {
        return; // the test has done it
      }
    });
    return registration;
  }

  <S> S service(Class<S> type, String filter) {
    return service(context, type, filter);
  }

  static <S> Collection<ServiceReference<S>> references(
      BundleContext context, Class<S> type, String filter) {
    try {
      return context.getServiceReferences(type, filter);
    } catch (InvalidSyntaxException e) {
      throw new AssertionError("filter=" + filter, e);
    }
  }

  DmaInspector inspector() {
    return inspector(DmaConstants.DEFAULT_ENGINE);
  }

  DmaInspector inspector(String engine) {
    return service(context, DmaInspector.class, named(engine));
  }

  static String named(String engine) {
    return "(" + DmaConstants.ENGINE + '=' + engine + ')';
  }

  void awaitDevice(String name) {
    final DmaInspector inspector = inspector();
    Await.until(
        () -> "device=" + name + ", devices=" + inspector.devices(),
        () ->
            inspector.devices().stream()
                .anyMatch(d -> d.name().equals(name) && d.state().equals("serving")));
  }

  void awaitNoDevice(String name) {
    final DmaInspector inspector = inspector();
    Await.until(
        () -> "device gone=" + name + ", devices=" + inspector.devices(),
        () -> inspector.devices().stream().noneMatch(d -> d.name().equals(name)));
  }

  List<ClientDTO> clients(String name) {
    return inspector().clients().stream().filter(c -> c.name().equals(name)).toList();
  }

  /** Names of the channels that clients of a name hold. */
  List<String> held(String client) {
    return clients(client).stream()
        .flatMap(c -> c.leases().stream())
        .map(ClientDTO.Lease::channel)
        .sorted()
        .toList();
  }

  void awaitHeld(String client, String... channels) {
    Await.until(
        () -> "client=" + client + ", held=" + List.of(channels) + ", is=" + held(client),
        () -> held(client).equals(List.of(channels)));
  }

  /** Everything ended, and every descriptor went back to its pool. */
  void assertQuiet() {
    assertQuiet(inspector());
  }

  static void assertQuiet(DmaInspector inspector) {
    Await.until(
        () -> "quiet: " + inspector.engine() + ", operations=" + inspector.operations(8),
        () -> {
          final EngineDTO engine = inspector.engine();
          return engine.submitted() == engine.ended() && engine.freeSlots() == engine.slots();
        });
    Assert.assertEquals(List.of(), inspector.audit());
  }

  /** Each operation that a removal found is in exactly one of its classes. */
  static void assertRemovalsAddUp(DmaInspector inspector) {
    inspector
        .removals()
        .forEach(r ->
            Assert.assertEquals(
                r.toString(),
                r.queued() + r.inFlight(),
                r.drained() + r.moved() + r.rerun() + r.aborted()));
  }

  /** Names of live engine threads. */
  static List<String> engineThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("dma-"))
        .sorted()
        .toList();
  }

  @Override
  public void close() {
    final AssertionError failed = new AssertionError("test could not be taken back");
    while (!undo.isEmpty()) {
      try {
        undo.pop().run();
      } catch (BundleException | RuntimeException e) {
        failed.addSuppressed(e);
      }
    }
    Await.until(
        () -> "engine threads ended, left=" + engineThreads(), () -> engineThreads().isEmpty());
    if (failed.getSuppressed().length > 0) {
      throw failed;
    }
  }
}
