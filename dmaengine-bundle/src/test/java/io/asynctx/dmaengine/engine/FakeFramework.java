package io.asynctx.dmaengine.engine;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Dictionary;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceFactory;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;
import org.osgi.framework.Version;

/**
 * As much of a framework as an engine's component touches; the real one is in the integration
 * tests.
 */
final class FakeFramework {

  /** One registered service. */
  static final class Service {
    final String type;
    final Object object;
    volatile Map<String, Object> properties;
    boolean unregistered;

    Service(String type, Object object, Map<String, Object> properties) {
      this.type = type;
      this.object = object;
      this.properties = properties;
    }
  }

  final List<Service> services = new CopyOnWriteArrayList<>();
  final Map<String, String> frameworkProperties = new HashMap<>();
  volatile RuntimeException onUnregister;

  @SuppressWarnings("unchecked")
  static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return (T)
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) ->
                switch (method.getName()) {
                  case "equals" -> self == arguments[0];
                  case "hashCode" -> System.identityHashCode(self);
                  case "toString" -> type.getSimpleName();
                  default -> handler.invoke(self, method, arguments);
                });
  }

  Bundle bundle(String symbolicName) {
    return proxy(
        Bundle.class,
        (self, method, arguments) ->
            switch (method.getName()) {
              case "getSymbolicName" -> symbolicName;
              case "getVersion" -> new Version("1.2.3");
              default -> throw new UnsupportedOperationException(method.toString());
            });
  }

  BundleContext context(String symbolicName) {
    final Bundle bundle = bundle(symbolicName);
    return proxy(
        BundleContext.class,
        (self, method, arguments) ->
            switch (method.getName()) {
              case "getBundle" -> bundle;
              case "getProperty" -> frameworkProperties.get((String) arguments[0]);
              case "registerService" -> register(arguments);
              default -> throw new UnsupportedOperationException(method.toString());
            });
  }

  private ServiceRegistration<?> register(Object... arguments) {
    final String type =
        arguments[0] instanceof Class<?> c ? c.getName() : String.valueOf(arguments[0]);
    final Service service = new Service(type, arguments[1], map((Dictionary<?, ?>) arguments[2]));
    services.add(service);
    return proxy(
        ServiceRegistration.class,
        (self, method, more) -> {
          switch (method.getName()) {
            case "unregister" -> {
              if (onUnregister != null) {
                throw onUnregister;
              }
              service.unregistered = true;
              services.remove(service);
            }
            case "setProperties" -> service.properties = map((Dictionary<?, ?>) more[0]);
            default -> throw new UnsupportedOperationException(method.toString());
          }
          return null;
        });
  }

  private static Map<String, Object> map(Dictionary<?, ?> dictionary) {
    final Map<String, Object> map = new HashMap<>();
    Collections.list(dictionary.keys()).forEach(k -> map.put((String) k, dictionary.get(k)));
    return map;
  }

  <S> ServiceReference<S> reference(String bundleName, Map<String, Object> properties) {
    final Bundle bundle = bundleName == null ? null : bundle(bundleName);
    @SuppressWarnings("unchecked")
    final ServiceReference<S> reference =
        proxy(
            ServiceReference.class,
            (self, method, arguments) ->
                switch (method.getName()) {
                  case "getBundle" -> bundle;
                  case "getProperty" -> properties.get((String) arguments[0]);
                  case "getPropertyKeys" -> properties.keySet().toArray(String[]::new);
                  default -> throw new UnsupportedOperationException(method.toString());
                });
    return reference;
  }

  Service service(Class<?> type) {
    Rig.await("service " + type.getSimpleName(), () -> find(type) != null);
    return find(type);
  }

  private Service find(Class<?> type) {
    return services.stream().filter(s -> s.type.equals(type.getName())).findFirst().orElse(null);
  }

  List<Service> all(Class<?> type) {
    return services.stream().filter(s -> s.type.equals(type.getName())).toList();
  }

  /** What a bundle gets of a service with a factory. */
  @SuppressWarnings("unchecked")
  <S> S get(Class<S> type, String bundleName) {
    return ((ServiceFactory<S>) service(type).object).getService(bundle(bundleName), null);
  }

  @SuppressWarnings("unchecked")
  <S> void unget(Class<S> type, String bundleName, S service) {
    ((ServiceFactory<S>) service(type).object).ungetService(bundle(bundleName), null, service);
  }

  /** An annotation with some values, and the defaults of its type. */
  static EngineCore.Config config(Map<String, Object> values) {
    return proxy(
        EngineCore.Config.class,
        (self, method, arguments) ->
            values.getOrDefault(method.getName(), method.getDefaultValue()));
  }

  List<String> names() {
    final List<String> names = new ArrayList<>();
    services.forEach(s -> names.add(s.type.substring(s.type.lastIndexOf('.') + 1)));
    return names;
  }
}
