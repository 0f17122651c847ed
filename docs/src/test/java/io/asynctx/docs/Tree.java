package io.asynctx.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** The source tree of the whole project, as the documents speak of it. */
final class Tree {

  private static final Set<String> NOT_OURS = Set.of("target", ".git", ".idea", "node_modules");

  private final Path root;
  private final List<Path> files = new ArrayList<>();

  Tree(Path root) {
    this.root = root.toAbsolutePath().normalize();
    try {
      Files.walkFileTree(
          this.root,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) {
              return NOT_OURS.contains(dir.getFileName().toString())
                  ? FileVisitResult.SKIP_SUBTREE
                  : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
              files.add(file);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The project this test belongs to. */
  static Tree project() {
    return new Tree(Path.of(System.getProperty("project.root", "..")));
  }

  Path root() {
    return root;
  }

  boolean has(String relative) {
    return Files.exists(root.resolve(relative));
  }

  Markdown document(String relative) {
    return Markdown.of(relative, text(root.resolve(relative)));
  }

  List<Markdown> documents() {
    return files.stream()
        .filter(f -> f.toString().endsWith(".md"))
        .map(f -> root.relativize(f).toString().replace('\\', '/'))
        .sorted()
        .map(this::document)
        .toList();
  }

  /**
   * Looks a test up by its name.
   *
   * @param reference {@code Class#method}
   * @return what is wrong with it; empty if there is such a method
   */
  String missing(String reference) {
    final String[] parts = reference.split("#", -1);
    if (parts.length != 2) {
      return "not of the form Class#method: " + reference;
    }
    final List<Path> sources =
        files.stream()
            .filter(f -> f.getFileName().toString().equals(parts[0] + ".java"))
            .filter(f -> f.toString().replace('\\', '/').contains("/src/"))
            .toList();
    if (sources.isEmpty()) {
      return "no such class in the source tree: " + reference;
    }
    final Pattern method =
        Pattern.compile(
            "\\b(void|DynamicTest>?|DynamicNode>?)\\s+" + Pattern.quote(parts[1]) + "\\s*\\(");
    return sources.stream().anyMatch(f -> method.matcher(text(f)).find())
        ? ""
        : "no such method in the class: " + reference;
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
