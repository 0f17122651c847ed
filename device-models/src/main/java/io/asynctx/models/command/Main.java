package io.asynctx.models.command;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Where {@code ./asynctx model} begins. */
public final class Main {

  private Main() {}

  /**
   * Runs the command and ends the JVM.
   *
   * @param words after {@code model}
   * @throws InterruptedException never: nobody interrupts this thread
   */
  public static void main(String[] words) throws InterruptedException {
    final ModelCommand command = new ModelCommand(System.out, System.err);
    final AtomicInteger code = new AtomicInteger(ModelCommand.OK);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  command.end();
                  // To be ended by a signal is how it is meant to end; a signal has a code of its
                  // own.
                  Runtime.getRuntime().halt(code.get());
                },
                "model-end"));
    code.set(command.run(List.of(words)));
    System.exit(code.get());
  }
}
