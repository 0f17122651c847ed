package io.asynctx.validation;

import io.asynctx.validation.tier.Profile;
import io.asynctx.validation.tier.Tier;
import java.io.Serial;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The words of the command line.
 *
 * @param tiers which are run
 * @param profiles which parts the model is
 * @param json where the array goes; null for nowhere
 */
record Options(Set<Tier> tiers, Set<Profile> profiles, @Nullable Path json) {

  /** The words cannot be understood; the message says why. */
  static final class WordsException extends Exception {
    @Serial private static final long serialVersionUID = 1;

    WordsException(String message) {
      super(message);
    }
  }

  /**
   * Understands words.
   *
   * @param words without the command's own
   * @return what they mean
   * @throws WordsException if they mean nothing
   */
  static Options of(List<String> words) throws WordsException {
    final Set<Tier> tiers = EnumSet.noneOf(Tier.class);
    final Set<Profile> profiles = EnumSet.noneOf(Profile.class);
    Path json = null;
    boolean device = false;
    final Iterator<String> all = words.iterator();
    while (all.hasNext()) {
      final String word = all.next();
      switch (word) {
        case "--tier" -> tiers.add(tier(next(word, all)));
        case "--profile" -> profiles.add(profile(next(word, all)));
        case "--json" -> json = file(next(word, all));
        case "ioat" -> {
          if (device) {
            throw new WordsException("device twice: word=" + word);
          }
          device = true;
        }
        default ->
            throw new WordsException(
                (word.startsWith("-") ? "unknown option: word=" : "unknown device: word=") + word);
      }
    }
    if (!device) {
      throw new WordsException("device missing: known=ioat");
    }
    return new Options(
        tiers.isEmpty() ? EnumSet.allOf(Tier.class) : tiers,
        profiles.isEmpty() ? EnumSet.allOf(Profile.class) : profiles,
        json);
  }

  private static String next(String option, Iterator<String> words) throws WordsException {
    if (!words.hasNext()) {
      throw new WordsException("value missing: option=" + option);
    }
    return words.next();
  }

  private static Tier tier(String text) throws WordsException {
    for (Tier tier : Tier.values()) {
      if (tier.name().equals(text.toUpperCase(Locale.ROOT))) {
        return tier;
      }
    }
    throw new WordsException("unknown tier: value=" + text + ", known=A, B, C, D");
  }

  private static Profile profile(String text) throws WordsException {
    for (Profile profile : Profile.values()) {
      if (profile.word().equals(text.toLowerCase(Locale.ROOT))) {
        return profile;
      }
    }
    throw new WordsException("unknown profile: value=" + text + ", known=" + Profile.words());
  }

  private static Path file(String text) throws WordsException {
    final Path file = Path.of(text).toAbsolutePath();
    final Path folder = file.getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new WordsException("--json: no such folder: file=" + file);
    }
    return file;
  }
}
