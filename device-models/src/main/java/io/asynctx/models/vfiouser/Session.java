package io.asynctx.models.vfiouser;

import io.asynctx.models.ConfigSpace;
import io.asynctx.models.DeviceModel;
import io.asynctx.models.ModelHost;
import java.io.EOFException;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One peer, from its first message to its last. What it says is checked as if it meant harm: a
 * message that breaks a rule is answered with an error, one after which nothing can be understood
 * ends the session.
 *
 * <p>Threading: {@link #run} on the server's thread; the model's threads use it as their host.
 */
final class Session implements ModelHost {
  private static final Logger LOG = LoggerFactory.getLogger(Session.class);

  private static final int ENOSYS = 38;
  private static final int CONFIG_REGION = 7;
  private static final int REGIONS = 9;
  private static final int RESET_AND_PCI = 3;
  private static final int READ_AND_WRITE = 3;
  private static final int EVENTFD_AND_NORESIZE = 9;
  private static final int LINE_FLAGS = 7;
  private static final int UNMAP_ALL = 2;
  private static final byte[] NOTHING = {};

  /** No write-multiple: its absence keeps peers from joining writes. */
  private static final String CAPABILITIES =
      "{\"capabilities\":{\"max_msg_fds\":8,\"max_data_xfer_size\":1048576,\"pgsizes\":4096}}\0";

  /** A request that is refused, with the errno that says why. */
  private static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    final int errno;

    Refused(int errno) {
      super(null, null, false, false);
      this.errno = errno;
    }
  }

  private final FdSocket socket;
  private final DeviceModel model;
  private final PeerMemory memory;
  private final Irqs irqs;
  private final MessageDma messages;
  private boolean versionAgreed;

  Session(FdSocket socket, DeviceModel model) {
    this.socket = socket;
    this.model = model;
    irqs = new Irqs(model.vectors());
    messages = new MessageDma(socket);
    memory = new PeerMemory(messages);
  }

  /** Serves the peer until it leaves, then takes everything back that it was given. */
  void run() {
    messages.reader(Thread.currentThread());
    model.attach(this);
    try {
      while (true) {
        take(socket.receive());
      }
    } catch (EOFException e) {
      LOG.info("peer left: model={}, device={}", model.name(), "emulated");
    } catch (IOException e) {
      LOG.warn("session ended: model={}, reason={}", model.name(), e.getMessage());
    } finally {
      messages.close();
      model.detach();
      irqs.close();
      memory.unmapAll();
      socket.close();
    }
  }

  private void take(Message message) throws IOException {
    if (message.isReply()) {
      FdSocket.closeAll(message.fds());
      messages.answered(message);
      return;
    }
    Message reply;
    try {
      reply = message.reply(handle(message));
    } catch (Refused e) {
      LOG.debug("refused: command={}, errno={}", message.command(), e.errno);
      reply = message.failure(e.errno);
    } catch (BufferUnderflowException e) {
      reply = message.failure(Libc.EINVAL); // shorter than what its command needs
    }
    if (message.wantsReply()) {
      socket.send(reply);
    }
  }

  private byte[] handle(Message message) throws Refused, IOException {
    final boolean takesFds =
        message.command() == Message.DMA_MAP || message.command() == Message.SET_IRQS;
    if (!takesFds) {
      FdSocket.closeAll(message.fds());
    }
    if (!versionAgreed && message.command() != Message.VERSION) {
      if (takesFds) {
        FdSocket.closeAll(message.fds());
      }
      throw new Refused(Libc.EINVAL);
    }
    return switch (message.command()) {
      case Message.VERSION -> version(message.body());
      case Message.DMA_MAP -> dmaMap(message);
      case Message.DMA_UNMAP -> dmaUnmap(message);
      case Message.DEVICE_GET_INFO ->
          Message.buffer(16)
              .putInt(16)
              .putInt(RESET_AND_PCI)
              .putInt(REGIONS)
              .putInt(Irqs.KINDS)
              .array();
      case Message.GET_REGION_INFO -> regionInfo(message.body());
      case Message.GET_IRQ_INFO -> irqInfo(message.body());
      case Message.SET_IRQS -> setIrqs(message);
      case Message.REGION_READ -> regionRead(message.body());
      case Message.REGION_WRITE -> regionWrite(message.body());
      case Message.DEVICE_RESET -> {
        model.reset();
        yield NOTHING;
      }
      default -> throw new Refused(ENOSYS);
    };
  }

  private byte[] version(ByteBuffer body) throws Refused {
    final int major = body.getShort();
    body.getShort();
    if (major != 0) {
      throw new Refused(Libc.EINVAL);
    }
    versionAgreed = true;
    // QEMU proposes 0.0 and takes no higher minor.
    final byte[] words = CAPABILITIES.getBytes(StandardCharsets.US_ASCII);
    return Message.buffer(4 + words.length).putInt(0).put(words).array();
  }

  private byte[] dmaMap(Message message) throws Refused {
    final int[] fds = message.fds();
    if (message.payload().length < 32 || fds.length > 1) {
      FdSocket.closeAll(fds);
      throw new Refused(Libc.EINVAL);
    }
    final ByteBuffer body = message.body();
    body.getInt();
    final int flags = body.getInt();
    final long offset = body.getLong();
    final long iova = body.getLong();
    final long size = body.getLong();
    check(memory.map(iova, size, flags, fds.length == 0 ? -1 : fds[0], offset));
    return NOTHING;
  }

  private byte[] dmaUnmap(Message message) {
    final ByteBuffer body = message.body();
    body.getInt();
    final int flags = body.getInt();
    final long iova = body.getLong();
    final long size = body.getLong();
    if ((flags & UNMAP_ALL) != 0) {
      memory.unmapAll();
    } else {
      memory.unmap(iova, size);
    }
    return Message.buffer(24).put(message.payload(), 0, 24).array();
  }

  private long regionSize(int index) throws Refused {
    if (index < 0 || index >= REGIONS) {
      throw new Refused(Libc.EINVAL);
    }
    if (index == CONFIG_REGION) {
      return ConfigSpace.BYTES;
    }
    return index < 6 ? model.barSize(index) : 0;
  }

  private byte[] regionInfo(ByteBuffer body) throws Refused {
    body.getLong(); // argsz, flags
    final int index = body.getInt();
    final long size = regionSize(index);
    return Message.buffer(32)
        .putInt(32)
        .putInt(size == 0 ? 0 : READ_AND_WRITE)
        .putInt(index)
        .putInt(0)
        .putLong(size)
        .putLong(0)
        .array();
  }

  private byte[] irqInfo(ByteBuffer body) throws Refused {
    body.getLong(); // argsz, flags
    final int index = body.getInt();
    if (index < 0 || index >= Irqs.KINDS) {
      throw new Refused(Libc.EINVAL);
    }
    return Message.buffer(16)
        .putInt(16)
        .putInt(index == Irqs.LINE ? LINE_FLAGS : EVENTFD_AND_NORESIZE)
        .putInt(index)
        .putInt(irqs.count(index))
        .array();
  }

  private byte[] setIrqs(Message message) throws Refused {
    if (message.payload().length < 20) {
      FdSocket.closeAll(message.fds());
      throw new Refused(Libc.EINVAL);
    }
    final ByteBuffer body = message.body();
    body.getInt();
    check(irqs.set(body.getInt(), body.getInt(), body.getInt(), body.getInt(), message.fds()));
    return NOTHING;
  }

  private static void check(int errno) throws Refused {
    if (errno != 0) {
      throw new Refused(errno);
    }
  }

  /** Checks that an access lies inside its region, and gives its length. */
  private int access(long offset, int region, int count) throws Refused {
    final long size = regionSize(region);
    if (count < 1 || count > Message.MAX_DATA_BYTES || offset < 0 || offset > size - count) {
      throw new Refused(Libc.EINVAL);
    }
    return count;
  }

  private byte[] regionRead(ByteBuffer body) throws Refused {
    final long offset = body.getLong();
    final int region = body.getInt();
    final int count = access(offset, region, body.getInt());
    final ByteBuffer reply =
        Message.buffer(16 + count).putLong(offset).putInt(region).putInt(count);
    for (int done = 0; done < count; ) {
      final int width = width(offset + done, count - done, region);
      final long value = read(region, offset + done, width);
      put(reply, value, width);
      done += width;
    }
    return reply.array();
  }

  private byte[] regionWrite(ByteBuffer body) throws Refused {
    final long offset = body.getLong();
    final int region = body.getInt();
    final int count = access(offset, region, body.getInt());
    if (body.remaining() < count) {
      throw new Refused(Libc.EINVAL);
    }
    for (int done = 0; done < count; ) {
      final int width = width(offset + done, count - done, region);
      write(region, offset + done, width, get(body, width));
      done += width;
    }
    return Message.buffer(16).putLong(offset).putInt(region).putInt(count).array();
  }

  /**
   * The widest access that is aligned and fits. An aligned one of 1, 2, 4 or 8 bytes stays as the
   * driver made it.
   */
  private static int width(long offset, int left, int region) {
    int width = region == CONFIG_REGION ? 4 : 8;
    while (width > left || offset % width != 0) {
      width /= 2;
    }
    return width;
  }

  private long read(int region, long offset, int width) {
    return region == CONFIG_REGION
        ? model.configRead((int) offset, width)
        : model.mmioRead(region, offset, width);
  }

  private void write(int region, long offset, int width, long value) {
    if (region == CONFIG_REGION) {
      model.configWrite((int) offset, width, (int) value);
    } else {
      model.mmioWrite(region, offset, width, value);
    }
  }

  private static void put(ByteBuffer buffer, long value, int width) {
    for (int i = 0; i < width; i++) {
      buffer.put((byte) (value >>> 8 * i));
    }
  }

  private static long get(ByteBuffer buffer, int width) {
    long value = 0;
    for (int i = 0; i < width; i++) {
      value |= (buffer.get() & 0xffL) << 8 * i;
    }
    return value;
  }

  @Override
  public boolean read(long iova, byte[] to, int length) {
    return memory.read(iova, to, length);
  }

  @Override
  public boolean write(long iova, byte[] from, int length) {
    return memory.write(iova, from, length);
  }

  @Override
  public boolean writeLong(long iova, long value) {
    return memory.writeLong(iova, value);
  }

  @Override
  public void raiseVector(int vector) {
    irqs.raiseVector(vector);
  }

  @Override
  public void raiseLine() {
    irqs.raiseLine();
  }

  /** The machine emulator has it; the guest never writes to the model's. */
  @Override
  public boolean keepsVectorTable() {
    return true;
  }
}
