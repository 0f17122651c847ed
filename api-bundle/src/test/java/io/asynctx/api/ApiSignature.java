package io.asynctx.api;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.Annotation;
import java.lang.classfile.AnnotationElement;
import java.lang.classfile.AnnotationValue;
import java.lang.classfile.AttributedElement;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassSignature;
import java.lang.classfile.FieldModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodSignature;
import java.lang.classfile.Signature;
import java.lang.classfile.attribute.InnerClassInfo;
import java.lang.classfile.attribute.SignatureAttribute;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.reflect.AccessFlag;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What other bundles can see of the exported packages: for each package its version, for each
 * public or protected type one line, for each public or protected member one line. The text form is
 * sorted, so it can be checked in and compared.
 *
 * @param packages by package name
 */
record ApiSignature(SortedMap<String, Exported> packages) {
  private static final String PACKAGE = "package ";
  private static final String TYPE = "  ";
  private static final String MEMBER = "    ";

  /**
   * One exported package.
   *
   * @param version as its package-info says
   * @param types the members' lines by the line of their type
   */
  record Exported(String version, SortedMap<String, SortedSet<String>> types) {}

  /** Reads the class files below a folder. */
  static ApiSignature ofClasses(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      return ofClasses(
          files
              .filter(f -> f.toString().endsWith(".class"))
              .map(f -> {
                try {
                  return Files.readAllBytes(f);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              })
              .toList());
    }
  }

  /** Reads class files: a package counts if its package-info is among them, exported. */
  static ApiSignature ofClasses(Collection<byte[]> classFiles) {
    Map<String, ClassModel> classes = new HashMap<>();
    for (byte[] bytes : classFiles) {
      ClassModel model = ClassFile.of().parse(bytes);
      classes.put(model.thisClass().asInternalName(), model);
    }
    SortedMap<String, Exported> packages = new TreeMap<>();
    for (ClassModel info : classes.values()) {
      String name = info.thisClass().asInternalName();
      if (name.endsWith("/package-info") && annotation(info, "Export").isPresent()) {
        String folder = name.substring(0, name.lastIndexOf('/'));
        packages.put(
            folder.replace('/', '.'),
            new Exported(
                annotation(info, "Version").map(ApiSignature::value).orElse("0"), new TreeMap<>()));
      }
    }
    for (ClassModel model : classes.values()) {
      String name = model.thisClass().asInternalName();
      Exported exported = packages.get(packageOf(name));
      if (exported != null && !name.endsWith("-info") && visible(model, classes)) {
        exported.types().put(typeLine(model), members(model));
      }
    }
    return new ApiSignature(packages);
  }

  /** The inverse of {@link #toText}. */
  static ApiSignature parse(String text) {
    SortedMap<String, Exported> packages = new TreeMap<>();
    Exported exported = new Exported("0", new TreeMap<>());
    SortedSet<String> members = new TreeSet<>();
    for (String line : text.lines().toList()) {
      if (line.startsWith(PACKAGE)) {
        String[] words = line.split(" ");
        exported = new Exported(words[2], new TreeMap<>());
        packages.put(words[1], exported);
      } else if (line.startsWith(MEMBER)) {
        members.add(line.strip());
      } else if (line.startsWith(TYPE)) {
        members = new TreeSet<>();
        exported.types().put(line.strip(), members);
      }
    }
    return new ApiSignature(packages);
  }

  String toText() {
    StringBuilder text = new StringBuilder();
    packages.forEach((name, exported) -> {
      text.append(PACKAGE).append(name).append(' ').append(exported.version()).append('\n');
      exported
          .types()
          .forEach((type, members) -> {
            text.append(TYPE).append(type).append('\n');
            members.forEach(m -> text.append(MEMBER).append(m).append('\n'));
          });
    });
    return text.toString();
  }

  private static String packageOf(String internalName) {
    int slash = internalName.lastIndexOf('/');
    return slash < 0 ? "" : internalName.substring(0, slash).replace('/', '.');
  }

