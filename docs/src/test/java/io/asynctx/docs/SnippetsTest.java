package io.asynctx.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SnippetsTest {

  private final Snippets snippets = new Snippets();

  @TestFactory
  Stream<DynamicTest> everyJavaBlockOfEveryDocumentCompiles() {
    return Tree.project().documents().stream()
        .map(document ->
            DynamicTest.dynamicTest(
                document.path(), () -> assertEquals(List.of(), snippets.problems(document))));
  }

  @Test
  void documentsHaveSnippetsToCompile() {
    for (String name : List.of("README.md", "docs/async-tx-api.md")) {
      final long blocks =
          Tree.project().document(name).fences().stream()
              .filter(f -> f.language().equals("java"))
              .count();
      assertTrue(blocks >= 3, () -> name + ": java blocks=" + blocks);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "async.memcpy(dest, src, submit);", // an argument is missing
        "long tx = async.copy(dest, src, len, submit);", // no such method
        "int tx = async.memcpy(dest, src, len, submit);", // a handle is a long
        "class Half implements DmaClient {}",
        "void f() { undeclared.run(); }",
        "import io.asynctx.async.Gone; class X {}",
        "long t = 1", // no semicolon: of no kind
        "",
        "long t = async.memcpy(dest, src, len, submit)\n    // and so on"
      })
  void plantedBadSnippetIsReported(String body) {
    assertEquals(1, problems("```java\n" + body + "\n```").size(), () -> problems(body).toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "async.memcpy(dest, src, len, submit.with(ACK, NONE));",
        "for (MemorySegment s : srcs) {\n  async.memcpy(dest, s, len, submit);\n}",
        "// a comment\n"
            + "@Component\n"
            + "public final class A implements DmaClient {\n"
            + "  public DmaStateClient event(DmaChannel c, DmaState s) { return DmaStateClient.DUP;"
            + " }\n"
            + "}",
        "void f(long tx, TransferResult result) {\n  async.ack(tx);\n}",
        "package x;\nimport io.asynctx.async.AsyncTx;\nclass User { AsyncTx async; }",
      })
  void goodSnippetOfEachKindPasses(String body) {
    assertEquals(List.of(), problems("```java\n" + body + "\n```"));
  }

  @Test
  void markerOverrulesTheLooks() {
    assertEquals(List.of(), problems("<!-- snippet: members -->\n```java\nint more = 1;\n```"));
    assertEquals(1, problems("<!-- snippet: sketch -->\n```java\nint more = 1;\n```").size());
    assertEquals(1, problems("<!-- snippet: members -->\n```text\nint more\n```").size());
    assertEquals(1, problems("<!-- snippet: members -->\nno block").size());
    assertEquals(1, problems("<!-- snippet: members -->").size());
  }

  @Test
  void blockWithoutALanguageOrAnEndIsReported() {
    assertEquals(1, problems("```\nls\n```").size());
    assertEquals(1, problems("```perl\nls\n```").size());
    assertEquals(1, problems("```text\nls").size());
    assertEquals(List.of(), problems("```text\nls\n```"));
  }

  private List<String> problems(String text) {
    return snippets.problems(Markdown.of("planted.md", text));
  }
}
