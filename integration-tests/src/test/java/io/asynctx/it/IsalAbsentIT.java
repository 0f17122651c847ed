package io.asynctx.it;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.dmaengine.driver.DriverReport.Finding;
import java.lang.foreign.Arena;
import java.util.List;
import org.junit.Test;
import org.osgi.framework.Bundle;

/** The driver on ISA-L where there is none. */
public class IsalAbsentIT extends OnIsal {

  @Test
  public void withoutTheLibraryThereIsAReasonWithARemedyAndNothingElse() throws Exception {
    final Bundle isal = deploy("/nowhere/libisal.so.2");
    final Finding finding = finding();
    assertFalse(finding.usable());
    assertTrue(finding.detail(), finding.detail().contains("library=/nowhere/libisal.so.2"));
    assertTrue(finding.remedy(), finding.remedy().contains("apt-get install libisal2"));
    assertEquals(Bundle.ACTIVE, isal.getState());
    assertEquals(
        List.of(),
        List.copyOf(Platform.references(context, DmaDevice.class, "(dma.device=" + DEVICE + ")")));
    assertEquals(SOFT_DEVICE, work(async(), new Stripe(Arena.global()), "soft").device());
  }
}