  private static Optional<InnerClassInfo> nesting(ClassModel model) {
    return model.findAttribute(Attributes.innerClasses()).stream()
        .flatMap(a -> a.classes().stream())
        .filter(i -> i.innerClass().asInternalName().equals(model.thisClass().asInternalName()))
        .findFirst();
  }

  /** A nested type's own flags are in the table of nested types; its class file says less. */
  private static Set<AccessFlag> flags(ClassModel model) {
    Set<AccessFlag> flags = EnumSet.noneOf(AccessFlag.class);
    flags.addAll(nesting(model).map(InnerClassInfo::flags).orElse(model.flags().flags()));
    return flags;
  }

  private static boolean visible(ClassModel model, Map<String, ClassModel> classes) {
    Set<AccessFlag> flags = flags(model);
    if (!flags.contains(AccessFlag.PUBLIC) && !flags.contains(AccessFlag.PROTECTED)) {
      return false;
    }
    Optional<InnerClassInfo> nesting = nesting(model);
    if (nesting.isEmpty()) {
      return true;
    }
    return nesting
        .get()
        .outerClass()
        .map(o -> visible(classes.get(o.asInternalName()), classes))
        .orElse(false);
  }

  private static String typeLine(ClassModel model) {
    Set<AccessFlag> flags = flags(model);
    StringJoiner line = new StringJoiner(" ");
    for (String type : List.of("ProviderType", "ConsumerType")) {
      annotation(model, type).ifPresent(a -> line.add("@" + type));
    }
    visibleFlags(flags).forEach(line::add);
    boolean sealed = model.findAttribute(Attributes.permittedSubclasses()).isPresent();
    if (sealed) {
      line.add("sealed");
    }
    if (flags.contains(AccessFlag.ANNOTATION)) {
      line.add("@interface");
    } else if (flags.contains(AccessFlag.INTERFACE)) {
      line.add("interface");
    } else if (flags.contains(AccessFlag.ENUM)) {
      line.add("enum");
    } else if (model.findAttribute(Attributes.record()).isPresent()) {
      line.add("record");
    } else {
      line.add("class");
    }
    Optional<ClassSignature> generic =
        model.findAttribute(Attributes.signature()).map(SignatureAttribute::asClassSignature);
    line.add(
        readable(model.thisClass())
            + generic.map(g -> typeParameters(g.typeParameters())).orElse(""));
    generic
        .map(g -> readable(g.superclassSignature()))
        .or(() -> model.superclass().map(ApiSignature::readable))
        .filter(s -> !s.equals("java.lang.Object"))
        .ifPresent(s -> line.add("extends " + s));
    List<String> interfaces =
        generic
            .map(g -> g.superinterfaceSignatures().stream().map(ApiSignature::readable).toList())
            .orElseGet(() -> model.interfaces().stream().map(ApiSignature::readable).toList());
    if (!interfaces.isEmpty()) {
      line.add("implements " + String.join(", ", interfaces));
    }
    model
        .findAttribute(Attributes.permittedSubclasses())
        .ifPresent(p ->
            line.add(
                "permits "
                    + p.permittedSubclasses().stream()
                        .map(ApiSignature::readable)
                        .sorted()
                        .collect(Collectors.joining(", "))));
    return line.toString();
  }

  private static SortedSet<String> members(ClassModel model) {
    boolean isFinal = model.flags().has(AccessFlag.FINAL);
    SortedSet<String> lines = new TreeSet<>();
    for (FieldModel field : model.fields()) {
      if (seen(field.flags().flags(), isFinal)) {
        lines.add(fieldLine(field));
      }
    }
    for (MethodModel method : model.methods()) {
      if (seen(method.flags().flags(), isFinal) && !method.methodName().equalsString("<clinit>")) {
        lines.add(methodLine(model, method));
      }
    }
    return lines;
  }

