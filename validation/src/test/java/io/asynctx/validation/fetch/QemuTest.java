package io.asynctx.validation.fetch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which emulator is worth fetching. */
final class QemuTest {

  @ParameterizedTest
  @CsvSource({
    "1:7.2+dfsg-7+deb12u18, false",
    "1:10.0.13+ds-0+deb13u1, false",
    "1:10.1.0+ds-1, true",
    "1:11.1.3+ds-1~bpo13+1, true",
    "10.1, true",
    "'', false",
    "none, false",
  })
  void theDeviceIsThereSince10Dot1(String version, boolean expected) {
    assertEquals(expected, Qemu.hasDevice(version));
  }
}
