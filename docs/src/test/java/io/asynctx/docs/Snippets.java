package io.asynctx.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.StandardLocation;
import javax.tools.ToolProvider;

/**
 * Compiles the Java blocks of a document. A block is statements, members of a class, or a whole
 * file; which of these is seen from its text, or said by a comment on the line before it: {@code
 * <!-- snippet: members -->}. Blocks of other languages name theirs; what is only to be read is
 * {@code text}.
 */
final class Snippets {

  private static final Set<String> OTHER_LANGUAGES = Set.of("text", "sh", "xml", "properties");
  private static final Set<String> KINDS = Set.of("statements", "members", "file");
  private static final Pattern ANNOTATION = Pattern.compile("@\\w+(\\((?s:.*?)\\))?\\s*");
  private static final String MODIFIERS =
      "((public|protected|private|static|final|abstract|sealed|non-sealed)\\s+)*";
  private static final Pattern TYPE =
      Pattern.compile(MODIFIERS + "(class|interface|@interface|enum|record)\\s+\\w+(?s:.*)");
  private static final Pattern METHOD =
      Pattern.compile(
          MODIFIERS + "[\\w<>\\[\\], ]+\\s+\\w+\\([^;]*?\\)\\s*(throws [^;{]+)?\\{(?s:.*)");
  private static final Pattern KEYWORD =
      Pattern.compile("(if|for|while|switch|try|do|return|throw|else|synchronized|new)\\b(?s:.*)");
  private static final Pattern TYPE_NAME =
      Pattern.compile("\\b(?:class|interface|enum|record)\\s+(\\w+)");

  private static final String IMPORTS =
      """
      import static io.asynctx.async.AsyncTx.NONE;
      import static io.asynctx.async.AsyncTxFlags.*;
      import io.asynctx.async.*;
      import io.asynctx.dmaengine.*;
      import io.asynctx.dmaengine.admin.*;
      import io.asynctx.dmaengine.driver.*;
      import io.asynctx.dmaengine.dto.*;
      import io.asynctx.memory.*;
      import java.lang.foreign.*;
      import java.time.*;
      import java.util.*;
      import java.util.concurrent.*;
      import java.util.concurrent.atomic.*;
      import org.osgi.service.component.annotations.*;
      """;

  /** What the documents take for granted; every other name a snippet must declare itself. */
  private static final String AROUND =
      """
      abstract class Snippet {
        AsyncTx async;
        DmaEngine engine;
        DmaBuffers buffers;
        DmaChannel channel;
        DmaClient client;
        DmaInspector inspector;
        SubmitControl submit;
        MemorySegment dest, src, copyDest, copySrc, xorDest, a, b, c, d, e, p, q, z;
        MemorySegment[] srcs, xorSrcs, blocks;
        long len;
        int n, disks;
      """;

  private final JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();

  /** What is wrong with the blocks of a document, one line each; empty if all is well. */
  List<String> problems(Markdown document) {
    final List<String> problems = new ArrayList<>(document.problems());
    for (Markdown.Fence fence : document.fences()) {
      final String at = document.path() + ":" + fence.line() + ": ";
      if (!fence.language().equals("java")) {
        if (!fence.marker().isEmpty()) {
          problems.add(at + "marker on a block that is not java: " + fence.marker());
        } else if (!OTHER_LANGUAGES.contains(fence.language())) {
          problems.add(at + "block of no known language: \"" + fence.language() + "\"; say text");
        }
        continue;
      }
      final String kind = fence.marker().isEmpty() ? kind(fence.body()) : fence.marker();
      if (KINDS.contains(kind)) {
        errors(kind, fence.body()).forEach(e -> problems.add(at + e));
      } else {
        problems.add(at + "kind of the block is not known: " + kind + "; mark it, one of " + KINDS);
      }
    }
    return problems;
  }

  /** Statements, members or file, by the looks of it; {@code unclear} if it looks like none. */
  static String kind(String body) {
    String rest = body.strip();
    for (boolean again = true; again; ) {
      final String before = rest;
      if (rest.startsWith("//")) {
        rest = rest.substring(Math.max(rest.indexOf('\n'), 2)).strip();
      } else if (rest.startsWith("/*") && rest.contains("*/")) {
        rest = rest.substring(rest.indexOf("*/") + 2).strip();
      } else {
        final Matcher annotation = ANNOTATION.matcher(rest);
        rest = annotation.lookingAt() ? rest.substring(annotation.end()) : rest;
      }
      again = !before.equals(rest);
    }
    if (rest.startsWith("package ") || rest.startsWith("import ")) {
      return "file";
    }
    if (TYPE.matcher(rest).matches()
        || (METHOD.matcher(rest).matches() && !KEYWORD.matcher(rest).matches())) {
      return "members";
    }
    return rest.endsWith(";") || rest.endsWith("}") ? "statements" : "unclear";
  }

  private List<String> errors(String kind, String body) {
    final String source =
        switch (kind) {
          case "file" -> body;
          case "members" -> IMPORTS + AROUND + body + "\n}\n";
          default ->
              IMPORTS + AROUND + "  void snippet() throws Exception {\n" + body + "\n  }\n}\n";
        };
    final Matcher named = TYPE_NAME.matcher(source);
    final String name = named.find() ? named.group(1) : "Snippet";
    final DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(found, null, null)) {
      files.setLocationFromPaths(
          StandardLocation.CLASS_OUTPUT, List.of(Path.of(System.getProperty("java.io.tmpdir"))));
      final List<String> options =
          List.of(
              "-proc:none",
              "-Xlint:all",
              "-XDshould-stop.ifNoError=FLOW", // checks everything and writes no class
              "-classpath",
              System.getProperty("java.class.path"));
      compiler.getTask(null, files, found, options, null, List.of(new Source(name, source))).call();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found.getDiagnostics().stream()
        .filter(d -> d.getKind() != Diagnostic.Kind.NOTE)
        .map(d -> line(source, d.getLineNumber()) + " <- " + d.getMessage(Locale.ROOT))
        .map(text -> text.replace('\n', ' '))
        .toList();
  }

  private static String line(String source, long number) {
    return number < 1 ? "" : source.lines().skip(number - 1).findFirst().orElse("").strip();
  }

  private static final class Source extends SimpleJavaFileObject {
    private final String text;

    Source(String name, String text) {
      super(URI.create("string:///" + name + ".java"), Kind.SOURCE);
      this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }
}