  private static boolean seen(Set<AccessFlag> flags, boolean ofFinalType) {
    return !flags.contains(AccessFlag.SYNTHETIC)
        && (flags.contains(AccessFlag.PUBLIC)
            || flags.contains(AccessFlag.PROTECTED) && !ofFinalType);
  }

  private static String fieldLine(FieldModel field) {
    StringJoiner line = new StringJoiner(" ");
    visibleFlags(field.flags().flags()).forEach(line::add);
    line.add(
        field
            .findAttribute(Attributes.signature())
            .map(s -> readable(s.asTypeSignature()))
            .orElseGet(() -> readable(Signature.of(field.fieldTypeSymbol()))));
    line.add(field.fieldName().stringValue());
    field
        .findAttribute(Attributes.constantValue())
        .ifPresent(c -> line.add("= " + literal(c.constant().constantValue())));
    return line.toString();
  }

  private static String methodLine(ClassModel model, MethodModel method) {
    StringJoiner line = new StringJoiner(" ");
    Set<AccessFlag> flags = method.flags().flags();
    visibleFlags(flags).forEach(line::add);
    if (model.flags().has(AccessFlag.INTERFACE)
        && !flags.contains(AccessFlag.ABSTRACT)
        && !flags.contains(AccessFlag.STATIC)) {
      line.add("default");
    }
    MethodSignature signature =
        method
            .findAttribute(Attributes.signature())
            .map(SignatureAttribute::asMethodSignature)
            .orElseGet(() -> MethodSignature.of(method.methodTypeSymbol()));
    if (!signature.typeParameters().isEmpty()) {
      line.add(typeParameters(signature.typeParameters()));
    }
    boolean constructor = method.methodName().equalsString("<init>");
    if (!constructor) {
      line.add(readable(signature.result()));
    }
    String arguments =
        signature.arguments().stream()
            .map(ApiSignature::readable)
            .collect(Collectors.joining(", ", "(", ")"));
    if (flags.contains(AccessFlag.VARARGS)) {
      arguments = arguments.replaceFirst("\\[]\\)$", "...)");
    }
    line.add((constructor ? "new" : method.methodName().stringValue()) + arguments);
    method
        .findAttribute(Attributes.exceptions())
        .filter(e -> !e.exceptions().isEmpty())
        .ifPresent(e ->
            line.add(
                "throws "
                    + e.exceptions().stream()
                        .map(ApiSignature::readable)
                        .sorted()
                        .collect(Collectors.joining(", "))));
    method
        .findAttribute(Attributes.annotationDefault())
        .ifPresent(d -> line.add("default " + literal(d.defaultValue())));
    return line.toString();
  }

  private static List<String> visibleFlags(Set<AccessFlag> flags) {
    return Stream.of(
            AccessFlag.PUBLIC,
            AccessFlag.PROTECTED,
            AccessFlag.ABSTRACT,
            AccessFlag.STATIC,
            AccessFlag.FINAL)
        .filter(flags::contains)
        .map(f -> f.name().toLowerCase(java.util.Locale.ROOT))
        .toList();
  }

  private static Optional<Annotation> annotation(AttributedElement element, String simpleName) {
    List<Annotation> all = new ArrayList<>();
    element
        .findAttribute(Attributes.runtimeInvisibleAnnotations())
        .ifPresent(a -> all.addAll(a.annotations()));
    element
        .findAttribute(Attributes.runtimeVisibleAnnotations())
        .ifPresent(a -> all.addAll(a.annotations()));
    return all.stream()
        .filter(a -> a.className().stringValue().startsWith("Lorg/osgi/annotation/"))
        .filter(a -> a.className().stringValue().endsWith("/" + simpleName + ";"))
        .findFirst();
  }

  private static String value(Annotation annotation) {
    return annotation.elements().stream()
        .filter(e -> e.name().equalsString("value"))
        .map(AnnotationElement::value)
        .map(v -> v instanceof AnnotationValue.OfString s ? s.stringValue() : v.toString())
        .findFirst()
        .orElseThrow();
  }

