package io.asynctx.dmaengine.dto;

import java.util.List;

/**
 * Who would get an operation now, and why nobody else.
 *
 * @param operation e.g. {@code xor}
 * @param length in bytes
 * @param sources how many
 * @param policy the policy in words, that of the operator included; empty for any
 * @param chosen name of the channel, {@code synchronous}, or {@code nobody}
 * @param verdicts one entry a provider, in the order they are asked
 */
public record ExplanationDTO(
    String operation,
    long length,
    int sources,
    String policy,
    String chosen,
    List<Verdict> verdicts) {

  /** Copies the list. */
  public ExplanationDTO {
    verdicts = List.copyOf(verdicts);
  }

  /**
   * One provider.
   *
   * @param provider name of the channel, or {@code synchronous}
   * @param kind what kind it is
   * @param chosen whether it gets the operation
   * @param reason why, or why not
   */
  public record Verdict(String provider, String kind, boolean chosen, String reason) {}
}
