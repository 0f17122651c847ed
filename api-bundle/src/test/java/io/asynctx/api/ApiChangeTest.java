package io.asynctx.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.api.ApiChange.Step;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Plants changes in a small API, compiled in memory, and asks for the judgement of each. */
final class ApiChangeTest {
  private static final String BASE =
      """
      @ConsumerType public interface Client { void offered(int a); default void later() {} }
      @ProviderType public interface Engine { long A = 1; java.util.List<String> names(); }
      public interface Unmarked { void run(); }
      public abstract class Base { protected Base() {} protected abstract int size(); void own() {} }
      public enum Colour { RED, GREEN }
      public record Point(int x, int y) {}
      public sealed interface Shape permits Round {}
      public final class Round implements Shape { private int secret; int packaged; }
      public @interface Mark { String value(); int size() default 1; }
      final class Hidden { public void anything() {} }
      """;

  private static ApiSignature baseline;

  @BeforeAll
  static void compileBaseline() throws Exception {
    baseline = compiled("1.2.3", BASE);
  }

  @ParameterizedTest(name = "{0} -> {1}: {2}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "offered(int a);|offered(int a); void gone();|MAJOR",
        "offered(int a);|offered(int a); default void more() {}|MINOR",
        "offered(int a);|offered(long a);|MAJOR",
        "void offered(int a);|~~|MAJOR",
        "void offered(int a);|void offered(int a) throws java.io.IOException;|MAJOR",
        "default void later() {}|void later();|MAJOR",
        "names();|names(); void more();|MINOR",
        "java.util.List<String>|java.util.List<Integer>|MAJOR",
        "long A = 1;|long A = 2;|MAJOR",
        "long A = 1;|long A = 1; int B = 2;|MINOR",
        "@ProviderType|@ConsumerType|MAJOR",
        "void run();|void run(); void stop();|MAJOR",
        "size();|size(); protected abstract int more();|MAJOR",
        "size();|size(); public void more() {}|MINOR",
        "protected Base()|Base()|MAJOR",
        "void own() {}|void other() {}|NONE",
        "RED, GREEN|RED, GREEN, BLUE|MINOR",
        "RED, GREEN|RED|MAJOR",
        "int x, int y|int x, int y, int z|MAJOR",
        "Shape permits Round {}|Shape permits Round { default int area() { return 0; } }|MINOR",
        "int secret|long secret|NONE",
        "int packaged;|~~|NONE",
        "default 1|default 2|MAJOR",
        "size() default 1;|size() default 1; int more() default 1;|MINOR",
        "String value();|String value(); int must();|MAJOR",
        "public void anything()|public int other() { return 1; } void anything()|NONE",
        "public enum|enum|MAJOR",
        "public interface Unmarked|public class New {} public interface Unmarked|MINOR",
      })
  void everyPlantedChangeNeedsItsStep(String old, String planted, Step needed) throws Exception {
    assertTrue(BASE.contains(old), old);
    ApiSignature changed = compiled("1.2.3", BASE.replace(old, planted));
    for (String version : List.of("1.2.3", "1.2.4", "1.3.0", "2.0.0")) {
      List<ApiChange> changes = ApiChange.between(baseline, at(version, changed));
      Step made =
          switch (version) {
            case "2.0.0" -> Step.MAJOR;
            case "1.3.0" -> Step.MINOR;
            default -> Step.NONE;
          };
      boolean accepted = changes.stream().allMatch(ApiChange::accepted);
      assertEquals(made.compareTo(needed) >= 0, accepted, () -> version + ": " + changes);
      changes.forEach(c -> assertEquals(needed, c.needed(), c::toString));
    }
  }

  @Test
  void complaintNamesPackageVersionAndLine() throws Exception {
    ApiSignature now = compiled("1.2.3", BASE.replace("void run();", ""));
    String text = ApiChange.between(baseline, now).getFirst().complaint();
    assertTrue(text.contains("package=p.api"), text);
    assertTrue(text.contains("set @Version(\"2.0.0\")"), text);
    assertTrue(text.contains("- p.api.Unmarked :: public abstract void run()"), text);
  }

  @Test
  void versionMayNotFall() {
    assertTrue(
        ApiChange.between(baseline, at("1.2.2", baseline)).stream().noneMatch(ApiChange::accepted));
  }

  @Test
  void packageMayComeButNotGo() {
    ApiSignature empty = ApiSignature.ofClasses(List.of());
    assertTrue(ApiChange.between(empty, baseline).getFirst().accepted());
    assertFalse(ApiChange.between(baseline, empty).getFirst().accepted());
  }

  private static ApiSignature at(String version, ApiSignature signature) {
    return new ApiSignature(
        new TreeMap<>(
            Map.of(
                "p.api",
                new ApiSignature.Exported(version, signature.packages().get("p.api").types()))));
  }

  private static ApiSignature compiled(String version, String types) throws Exception {
    String imports =
        "package p.api; import org.osgi.annotation.versioning.*;"
            + " import org.osgi.annotation.bundle.Export;\n";
    List<Source> sources = new ArrayList<>();
    sources.add(
        new Source(
            "package-info",
            "@org.osgi.annotation.bundle.Export"
                + " @org.osgi.annotation.versioning.Version(\""
                + version
                + "\") package p.api;"));
    // Every public type in a file of its own.
    for (String type : types.replace("public class New {} ", "public class New {}\n").split("\n")) {
      String name = type.replaceFirst(".*?(?:class|interface|enum|record) (\\w+).*", "$1").strip();
      sources.add(new Source(name, imports + type));
    }
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    List<ByteArrayOutputStream> classes = new ArrayList<>();
    try (JavaFileManager files =
        new ForwardingJavaFileManager<>(compiler.getStandardFileManager(null, null, null)) {
          @Override
          public JavaFileObject getJavaFileForOutput(
              Location location,
              String name,
              JavaFileObject.Kind kind,
              javax.tools.FileObject from) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            classes.add(bytes);
            return new SimpleJavaFileObject(URI.create("mem:///" + name + ".class"), kind) {
              @Override
              public OutputStream openOutputStream() {
                return bytes;
              }
            };
          }
        }) {
      List<String> options =
          List.of("-proc:none", "-classpath", System.getProperty("java.class.path"));
      assertTrue(compiler.getTask(null, files, null, options, null, sources).call(), types);
    }
    return ApiSignature.ofClasses(
        classes.stream().map(ByteArrayOutputStream::toByteArray).toList());
  }

  private static final class Source extends SimpleJavaFileObject {
    private final String text;

    Source(String name, String text) {
      super(URI.create("mem:///p/api/" + name + ".java"), Kind.SOURCE);
      this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }
}
