package io.asynctx.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every name of the 2007 document stands in the table once, and leads to something that exists. */
final class KernelNamesTest {

  private static final List<String> SEED =
      """
      async_memcpy async_memset async_xor async_xor_zero_sum async_trigger_callback
      async_tx_issue_pending_all dma_wait_for_async_tx async_tx_ack async_tx_run_dependencies
      ASYNC_TX_XOR_ZERO_DST ASYNC_TX_XOR_DROP_DST ASYNC_TX_ASSUME_COHERENT ASYNC_TX_ACK
      ASYNC_TX_DEP_ACK ASYNC_TX_KMAP_SRC ASYNC_TX_KMAP_DST async_tx_flags
      dma_async_tx_descriptor dma_async_tx_callback dma_cookie_t
      dma_client event_callback dma_event_callback cap_mask dma_cap_mask_t
      dma_async_client_register dma_async_client_chan_request dma_async_client_unregister
      dma_state DMA_RESOURCE_SUSPEND DMA_RESOURCE_RESUME DMA_RESOURCE_AVAILABLE
      DMA_RESOURCE_REMOVED dma_state_client DMA_ACK DMA_DUP DMA_NAK
      dma_chan dma_device dma_async_device_register dma_async_device_unregister
      device_alloc_chan_resources device_free_chan_resources device_prep_dma_memcpy
      device_prep_dma_memset device_prep_dma_xor device_prep_dma_zero_sum
      device_prep_dma_interrupt device_dependency_added device_is_tx_complete
      device_issue_pending tx_submit tx_set_src tx_set_dest dma_run_dependencies
      dma_transaction_type DMA_MEMCPY DMA_XOR DMA_PQ_XOR DMA_DUAL_XOR DMA_PQ_UPDATE DMA_ZERO_SUM
      DMA_PQ_ZERO_SUM DMA_MEMSET DMA_MEMCPY_CRC32C DMA_INTERRUPT
      dma_status DMA_SUCCESS DMA_IN_PROGRESS DMA_ERROR dma_sync_wait max_xor
      """
          .lines()
          .flatMap(line -> Stream.of(line.strip().split("\\s+")))
          .toList();

  private static final List<String> PACKAGES =
      List.of(
          "io.asynctx.async.",
          "io.asynctx.dmaengine.",
          "io.asynctx.dmaengine.driver.",
          "io.asynctx.memory.");

  private final List<Markdown.Row> rows = Tree.project().document("docs/kernel-names.md").rows();

  @Test
  void everyNameOfTheSeedStandsThere() {
    final List<String> missing = new ArrayList<>(SEED);
    missing.removeAll(names());
    assertEquals(List.of(), missing);
  }

  @Test
  void noNameStandsThereTwice() {
    final Set<String> seen = new HashSet<>();
    assertEquals(List.of(), names().stream().filter(n -> !seen.add(n)).toList());
  }

  @Test
  void everyPlaceExistsInTheApi() {
    final List<String> wrong = new ArrayList<>();
    for (Markdown.Row row : rows) {
      final String place = row.cells().get(1);
      if (!place.equals("none") && !exists(Markdown.plain(place))) {
        wrong.add(row.line() + ": " + place);
      }
    }
    assertEquals(List.of(), wrong);
    assertTrue(exists("AsyncTx.memcpy") && exists("DmaState.REMOVED") && exists("DmaCaps"));
    assertFalse(exists("AsyncTx.copy") || exists("Gone"));
  }

  @Test
  void whatHasNoPlaceHasAReason() {
    rows.stream()
        .filter(r -> r.cells().get(1).equals("none"))
        .forEach(r -> assertTrue(r.cells().get(2).endsWith("."), () -> r.cells().toString()));
  }

  private List<String> names() {
    return rows.stream().map(r -> Markdown.plain(r.cells().getFirst())).toList();
  }

  private static boolean exists(String place) {
    final String[] parts = place.split("\\.");
    for (String prefix : PACKAGES) {
      try {
        final Class<?> type = Class.forName(prefix + parts[0]);
        return parts.length == 1
            || Stream.of(type.getMethods()).map(Method::getName).anyMatch(parts[1]::equals)
            || Stream.of(type.getFields()).map(Field::getName).anyMatch(parts[1]::equals);
      } catch (ClassNotFoundException e) {
        continue; // perhaps in the next package
      }
    }
    return false;
  }
}
