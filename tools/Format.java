import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;

/**
 * Runs google-java-format over every Java source of the root's modules. Arguments: {@code check} or
 * {@code write}, then the root folder. The build starts it on the JDK 25, whichever JDK runs Maven.
 */
final class Format {
  private static final Pattern MODULE = Pattern.compile("<module>([^<]+)</module>");

  private Format() {}

  public static void main(String[] args) throws IOException {
    boolean write = args[0].equals("write");
    Path root = Path.of(args[1]).toAbsolutePath().normalize();
    List<String> command = new ArrayList<>();
    command.add(write ? "--replace" : "--dry-run");
    command.addAll(sources(root.resolve("tools")));
    Matcher module = MODULE.matcher(Files.readString(root.resolve("pom.xml")));
    while (module.find()) {
      command.addAll(sources(root.resolve(module.group(1))));
    }
    if (command.size() == 1) {
      return;
    }

    ToolProvider formatter = ToolProvider.findFirst("google-java-format").orElseThrow();
    ByteArrayOutputStream changed = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(changed, true, StandardCharsets.UTF_8);
    int code = formatter.run(out, System.err, command.toArray(String[]::new));
    if (code != 0) {
      System.err.println("formatting failed: exit=" + code + "; the lines above say where");
      System.exit(1);
    }
    List<String> names = changed.toString(StandardCharsets.UTF_8).lines().toList();
    if (!write && !names.isEmpty()) {
      names.forEach(n -> System.err.println("not formatted: " + root.relativize(Path.of(n))));
      System.err.println(
          "source format differs: files=" + names.size() + "; run: mvn -B -ntp -N -Pformat verify");
      System.exit(1);
    }
  }

  private static List<String> sources(Path root) throws IOException {
    List<String> found = new ArrayList<>();
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) {
            return dir.endsWith("target") ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (file.toString().endsWith(".java")) {
              found.add(file.toString());
            }
            return FileVisitResult.CONTINUE;
          }
        });
    found.sort(null);
    return found;
  }
}
