package io.asynctx.shell;

import java.util.AbstractList;
import java.util.List;

/**
 * A command's result: an immutable list of DTOs, for pipes and closures, that knows its table even
 * when it is empty.
 *
 * @param <T> the DTO
 */
final class Listing<T> extends AbstractList<T> {

  private final Table<T> table;
  private final List<T> rows;

  Listing(Table<T> table, List<T> rows) {
    this.table = table;
    this.rows = List.copyOf(rows);
  }

  Table<T> table() {
    return table;
  }

  @Override
  public T get(int index) {
    return rows.get(index);
  }

  @Override
  public int size() {
    return rows.size();
  }
}
