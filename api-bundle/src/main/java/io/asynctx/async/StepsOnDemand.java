package io.asynctx.async;

import java.util.AbstractList;
import java.util.List;
import java.util.RandomAccess;
import java.util.function.Supplier;

/**
 * The entries of an outcome, made at the first look: most clients only want to know whether all
 * went well.
 *
 * <p>Threading: any thread; immutable as far as anybody can see.
 */
final class StepsOnDemand extends AbstractList<Outcome.Step> implements RandomAccess {

  private final boolean ok;

  /** The maker; then the list, which lets go of the maker. Under its own lock. */
  private Object source;

  StepsOnDemand(boolean ok, Supplier<List<Outcome.Step>> maker) {
    this.ok = ok;
    this.source = maker;
  }

  boolean ok() {
    return ok;
  }

  @SuppressWarnings("unchecked") // nobody else writes it
  private synchronized List<Outcome.Step> made() {
    if (source instanceof Supplier<?> maker) {
      source = List.copyOf((List<Outcome.Step>) maker.get());
    }
    return (List<Outcome.Step>) source;
  }

  @Override
  public Outcome.Step get(int index) {
    return made().get(index);
  }

  @Override
  public int size() {
    return made().size();
  }
}
