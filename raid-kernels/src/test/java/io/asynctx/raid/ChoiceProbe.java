package io.asynctx.raid;

/** Main of a child JVM: prints what was chosen there. */
final class ChoiceProbe {
  private ChoiceProbe() {}

  public static void main(String[] args) {
    System.out.println("best=" + Kernels.best().name());
    System.out.println("vector=" + Kernels.choose("vector").name());
    System.out.println("reason=" + Kernels.reason());
  }
}
