package io.asynctx.bench;

import java.io.Serial;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The words of the command line.
 *
 * @param quick whether less than five minutes are wanted
 * @param list whether only names are wanted
 * @param minutes for all rows together; 0 for as long as it takes
 * @param json where the array goes; null for nowhere
 * @param page the page to fill; null for none
 * @param pattern which rows; empty for all
 */
record Options(
    boolean quick,
    boolean list,
    int minutes,
    @Nullable Path json,
    @Nullable Path page,
    String pattern) {

  private static final int MOST_MINUTES = 24 * 60;

  /** The words cannot be understood; the message says why. */
  static final class WordsException extends Exception {
    @Serial private static final long serialVersionUID = 1;

    WordsException(String message) {
      super(message);
    }
  }

  static Options of(List<String> words) throws WordsException {
    boolean quick = false;
    boolean list = false;
    int minutes = 0;
    Path json = null;
    Path page = null;
    String pattern = "";
    final Iterator<String> all = words.iterator();
    while (all.hasNext()) {
      final String word = all.next();
      switch (word) {
        case "--quick" -> quick = true;
        case "--list" -> list = true;
        case "--minutes" -> minutes = minutes(next(word, all));
        case "--json" -> json = Path.of(next(word, all));
        case "--page" -> page = Path.of(next(word, all));
        default -> {
          if (word.startsWith("-")) {
            throw new WordsException("unknown option: word=" + word);
          }
          if (!pattern.isEmpty()) {
            throw new WordsException("more than one pattern: words=" + pattern + ' ' + word);
          }
          pattern = word;
        }
      }
    }
    if (quick && minutes > 0) {
      throw new WordsException("--quick and --minutes exclude each other");
    }
    return new Options(quick, list, minutes, json, page, pattern);
  }

  private static String next(String option, Iterator<String> words) throws WordsException {
    if (!words.hasNext()) {
      throw new WordsException("value missing: option=" + option);
    }
    return words.next();
  }

  private static int minutes(String text) throws WordsException {
    final int minutes = text.matches("[0-9]{1,5}") ? Integer.parseInt(text) : 0;
    if (minutes < 1 || minutes > MOST_MINUTES) {
      throw new WordsException("--minutes: value=" + text + ", min=1, max=" + MOST_MINUTES);
    }
    return minutes;
  }

  Effort effort(int rows) {
    return quick ? Effort.quick() : minutes > 0 ? Effort.minutes(minutes, rows) : Effort.usual();
  }
}
