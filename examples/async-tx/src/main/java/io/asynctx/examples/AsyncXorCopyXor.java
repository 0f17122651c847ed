package io.asynctx.examples;

import static io.asynctx.async.AsyncTx.NONE;
import static io.asynctx.async.AsyncTxFlags.ACK;
import static io.asynctx.async.AsyncTxFlags.DEP_ACK;
import static io.asynctx.async.AsyncTxFlags.XOR_DROP_DST;

import io.asynctx.async.AsyncTx;
import io.asynctx.async.SubmitControl;
import io.asynctx.dmaengine.TransferResult;
import java.io.PrintStream;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * The example of the document: exclusive or, copy, exclusive or, each after the one before, the
 * last one with a callback. {@code docs/async-tx-api.md} section 3.7 walks through it.
 *
 * <p>Threading: any thread but one that runs a completion callback.
 *
 * @see "Linux Documentation/crypto/async-tx-api.txt, section 3.7"
 */
@Component(service = AsyncXorCopyXor.class)
public final class AsyncXorCopyXor {

  private final AsyncTx async;

  /**
   * On an async_tx service.
   *
   * @param async the service
   */
  @Activate
  public AsyncXorCopyXor(@Reference AsyncTx async) {
    this.async = async;
  }

  /**
   * The completion callback: says how the last operation ended.
   *
   * @param tx its handle, valid until this returns
   * @param result how it ended
   * @param parameter a {@link PrintStream}; told nothing if it is anything else
   */
  static void completeXorCopyXor(long tx, TransferResult result, @Nullable Object parameter) {
    if (parameter instanceof PrintStream out) {
      out.println("complete: result=" + result);
    }
  }

  /**
   * Submits the three operations and issues them; does not wait. Keep the memory until the callback
   * has run.
   *
   * @param xorSrcs {@code xorSrcs[0]} is {@code xorDest}; each of {@code xorLen} bytes or more
   * @param xorSrcCount how many of {@code xorSrcs}, at least 2
   * @param xorDest changed twice, so that both passes together restore it if the others are
   *     unchanged
   * @param xorLen in bytes, at least 1
   * @param copySrc read
   * @param copyDest written
   * @param copyLen in bytes, at least 1
   * @param out where the callback reports
   */
  public void runXorCopyXor(
      MemorySegment[] xorSrcs,
      int xorSrcCount,
      MemorySegment xorDest,
      long xorLen,
      MemorySegment copySrc,
      MemorySegment copyDest,
      long copyLen,
      PrintStream out) {
    final SubmitControl submit = new SubmitControl();

    // The destination is a source too, and listed first. Not acknowledged: the copy depends on it.
    long tx = async.xor(xorDest, xorSrcs, xorSrcCount, xorLen, submit.with(XOR_DROP_DST, NONE));

    // Acknowledges the first exclusive or, and is itself still needed as a dependency.
    tx = async.memcpy(copyDest, copySrc, copyLen, submit.with(DEP_ACK, tx));

    // Acknowledges the copy and itself: nothing depends on it, and the callback tells the end.
    async.xor(
        xorDest,
        xorSrcs,
        xorSrcCount,
        xorLen,
        submit
            .with(XOR_DROP_DST | DEP_ACK | ACK, tx)
            .callback(AsyncXorCopyXor::completeXorCopyXor, out));

    async.issuePendingAll();
  }
}
