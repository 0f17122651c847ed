package io.asynctx.dmaengine.engine;

/**
 * The code that asked for a buffer, as text: a stack frame would keep the classes of its bundle.
 *
 * <p>Threading: any thread.
 */
final class AllocationSite {

  private static final StackWalker WALKER = StackWalker.getInstance();

  private static final String ENGINE = "io.asynctx.dmaengine.engine.";
  private static final String API = "io.asynctx.memory.";

  private AllocationSite() {}

  /** Of the caller outside the engine, e.g. {@code Scrub.run(Scrub.java:42)}. */
  static String here() {
    return WALKER.walk(
        frames -> frames.filter(f -> !ours(f)).findFirst().map(AllocationSite::text).orElse(""));
  }

  private static boolean ours(StackWalker.StackFrame frame) {
    return frame.getClassName().startsWith(ENGINE) || frame.getClassName().startsWith(API);
  }

  private static String text(StackWalker.StackFrame frame) {
    final String type = frame.getClassName();
    return type.substring(type.lastIndexOf('.') + 1)
        + '.'
        + frame.getMethodName()
        + '('
        + frame.getFileName()
        + ':'
        + frame.getLineNumber()
        + ')';
  }
}
