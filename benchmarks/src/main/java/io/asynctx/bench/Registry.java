package io.asynctx.bench;

import io.asynctx.bench.engine.AllocationGroup;
import io.asynctx.bench.engine.ChainGroup;
import io.asynctx.bench.engine.HandOffGroup;
import io.asynctx.bench.engine.LatencyGroup;
import io.asynctx.bench.engine.PlatformGroup;
import io.asynctx.bench.engine.ScaleGroup;
import io.asynctx.bench.engine.SyncGroup;
import io.asynctx.bench.engine.TwoChannelsGroup;
import io.asynctx.bench.kernel.KernelGroups;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Every group, in the order of the table. */
final class Registry {

  private final List<Group> groups;

  Registry(List<Group> groups) {
    this.groups = List.copyOf(groups);
  }

  static Registry all() {
    final List<Group> groups = new ArrayList<>();
    groups.add(new AllocationGroup());
    groups.add(new SyncGroup());
    groups.add(new HandOffGroup());
    groups.add(new LatencyGroup());
    groups.add(new ChainGroup());
    groups.add(new TwoChannelsGroup());
    groups.addAll(KernelGroups.all());
    groups.add(new PlatformGroup());
    groups.add(new ScaleGroup());
    return new Registry(groups);
  }

  List<Group> groups() {
    return groups;
  }

  List<Row> rows() {
    return groups.stream().flatMap(g -> g.rows().stream()).toList();
  }

  Group group(String name) {
    return groups.stream()
        .filter(g -> g.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "no such group: name="
                    + name
                    + ", known="
                    + groups.stream().map(Group::name).toList()));
  }

  /** The rows that a pattern means, by group: all of the group of that name, or parts of names. */
  Map<Group, List<Row>> wanted(String pattern) {
    final boolean named = groups.stream().anyMatch(g -> g.name().equals(pattern));
    final Map<Group, List<Row>> wanted = new LinkedHashMap<>();
    for (Group group : groups) {
      final List<Row> rows =
          group.rows().stream()
              .filter(r -> named ? group.name().equals(pattern) : r.name().contains(pattern))
              .toList();
      if (!rows.isEmpty()) {
        wanted.put(group, rows);
      }
    }
    return wanted;
  }
}
