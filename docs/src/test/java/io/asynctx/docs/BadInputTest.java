package io.asynctx.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Every bad input has a row in the document, and the row leads to a test that exists. */
final class BadInputTest {

  private static final List<String> REQUIRED =
      List.of(
          "wrong counts",
          "wrong lengths",
          "wrong offsets",
          "overlaps",
          "misalignment",
          "closed segments",
          "read-only destinations",
          "heap segments where hardware is required",
          "heap segments elsewhere work",
          "confined segment off its owner's synchronous path",
          "zero length",
          "256 disks",
          "stale handles",
          "handles of another engine",
          "descriptors abandoned twice",
          "descriptors submitted twice",
          "cyclic chains",
          "callback that throws",
          "callback that blocks for ever",
          "callback that waits on a descriptor",
          "callback that submits",
          "client that throws",
          "client that blocks",
          "client that answers null",
          "client whose filter does not parse",
          "submission from IRQ context",
          "stopped engine",
          "missing input file",
          "unreadable input file",
          "empty input file",
          "one-byte input file",
          "vanishing input file",
          "full disk in --out",
          "order to a channel that is not there",
          "order to a channel that leaves",
          "assignment that is not understood",
          "policy that is not understood",
          "size or operation that is not understood",
          "words a command does not take",
          "PCI function already in use",
          "PCI function that leaves",
          "configuration space cut short",
          "register outside of its window",
          "exhausted mappings",
          "null callback means none",
          "I/OAT device that is gone",
          "I/OAT registers that change",
          "I/OAT registers that say what cannot be",
          "I/OAT completion that names no descriptor",
          "I/OAT completion that runs backwards",
          "memory that is not mapped for an I/OAT device",
          "exhausted DMA mappings",
          "I/OAT device already in use",
          "truncated configuration space",
          "I/OAT device that computes wrong bytes");

  @Test
  void everyBadInputLeadsToItsTest() {
    final Tree tree = Tree.project();
    assertEquals(
        List.of(),
        new Coverage(REQUIRED).problems(tree, tree.document("docs/bad-input.md").rows(), 1));
  }
}
