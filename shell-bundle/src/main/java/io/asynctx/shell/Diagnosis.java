package io.asynctx.shell;

/**
 * One finding of {@code dma:doctor}.
 *
 * @param level {@code ok}, {@code note}, {@code warning} or {@code problem}
 * @param subject what it is about
 * @param finding what was seen
 * @param remedy what a person can do; empty if nothing needs doing
 */
record Diagnosis(String level, String subject, String finding, String remedy) {

  static Diagnosis ok(String subject, String finding) {
    return new Diagnosis("ok", subject, finding, "");
  }

  static Diagnosis note(String subject, String finding, String remedy) {
    return new Diagnosis("note", subject, finding, remedy);
  }

  static Diagnosis warning(String subject, String finding, String remedy) {
    return new Diagnosis("warning", subject, finding, remedy);
  }

  static Diagnosis problem(String subject, String finding, String remedy) {
    return new Diagnosis("problem", subject, finding, remedy);
  }
}
