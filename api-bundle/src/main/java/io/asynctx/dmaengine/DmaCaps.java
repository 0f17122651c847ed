package io.asynctx.dmaengine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An immutable set of {@link DmaCap}s: what a channel offers, or what a client needs. The empty
 * mask asks for nothing, so every channel satisfies it.
 *
 * @see "Linux include/linux/dmaengine.h, dma_cap_mask_t"
 */
public final class DmaCaps {

  /** The empty mask: any channel will do. */
  public static final DmaCaps ANY = new DmaCaps(0);

  private static final DmaCap[] ALL = DmaCap.values();

  private final long mask;

  private DmaCaps(long mask) {
    this.mask = mask;
  }

  /**
   * A mask of the given capabilities.
   *
   * @param caps none gives {@link #ANY}; repeats are harmless
   * @return the mask
   */
  public static DmaCaps of(DmaCap... caps) {
    long mask = 0;
    for (DmaCap cap : caps) {
      mask |= bit(cap);
    }
    return mask == 0 ? ANY : new DmaCaps(mask);
  }

  /**
   * A mask of every capability there is.
   *
   * @return the full mask
   */
  public static DmaCaps all() {
    return of(ALL);
  }

  /**
   * Reads the value of a {@code dma.capability} service property.
   *
   * @param value null (gives {@link #ANY}), a name, a {@code String[]} or a collection of names;
   *     case does not matter
   * @return the mask
   * @throws IllegalArgumentException if a name is not that of a {@link DmaCap}, naming all of them
   */
  public static DmaCaps parse(@Nullable Object value) {
    long mask = 0;
    for (Object name : values(value)) {
      mask |= bit(named(String.valueOf(name)));
    }
    return mask == 0 ? ANY : new DmaCaps(mask);
  }

  private static Iterable<?> values(@Nullable Object value) {
    return switch (value) {
      case null -> List.of();
      case Object[] array -> Arrays.asList(array);
      case Iterable<?> many -> many;
      default -> List.of(value);
    };
  }

  private static DmaCap named(String name) {
    for (DmaCap cap : ALL) {
      if (cap.name().equals(name.strip().toUpperCase(Locale.ROOT))) {
        return cap;
      }
    }
    throw new IllegalArgumentException(
        "unknown capability: name=" + name + ", known=" + Arrays.toString(ALL));
  }

  private static long bit(DmaCap cap) {
    return 1L << cap.ordinal();
  }

  /**
   * Whether everything in {@code wanted} is in this mask.
   *
   * @param wanted what is needed; {@link #ANY} is always satisfied
   * @return true iff nothing is missing
   */
  public boolean satisfies(DmaCaps wanted) {
    return (mask & wanted.mask) == wanted.mask;
  }

  /**
   * Whether this mask has one capability.
   *
   * @param cap the capability
   * @return true iff it is in the mask
   */
  public boolean has(DmaCap cap) {
    return (mask & bit(cap)) != 0;
  }

  /**
   * The capabilities in this mask, in the order of the enum.
   *
   * @return a new list
   */
  public List<DmaCap> toList() {
    final List<DmaCap> caps = new ArrayList<>();
    for (DmaCap cap : ALL) {
      if (has(cap)) {
        caps.add(cap);
      }
    }
    return caps;
  }

  /**
   * The names for a {@code dma.capability} service property.
   *
   * @return a new array
   */
  public String[] toNames() {
    return toList().stream().map(DmaCap::name).toArray(String[]::new);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof DmaCaps caps && caps.mask == mask;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(mask);
  }

  @Override
  public String toString() {
    return mask == 0 ? "any" : String.join(" ", toNames()).toLowerCase(Locale.ROOT);
  }
}
