package io.asynctx.shell;

import java.util.List;

/**
 * What a command of the launcher takes, for completion: it checks its options itself.
 *
 * @param name of the command
 * @param purpose in one line
 * @param options without dashes
 */
record JobOptions(String name, String purpose, List<String> options) {

  static final List<JobOptions> ALL =
      List.of(
          new JobOptions(
              "demo",
              "rebuild a damaged file",
              List.of("out", "corrupt", "json", "engine", "help")),
          new JobOptions(
              "test",
              "test channels",
              List.of(
                  "channel",
                  "device",
                  "ops",
                  "iterations",
                  "threads",
                  "buf-size",
                  "max-channels",
                  "transfer-size",
                  "alignment",
                  "xor-sources",
                  "pq-sources",
                  "timeout",
                  "seed",
                  "norandom",
                  "noverify",
                  "verbose",
                  "json",
                  "engine",
                  "help")),
          new JobOptions(
              "inject",
              "put faults in front of a device",
              List.of("list", "set", "clear", "seed", "json", "help")),
          new JobOptions(
              "storm",
              "random chains while drivers come, go and fail",
              List.of(
                  "seed",
                  "seeds",
                  "ops",
                  "events",
                  "no-faults",
                  "corrupt",
                  "json",
                  "engine",
                  "help")),
          new JobOptions(
              "soak",
              "look for leaks and drift for some minutes",
              List.of("minutes", "seed", "json", "engine", "help")),
          new JobOptions(
              BenchSwap.NAME,
              "measure the swap of a driver under load",
              List.of("swaps", "json", "engine", "help")));
}
