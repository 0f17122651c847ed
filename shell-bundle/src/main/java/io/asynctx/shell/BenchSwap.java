package io.asynctx.shell;

import java.util.List;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Function;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * The command {@code bench-swap}: measures the swap of a driver under load. Gogo calls a method of
 * the command's name, which Java does not allow here, or a {@link Function}.
 *
 * <p>Threading: any thread.
 */
@Component(
    service = BenchSwap.class,
    property = {
      CommandProcessor.COMMAND_SCOPE + "=" + DmaCommands.SCOPE,
      CommandProcessor.COMMAND_FUNCTION + "=" + BenchSwap.NAME
    })
public final class BenchSwap implements Function {

  static final String NAME = "bench-swap";

  private final JobCommands jobs;

  /**
   * For Declarative Services.
   *
   * @param jobs the other commands of the launcher
   */
  @Activate
  public BenchSwap(@Reference JobCommands jobs) {
    this.jobs = jobs;
  }

  @Override
  public @Nullable Object execute(CommandSession session, List<Object> arguments) throws Exception {
    return jobs.run(NAME, session, arguments.stream().map(String::valueOf).toList());
  }
}
