package io.asynctx.shell;

import io.asynctx.dmaengine.admin.CommandLine;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/**
 * The commands of the launcher, in the shell. {@link BenchSwap} is the one whose name is no name of
 * a method.
 *
 * <p>Threading: any thread.
 */
@Component(
    service = JobCommands.class,
    property = {
      CommandProcessor.COMMAND_SCOPE + "=" + DmaCommands.SCOPE,
      CommandProcessor.COMMAND_FUNCTION + "=test",
      CommandProcessor.COMMAND_FUNCTION + "=demo",
      CommandProcessor.COMMAND_FUNCTION + "=inject",
      CommandProcessor.COMMAND_FUNCTION + "=storm",
      CommandProcessor.COMMAND_FUNCTION + "=soak"
    })
public final class JobCommands {

  private final Map<String, CommandLine> jobs = new ConcurrentSkipListMap<>();

  /** For Declarative Services. */
  public JobCommands() {}

  @Reference(
      cardinality = ReferenceCardinality.MULTIPLE,
      policy = ReferencePolicy.DYNAMIC,
      target = "(" + CommandLine.NAME + "=*)")
  void addJob(CommandLine job, Map<String, Object> properties) {
    jobs.put(String.valueOf(properties.get(CommandLine.NAME)), job);
  }

  void removeJob(CommandLine job, Map<String, Object> properties) {
    jobs.remove(String.valueOf(properties.get(CommandLine.NAME)), job);
  }

  @Nullable Object run(String name, CommandSession session, List<String> arguments)
      throws Exception {
    return Job.run(name, jobs.get(name), arguments, session);
  }

  /**
   * Tests channels, as the kernel's dmatest.
   *
   * @param session the shell
   * @param arguments see {@code --help}
   * @return null; with {@code -j} the result as text
   * @throws Exception if a test failed, or could not be made
   */
  @Descriptor("test channels, as dmatest; see dma:test --help")
  public @Nullable Object test(CommandSession session, String[] arguments) throws Exception {
    return run("test", session, List.of(arguments));
  }

  /**
   * Rebuilds a damaged file while drivers are updated.
   *
   * @param session the shell
   * @param arguments see {@code --help}
   * @return null; with {@code -j} the result as text
   * @throws Exception if something did not hold, or it could not be done
   */
  @Descriptor("rebuild a damaged file while drivers are updated; see dma:demo --help")
  public @Nullable Object demo(CommandSession session, String[] arguments) throws Exception {
    return run("demo", session, List.of(arguments));
  }

  /**
   * Puts faults in front of a device.
   *
   * @param session the shell
   * @param arguments see {@code --help}
   * @return null; with {@code -j} the result as text
   * @throws Exception if it could not be done
   */
  @Descriptor("put faults in front of a device; see dma:inject --help")
  public @Nullable Object inject(CommandSession session, String[] arguments) throws Exception {
    return run("inject", session, List.of(arguments));
  }

  /**
   * Runs random chains while drivers come, go and fail.
   *
   * @param session the shell
   * @param arguments see {@code --help}
   * @return null; with {@code -j} the result as text
   * @throws Exception if something did not hold, or it could not be done
   */
  @Descriptor("random chains while drivers come, go and fail; see dma:storm --help")
  public @Nullable Object storm(CommandSession session, String[] arguments) throws Exception {
    return run("storm", session, List.of(arguments));
  }

  /**
   * Looks for leaks and drift for some minutes.
   *
   * @param session the shell
   * @param arguments see {@code --help}
   * @return null; with {@code -j} the result as text
   * @throws Exception if a limit was passed, or it could not be done
   */
  @Descriptor("look for leaks and drift for some minutes; see dma:soak --help")
  public @Nullable Object soak(CommandSession session, String[] arguments) throws Exception {
    return run("soak", session, List.of(arguments));
  }
}