  private static String readable(ClassEntry entry) {
    return entry.asInternalName().replace('/', '.');
  }

  private static String typeParameters(List<Signature.TypeParam> parameters) {
    if (parameters.isEmpty()) {
      return "";
    }
    return parameters.stream()
        .map(p -> {
          List<String> bounds =
              Stream.concat(p.classBound().stream(), p.interfaceBounds().stream())
                  .map(ApiSignature::readable)
                  .filter(b -> !b.equals("java.lang.Object"))
                  .toList();
          return p.identifier()
              + (bounds.isEmpty() ? "" : " extends " + String.join(" & ", bounds));
        })
        .collect(Collectors.joining(", ", "<", ">"));
  }

  private static String readable(Signature signature) {
    return switch (signature) {
      case Signature.BaseTypeSig base -> primitive(base.baseType());
      case Signature.ArrayTypeSig array -> readable(array.componentSignature()) + "[]";
      case Signature.TypeVarSig variable -> variable.identifier();
      case Signature.ClassTypeSig type ->
          type.outerType().map(o -> readable(o) + "$").orElse("")
              + type.className().replace('/', '.')
              + (type.typeArgs().isEmpty()
                  ? ""
                  : type.typeArgs().stream()
                      .map(ApiSignature::readable)
                      .collect(Collectors.joining(", ", "<", ">")));
    };
  }

  private static String primitive(char descriptor) {
    return switch (descriptor) {
      case 'Z' -> "boolean";
      case 'B' -> "byte";
      case 'C' -> "char";
      case 'S' -> "short";
      case 'I' -> "int";
      case 'J' -> "long";
      case 'F' -> "float";
      case 'D' -> "double";
      case 'V' -> "void";
      default -> throw new IllegalArgumentException("not a primitive: descriptor=" + descriptor);
    };
  }

  private static String readable(Signature.TypeArg argument) {
    return switch (argument) {
      case Signature.TypeArg.Unbounded _ -> "?";
      case Signature.TypeArg.Bounded bounded ->
          switch (bounded.wildcardIndicator()) {
                case NONE -> "";
                case EXTENDS -> "? extends ";
                case SUPER -> "? super ";
              }
              + readable(bounded.boundType());
    };
  }

  private static String literal(Object constant) {
    return constant instanceof String s ? quoted(s) : constant.toString();
  }

  private static String literal(AnnotationValue value) {
    return switch (value) {
      case AnnotationValue.OfString s -> quoted(s.stringValue());
      case AnnotationValue.OfConstant c -> c.resolvedValue().toString();
      case AnnotationValue.OfEnum e -> e.constantName().stringValue();
      case AnnotationValue.OfClass c -> c.className().stringValue();
      case AnnotationValue.OfArray a ->
          a.values().stream()
              .map(ApiSignature::literal)
              .collect(Collectors.joining(", ", "{", "}"));
      case AnnotationValue.OfAnnotation a -> a.annotation().toString();
    };
  }

  private static String quoted(String s) {
    return '"'
        + s.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\"", "\\\"")
        + '"';
  }

  /** The lines of all types and members of one package, each with its type's name in front. */
  static SortedSet<String> flat(Exported exported) {
    SortedSet<String> lines = new TreeSet<>();
    exported
        .types()
        .forEach((type, members) -> {
          lines.add(type);
          members.forEach(m -> lines.add(nameOf(type) + " :: " + m));
        });
    return lines;
  }

  /** The binary name in a type's line. */
  static String nameOf(String typeLine) {
    List<String> words = Arrays.asList(typeLine.split("[ <]"));
    for (String kind : List.of("class", "interface", "@interface", "enum", "record")) {
      int at = words.indexOf(kind);
      if (at >= 0) {
        return words.get(at + 1);
      }
    }
    throw new IllegalArgumentException("not a type's line: line=" + typeLine);
  }
}
