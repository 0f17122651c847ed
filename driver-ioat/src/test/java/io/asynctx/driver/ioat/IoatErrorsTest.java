package io.asynctx.driver.ioat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.SumCheck;
import io.asynctx.dmaengine.TransferResult;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IoatErrorsTest {

  @ParameterizedTest
  @CsvSource({
    "0, READ_FAILED, source address",
    "1, WRITE_FAILED, destination address",
    "2, DEVICE_FAILED, next descriptor address",
    "3, DEVICE_FAILED, next descriptor alignment",
    "4, DEVICE_FAILED, chain address",
    "5, DEVICE_FAILED, channel command",
    "6, DEVICE_FAILED, chipset data integrity",
    "7, DEVICE_FAILED, DMA data integrity",
    "8, READ_FAILED, read data",
    "9, WRITE_FAILED, write data",
    "10, DEVICE_FAILED, descriptor control",
    "11, DEVICE_FAILED, transfer length",
    "12, DEVICE_FAILED, completion address",
    "13, DEVICE_FAILED, interrupt configuration",
    "14, DEVICE_FAILED, super extended descriptor address",
    "15, DEVICE_FAILED, unaffiliated",
    "16, DEVICE_FAILED, P or CRC mismatch",
    "17, DEVICE_FAILED, Q mismatch",
    "18, DEVICE_FAILED, descriptor count",
    "19, DEVICE_FAILED, DIF all F",
    "27, DEVICE_FAILED, DIF result reference tag",
    "28, DEVICE_FAILED, bit 28",
    "31, DEVICE_FAILED, bit 31"
  })
  void everyBitHasItsResultAndItsName(int bit, TransferResult result, String name) {
    assertEquals(result, IoatErrors.result(1 << bit));
    assertEquals(String.format("CHANERR=0x%08x (%s)", 1 << bit, name), IoatErrors.text(1 << bit));
  }

  @Test
  void everyBitThatIsSetIsNamed() {
    assertEquals("CHANERR=0x00000101 (source address, read data)", IoatErrors.text(0x101));
    assertEquals("CHANERR=0x00000000 (no reason given)", IoatErrors.text(0));
  }

  @Test
  void aHaltWithoutAReasonIsTheDevicesFailure() {
    assertEquals(TransferResult.DEVICE_FAILED, IoatErrors.result(0));
  }

  @Test
  void aMismatchIsOneOnlyIfNothingElseIsWrong() {
    assertTrue(IoatErrors.onlyMismatch(0x10000));
    assertTrue(IoatErrors.onlyMismatch(0x20000));
    assertTrue(IoatErrors.onlyMismatch(0x30000));
    assertFalse(IoatErrors.onlyMismatch(0));
    assertFalse(IoatErrors.onlyMismatch(0x10001));
    assertFalse(IoatErrors.onlyMismatch(0x40000));
  }

  @Test
  void whatACheckFoundIsPAndQ() {
    assertEquals(0, IoatErrors.sumCheck(0));
    assertEquals(SumCheck.P_WRONG, IoatErrors.sumCheck(0x10000));
    assertEquals(SumCheck.Q_WRONG, IoatErrors.sumCheck(0x20000));
    assertEquals(SumCheck.P_WRONG | SumCheck.Q_WRONG, IoatErrors.sumCheck(0x30000));
  }
}
