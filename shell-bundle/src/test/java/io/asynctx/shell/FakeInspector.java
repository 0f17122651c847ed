package io.asynctx.shell;

import io.asynctx.async.Policy;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.EngineStoppedException;
import io.asynctx.dmaengine.admin.DmaInspector;
import io.asynctx.dmaengine.dto.BufferDTO;
import io.asynctx.dmaengine.dto.ChannelDTO;
import io.asynctx.dmaengine.dto.ClientDTO;
import io.asynctx.dmaengine.dto.DeviceDTO;
import io.asynctx.dmaengine.dto.EngineDTO;
import io.asynctx.dmaengine.dto.ExplanationDTO;
import io.asynctx.dmaengine.dto.InvariantDTO;
import io.asynctx.dmaengine.dto.LeaseDTO;
import io.asynctx.dmaengine.dto.OperationDTO;
import io.asynctx.dmaengine.dto.RemovalDTO;
import java.util.List;
import java.util.function.Supplier;

/** An engine as the shell sees it. */
class FakeInspector implements DmaInspector {

  volatile boolean stopped;
  volatile List<DeviceDTO> devices = List.of();
  volatile List<ChannelDTO> channels = List.of();
  List<ClientDTO> clients = List.of();
  List<OperationDTO> operations = List.of();
  List<String> audit = List.of();
  EngineDTO engine = engine("ACTIVE", 0, 0, 0, 2000);
  List<LeaseDTO> leases = List.of();
  List<BufferDTO> buffers = List.of();
  List<RemovalDTO> removals = List.of();
  List<InvariantDTO> invariants = List.of();
  List<ExplanationDTO.Verdict> verdicts = List.of();
  final FakeAdmin admin = new FakeAdmin(this);
  int most;

  static EngineDTO engine(
      String state, long unacknowledged, long oldest, long displacedNow, long budget) {
    return new EngineDTO(
        "default",
        state,
        8_412_077,
        8_412_065,
        8_412_065,
        0,
        0,
        17,
        0,
        3,
        0,
        displacedNow,
        12,
        unacknowledged,
        oldest,
        4,
        4096,
        4000,
        0,
        5,
        5,
        budget);
  }

  static DeviceDTO device(String name, String kind, String state) {
    return new DeviceDTO(
        name,
        kind,
        "io.asynctx.driver." + kind,
        "0.1.0",
        state,
        1,
        List.of("MEMCPY", "XOR"),
        -1,
        List.of(name + "/0"));
  }

  static ChannelDTO channel(String device, String kind, String state, List<String> clients) {
    return channel(device, kind, state, 0, "", clients);
  }

  static ChannelDTO channel(
      String device, String kind, String state, long resets, String health, List<String> clients) {
    return new ChannelDTO(
        device + "/0",
        device,
        kind,
        "io.asynctx.driver." + kind,
        "0.1.0",
        state,
        List.of("MEMCPY", "MEMSET", "XOR", "XOR_VAL", "PQ", "PQ_VAL", "RAID6_RECOV", "INTERRUPT"),
        1024,
        3,
        12,
        8_412_077,
        0,
        1_000_000,
        0,
        resets,
        0,
        health,
        false,
        clients);
  }

  <T> T answer(Supplier<T> what) {
    if (stopped) {
      throw new EngineStoppedException("the component went away in the middle of the call");
    }
    return what.get();
  }

  @Override
  public EngineDTO engine() {
    return answer(() -> engine);
  }

  @Override
  public List<DeviceDTO> devices() {
    return answer(() -> devices);
  }

  @Override
  public List<ChannelDTO> channels() {
    return answer(() -> channels);
  }

  @Override
  public List<ClientDTO> clients() {
    return answer(() -> clients);
  }

  @Override
  public List<OperationDTO> operations(int most) {
    this.most = most;
    return answer(() -> operations);
  }

  @Override
  public List<RemovalDTO> removals() {
    return answer(() -> removals);
  }

  @Override
  public List<LeaseDTO> leases() {
    return answer(() -> leases);
  }

  @Override
  public List<BufferDTO> buffers() {
    return answer(() -> buffers);
  }

  @Override
  public ExplanationDTO explain(DmaCap operation, long length, int sources, Policy policy) {
    return answer(() ->
        new ExplanationDTO(
            operation.name(), length, sources, policy.text(), "synchronous", verdicts));
  }

  @Override
  public List<InvariantDTO> invariants() {
    return answer(() -> invariants);
  }

  @Override
  public List<String> audit() {
    return answer(() -> audit);
  }
}
