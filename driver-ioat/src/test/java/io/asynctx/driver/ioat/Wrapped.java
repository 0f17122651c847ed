package io.asynctx.driver.ioat;

import io.asynctx.dmaengine.bus.BarWindow;
import io.asynctx.dmaengine.bus.ClaimedFunction;
import io.asynctx.dmaengine.bus.PciFunction;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import org.jspecify.annotations.Nullable;

/**
 * A function whose accesses somebody sees first: he may do something, answer himself, or let it
 * pass.
 */
final class Wrapped {
  /** Sees an access. */
  interface Look {
    /**
     * Before it is done.
     *
     * @param method of the claim or of the register window
     * @return the answer; null to let it pass
     */
    @Nullable Object access(String method, Object[] args);
  }

  private Wrapped() {}

  static PciFunction function(PciFunction behind, Look look) {
    return proxy(
        PciFunction.class,
        behind,
        (method, args) ->
            method.equals("claim")
                ? claim(behind.claim((String) args[0]), look)
                : look.access(method, args));
  }

  private static ClaimedFunction claim(ClaimedFunction behind, Look look) {
    return proxy(
        ClaimedFunction.class,
        behind,
        (method, args) ->
            method.equals("bar")
                ? proxy(BarWindow.class, behind.bar((Integer) args[0]), look)
                : look.access(method, args));
  }

  private static <T> T proxy(Class<T> type, T behind, Look look) {
    return type.cast(
        Proxy.newProxyInstance(
            Wrapped.class.getClassLoader(),
            new Class<?>[] {type},
            (self, method, args) -> {
              final Object answer =
                  look.access(method.getName(), args == null ? new Object[0] : args);
              return answer != null ? answer : invoke(method, behind, args);
            }));
  }

  private static Object invoke(Method method, Object behind, Object[] args) throws Throwable {
    try {
      return method.invoke(behind, args);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
