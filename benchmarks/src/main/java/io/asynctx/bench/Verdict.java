package io.asynctx.bench;

/** What became of a row. */
enum Verdict {
  MET("met"),
  MISSED("missed"),
  UNAVAILABLE("unavailable"),
  NOT_SEEN("not-seen");

  private final String text;

  Verdict(String text) {
    this.text = text;
  }

  @Override
  public String toString() {
    return text;
  }
}
