package io.asynctx.driver.isal;

import io.asynctx.raid.BulkKernels;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;

/** Kernels that write down what they are asked for, as {@code method length}. */
final class Recorder {
  final List<String> calls = new ArrayList<>();
  final BulkKernels kernels;

  Recorder(BulkKernels behind) {
    kernels =
        (BulkKernels)
            Proxy.newProxyInstance(
                Recorder.class.getClassLoader(),
                new Class<?>[] {BulkKernels.class},
                (proxy, method, args) -> {
                  calls.add(method.getName() + ' ' + length(method.getName(), args));
                  try {
                    return method.invoke(behind, args);
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                });
  }

  /** The last argument that is a long, which it is for every method. */
  private static long length(String method, Object[] args) {
    for (int i = args.length - 1; i >= 0; i--) {
      if (args[i] instanceof Long length) {
        return length;
      }
    }
    throw new AssertionError("no length: method=" + method);
  }
}
