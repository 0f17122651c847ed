package io.asynctx.examples;

import static io.asynctx.async.AsyncTxFlags.ACK;
import static io.asynctx.async.AsyncTxFlags.DEP_ACK;
import static io.asynctx.async.AsyncTxFlags.XOR_DROP_DST;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.async.AsyncTx;
import io.asynctx.async.SubmitControl;
import io.asynctx.dmaengine.CompletionCallback;
import io.asynctx.dmaengine.TransferResult;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * An async_tx that keeps every operation back until {@code issuePendingAll} and then runs them in
 * dependency order, here and now. It holds callers to the rules of acknowledgement. Owned by one
 * thread.
 */
final class DeferredAsyncTx {

  /** One call, as it was made. */
  record Call(
      String operation,
      long handle,
      long flags,
      List<Long> dependencies,
      boolean callback,
      Runnable work) {}

  final List<Call> calls = new ArrayList<>();
  final Set<Long> acknowledged = new HashSet<>();
  int issued;

  private final List<Runnable> pending = new ArrayList<>();

  AsyncTx service() {
    return (AsyncTx)
        Proxy.newProxyInstance(
            AsyncTx.class.getClassLoader(),
            new Class<?>[] {AsyncTx.class},
            (proxy, method, a) ->
                switch (method.getName()) {
                  case "xor" ->
                      xor(
                          (MemorySegment) a[0],
                          (MemorySegment[]) a[1],
                          (int) a[2],
                          (long) a[3],
                          (SubmitControl) a[4]);
                  case "memcpy" ->
                      memcpy(
                          (MemorySegment) a[0],
                          (MemorySegment) a[1],
                          (long) a[2],
                          (SubmitControl) a[3]);
                  case "issuePendingAll" -> issuePendingAll();
                  default -> throw new UnsupportedOperationException(method.toString());
                });
  }

  private long xor(
      MemorySegment dest, MemorySegment[] srcs, int count, long len, SubmitControl submit) {
    if ((submit.flags() & XOR_DROP_DST) != 0) {
      assertSame(dest, srcs[0], "with XOR_DROP_DST the destination is the first source");
    } else {
      assertNotSame(dest, srcs[0]);
    }
    final MemorySegment[] sources = srcs.clone();
    return submit(
        "xor",
        submit,
        () -> {
          for (long at = 0; at < len; at++) {
            byte sum = 0;
            for (int i = 0; i < count; i++) {
              sum ^= sources[i].get(ValueLayout.JAVA_BYTE, at);
            }
            dest.set(ValueLayout.JAVA_BYTE, at, sum);
          }
        });
  }

  private long memcpy(MemorySegment dest, MemorySegment src, long len, SubmitControl submit) {
    return submit("memcpy", submit, () -> MemorySegment.copy(src, 0, dest, 0, len));
  }

  private long submit(String operation, SubmitControl submit, Runnable work) {
    final long handle = 100L + calls.size();
    final List<Long> dependencies = new ArrayList<>();
    for (int i = 0; i < submit.dependencyCount(); i++) {
      final long parent = submit.dependency(i);
      assertTrue(
          calls.stream().anyMatch(c -> c.handle() == parent), "unknown dependency: " + parent);
      assertTrue(!acknowledged.contains(parent), "dependency was acknowledged already: " + parent);
      dependencies.add(parent);
    }
    if ((submit.flags() & DEP_ACK) != 0) {
      acknowledged.addAll(dependencies);
    }
    if ((submit.flags() & ACK) != 0) {
      acknowledged.add(handle);
    }
    final CompletionCallback callback = submit.callback();
    final Object parameter = submit.parameter();
    calls.add(new Call(operation, handle, submit.flags(), dependencies, callback != null, work));
    pending.add(() -> {
      work.run();
      if (callback != null) {
        callback.completed(handle, TransferResult.NO_ERROR, parameter);
      }
    });
    return handle;
  }

  /** Every operation depends on the one before it or on nothing, so the order of calls will do. */
  private Object issuePendingAll() {
    issued++;
    pending.forEach(Runnable::run);
    pending.clear();
    return this;
  }
}
