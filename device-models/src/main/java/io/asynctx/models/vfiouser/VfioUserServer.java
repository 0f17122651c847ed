package io.asynctx.models.vfiouser;

import io.asynctx.models.DeviceModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Offers a model at a socket, to one peer after the other.
 *
 * <p>Threading: one thread of its own, a daemon; {@link #close} and {@link #awaitEnd} by any.
 */
public final class VfioUserServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(VfioUserServer.class);

  private final DeviceModel model;
  private final Path path;
  private final boolean once;
  private final int listener;
  private final Thread thread;
  private @Nullable FdSocket peer;
  private boolean listens = true;
  private boolean closed;

  /**
   * Listens. A peer may connect when this returns.
   *
   * @param model stays the caller's, and must be plugged in nowhere else
   * @param path of the socket, which is made; only this user may connect
   * @param once whether it ends after its first peer
   * @throws IOException if it cannot listen there, naming the path
   */
  public VfioUserServer(DeviceModel model, Path path, boolean once) throws IOException {
    this.model = model;
    this.path = path;
    this.once = once;
    listener = Libc.socket();
    boolean listening = false;
    try {
      Libc.bind(listener, path.toString());
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
      Libc.listen(listener);
      listening = true;
    } finally {
      if (!listening) {
        Libc.close(listener);
      }
    }
    thread = new Thread(this::serve, "vfio-user-" + model.name());
    thread.setDaemon(true);
    thread.start();
  }

  private void serve() {
    try {
      int fd;
      while ((fd = Libc.accept(listener)) >= 0 || fd == -Libc.EINTR) {
        if (fd < 0) {
          continue;
        }
        final FdSocket socket = new FdSocket(fd);
        if (!begin(socket)) {
          socket.close();
          return;
        }
        LOG.info("peer came: model={}, device={}", model.name(), "emulated");
        new Session(socket, model).run();
        end();
        if (once) {
          return;
        }
      }
    } finally {
      synchronized (this) {
        listens = false;
        Libc.close(listener);
      }
    }
  }

  private synchronized boolean begin(FdSocket socket) {
    peer = closed ? null : socket;
    return !closed;
  }

  private synchronized void end() {
    peer = null;
  }

  /**
   * Waits until it serves no more: after its first peer, or after close.
   *
   * @throws InterruptedException if the caller's thread is interrupted
   */
  public void awaitEnd() throws InterruptedException {
    thread.join();
  }

  /** Ends the session, if there is one, and the socket. */
  @Override
  public void close() throws IOException {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      if (listens) {
        Libc.shutdown(listener);
      }
      if (peer != null) {
        peer.shutdown();
      }
    }
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true; // its socket was shut down, so it ends
      }
    }
    Files.deleteIfExists(path);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
