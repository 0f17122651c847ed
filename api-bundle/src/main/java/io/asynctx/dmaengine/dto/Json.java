package io.asynctx.dmaengine.dto;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes records, and what they are made of, as JSON text (RFC 8259), indented by two spaces.
 *
 * <p>Records and maps become objects, with components in their order and keys as their text;
 * collections and arrays of objects become arrays; strings, enum constants (by name), numbers,
 * booleans and null become themselves. The text holds nothing but ASCII outside of what the strings
 * bring along; in these everything that JSON or a line-reading tool could stumble over is escaped.
 *
 * <p>Threading: any thread; the value must not change meanwhile.
 */
public final class Json {

  private static final char[] HEX = "0123456789abcdef".toCharArray();

  private final StringBuilder text = new StringBuilder();
  private int depth;

  private Json() {}

  /**
   * The JSON text of a value.
   *
   * @param value null, or one of the kinds named above, to any depth
   * @return the text, without a line end after it
   * @throws IllegalArgumentException for another type, or a number that is not finite; names it
   */
  public static String of(@Nullable Object value) {
    final Json json = new Json();
    json.value(value);
    return json.text.toString();
  }

  private void value(@Nullable Object value) {
    switch (value) {
      case null -> text.append("null");
      case String string -> string(string);
      case Boolean bool -> text.append(bool.booleanValue());
      case Enum<?> constant -> string(constant.name());
      case Number number -> number(number);
      case Record record -> record(record);
      case Map<?, ?> map -> map(map);
      case Collection<?> many -> array(many);
      case Object[] many -> array(Arrays.asList(many));
      default ->
          throw new IllegalArgumentException(
              "no JSON for this type: type="
                  + value.getClass().getName()
                  + "; use records, maps, collections, strings, numbers, booleans");
    }
  }

  private void number(Number number) {
    if (number instanceof Double || number instanceof Float) {
      final double value = number.doubleValue();
      if (!Double.isFinite(value)) {
        throw new IllegalArgumentException(
            "no JSON for a number that is not finite: value=" + value);
      }
    }
    text.append(number);
  }

  private void record(Record record) {
    object(
        Arrays.asList(record.getClass().getRecordComponents()).iterator(),
        (component, json) -> {
          json.string(component.getName());
          json.text.append(": ");
          json.value(read(component, record));
        });
  }

  private static @Nullable Object read(RecordComponent component, Record record) {
    try {
      component.getAccessor().setAccessible(true); // for records that are not public
      return component.getAccessor().invoke(record);
    } catch (IllegalAccessException | InvocationTargetException e) {
      throw new IllegalArgumentException(
          "record component cannot be read: record="
              + record.getClass().getName()
              + ", component="
              + component.getName(),
          e);
    }
  }

  private void map(Map<?, ?> map) {
    object(
        map.entrySet().iterator(),
        (entry, json) -> {
          json.string(String.valueOf(entry.getKey()));
          json.text.append(": ");
          json.value(entry.getValue());
        });
  }

  private <T> void object(Iterator<T> entries, BiConsumer<T, Json> write) {
    members('{', entries, write, '}');
  }

  private void array(Collection<?> many) {
    members('[', many.iterator(), (element, json) -> json.value(element), ']');
  }

  private <T> void members(char open, Iterator<T> members, BiConsumer<T, Json> write, char close) {
    text.append(open);
    if (members.hasNext()) {
      depth++;
      do {
        line();
        write.accept(members.next(), this);
        if (members.hasNext()) {
          text.append(',');
        }
      } while (members.hasNext());
      depth--;
      line();
    }
    text.append(close);
  }

  private void line() {
    text.append('\n').append("  ".repeat(depth));
  }

  private void string(String string) {
    text.append('"');
    for (int i = 0; i < string.length(); i++) {
      final char c = string.charAt(i);
      switch (c) {
        case '"' -> text.append("\\\"");
        case '\\' -> text.append("\\\\");
        case '\n' -> text.append("\\n");
        case '\r' -> text.append("\\r");
        case '\t' -> text.append("\\t");
        case '\b' -> text.append("\\b");
        case '\f' -> text.append("\\f");
        default -> {
          if (plain(string, i, c)) {
            text.append(c);
          } else {
            text.append("\\u");
            for (int shift = 12; shift >= 0; shift -= 4) {
              text.append(HEX[c >> shift & 15]);
            }
          }
        }
      }
    }
    text.append('"');
  }

  // Not plain: controls, the line ends that JavaScript knows and JSON does not, and halves of a
  // pair
  // without their other half, which no UTF-8 encoder can write.
  private static boolean plain(String string, int i, char c) {
    if (c < 0x20 || c >= 0x7f && c < 0xa0 || c == 0x2028 || c == 0x2029) {
      return false;
    }
    if (Character.isHighSurrogate(c)) {
      return i + 1 < string.length() && Character.isLowSurrogate(string.charAt(i + 1));
    }
    return !Character.isLowSurrogate(c) || i > 0 && Character.isHighSurrogate(string.charAt(i - 1));
  }
}
