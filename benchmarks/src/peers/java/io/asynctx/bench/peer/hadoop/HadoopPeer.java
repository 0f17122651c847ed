package io.asynctx.bench.peer.hadoop;

import io.asynctx.bench.Variant;
import io.asynctx.bench.peer.EncoderPeer;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.hadoop.io.erasurecode.ErasureCoderOptions;
import org.apache.hadoop.io.erasurecode.rawcoder.RSRawEncoder;
import org.apache.hadoop.io.erasurecode.rawcoder.RawErasureEncoder;

/** Hadoop's Reed-Solomon in plain Java, on arrays: on direct buffers it is slower. */
public final class HadoopPeer implements EncoderPeer {
  private static final int PARITIES = 2;

  /** Found by the service loader. */
  public HadoopPeer() {}

  @Override
  public String title() {
    return "Hadoop RSRawEncoder";
  }

  @Override
  public String version() {
    return "Hadoop 3.4.1";
  }

  @Override
  public Variant open(byte[][] data) {
    final RawErasureEncoder encoder =
        new RSRawEncoder(new ErasureCoderOptions(data.length, PARITIES));
    final byte[][] parities = new byte[PARITIES][data[0].length];
    return Variant.timed(
        title(),
        n -> {
          try {
            for (long i = 0; i < n; i++) {
              encoder.encode(data, parities);
            }
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }
}
