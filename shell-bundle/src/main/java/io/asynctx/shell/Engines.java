package io.asynctx.shell;

import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.EngineStoppedException;
import io.asynctx.dmaengine.admin.DmaAdmin;
import io.asynctx.dmaengine.admin.DmaInspector;
import io.asynctx.dmaengine.dto.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Function;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/**
 * The engines that run, by name, for all commands, and what every command does alike.
 *
 * <p>Threading: any thread; engines may come and go at any time.
 */
@Component(service = Engines.class)
public final class Engines {

  private final Map<String, DmaInspector> inspectors = new ConcurrentSkipListMap<>();
  private final Map<String, DmaAdmin> admins = new ConcurrentSkipListMap<>();

  /** For Declarative Services. */
  public Engines() {}

  @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  void addInspector(DmaInspector inspector, Map<String, Object> properties) {
    inspectors.put(engineOf(properties), inspector);
  }

  void removeInspector(DmaInspector inspector, Map<String, Object> properties) {
    inspectors.remove(engineOf(properties), inspector);
  }

  @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  void addAdmin(DmaAdmin admin, Map<String, Object> properties) {
    admins.put(engineOf(properties), admin);
  }

  void removeAdmin(DmaAdmin admin, Map<String, Object> properties) {
    admins.remove(engineOf(properties), admin);
  }

  private static String engineOf(Map<String, Object> properties) {
    final Object name = properties.get(DmaConstants.ENGINE);
    return name == null ? DmaConstants.DEFAULT_ENGINE : name.toString();
  }

  /** A copy of the inspectors by the name of their engine. */
  Map<String, DmaInspector> inspectors() {
    return Map.copyOf(inspectors);
  }

  /** An engine's inspector, if it is there. */
  Optional<DmaInspector> find(String engine) {
    return Optional.ofNullable(inspectors.get(engine));
  }

  /**
   * An engine's inspector.
   *
   * @throws EngineStoppedException if it is not there, naming those that are
   */
  DmaInspector inspector(String engine) {
    return find(engine).orElseThrow(() -> stopped(engine));
  }

  /**
   * Who takes orders for an engine.
   *
   * @throws EngineStoppedException if the engine is not there, naming those that are
   * @throws IllegalStateException if it is there, and takes none
   */
  DmaAdmin admin(String engine) {
    final DmaAdmin admin = admins.get(engine);
    if (admin != null) {
      return admin;
    }
    inspector(engine);
    throw new IllegalStateException(
        "engine takes no orders: engine=" + engine + "; it starts or stops, try again");
  }

  private EngineStoppedException stopped(String engine) {
    return new EngineStoppedException(
        "engine stopped: engine="
            + engine
            + ", running="
            + new ArrayList<>(inspectors.keySet())
            + "; start its bundle, see dma:doctor");
  }

  /**
   * Runs a command.
   *
   * @param work makes DTOs of the arguments
   * @return these, or their JSON text, or the help
   */
  Object run(Command command, String[] given, Function<Arguments, Object> work) {
    final Arguments arguments = Arguments.of(command, List.of(given));
    if (arguments.has(Command.Option.HELP)) {
      return command.help();
    }
    try {
      final Object result = work.apply(arguments);
      return arguments.has(Command.Option.JSON) ? Json.of(result) : result;
    } catch (EngineStoppedException e) {
      throw stopped(arguments.engine());
    }
  }
}
