package io.asynctx.validation.tier;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A part that the model can be, and what the kernel's driver offers of it. */
public enum Profile {
  /** Skylake-SP. */
  SKX(0x2021, List.of("copy")),
  /** Ice Lake-SP as sold. */
  ICX(0x0b00, List.of("copy")),
  /** Ice Lake-SP with XOR and P/Q. */
  RAID(0x0b00, List.of("copy", "xor", "pq")),
  /** Broadwell-DE class: XOR is done by its P/Q engine. */
  BWD(0x0c50, List.of("copy", "xor", "pq"));

  private final int device;
  private final List<String> threads;

  Profile(int device, List<String> threads) {
    this.device = device;
    this.threads = threads;
  }

  /**
   * Its PCI device id.
   *
   * @return of vendor 0x8086
   */
  public int device() {
    return device;
  }

  /**
   * The kinds of threads that dmatest starts for its channel.
   *
   * @return as dmatest names them
   */
  public List<String> threads() {
    return threads;
  }

  /**
   * Whether the kernel's RAID-6 code uses it.
   *
   * @return true if it has every operation of these
   */
  public boolean raid() {
    return threads.contains("pq");
  }

  /**
   * As people type it.
   *
   * @return e.g. {@code skx}
   */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The words there are.
   *
   * @return commas between them
   */
  public static String words() {
    return Arrays.stream(values()).map(Profile::word).collect(Collectors.joining(", "));
  }
}
