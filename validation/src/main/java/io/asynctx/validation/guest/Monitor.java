package io.asynctx.validation.guest;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Gives an order to the emulator.
 *
 * <p>Threading: one thread.
 *
 * @see "QEMU docs/interop/qmp-spec.rst"
 */
final class Monitor {

  private static final String HELLO = "{\"execute\":\"qmp_capabilities\"}\n";

  private Monitor() {}

  /**
   * Pulls a device out.
   *
   * @param socket of the monitor
   * @param id of the device
   * @throws IOException if the emulator does not take the order
   */
  static void pull(Path socket, String id) throws IOException {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(socket));
      final BufferedReader answers =
          new BufferedReader(
              new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.US_ASCII));
      final OutputStream orders = Channels.newOutputStream(channel);
      orders.write(HELLO.getBytes(StandardCharsets.US_ASCII));
      await(answers);
      final String order = "{\"execute\":\"device_del\",\"arguments\":{\"id\":\"" + id + "\"}}\n";
      orders.write(order.getBytes(StandardCharsets.US_ASCII));
      await(answers);
    }
  }

  /** Events may come between an order and its answer. */
  private static void await(BufferedReader answers) throws IOException {
    String line;
    while ((line = answers.readLine()) != null) {
      if (line.contains("\"error\"")) {
        throw new IOException("order refused: answer=" + line);
      }
      if (line.contains("\"return\"")) {
        return;
      }
    }
    throw new IOException("the emulator hung up");
  }
}
