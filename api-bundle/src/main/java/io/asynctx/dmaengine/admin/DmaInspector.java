package io.asynctx.dmaengine.admin;

import io.asynctx.async.Policy;
import io.asynctx.dmaengine.DmaCap;
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
import org.osgi.annotation.versioning.ProviderType;

/**
 * Looks into one engine. A service with the property {@link
 * io.asynctx.dmaengine.DmaConstants#ENGINE}; every answer is a consistent copy, nothing waits for a
 * client or a driver.
 *
 * <p>Threading: any thread.
 */
@ProviderType
public interface DmaInspector {

  /**
   * The engine: state, counters, leaks.
   *
   * @return its picture
   */
  EngineDTO engine();

  /**
   * The devices it serves, and those it does not, with the reason.
   *
   * @return in order of arrival
   */
  List<DeviceDTO> devices();

  /**
   * The channels of all devices.
   *
   * @return in order of choice
   */
  List<ChannelDTO> channels();

  /**
   * The clients and what they hold.
   *
   * @return in order of registration
   */
  List<ClientDTO> clients();

  /**
   * Descriptors not free, oldest first.
   *
   * @param most how many at most, at least 1
   * @return a picture of each
   */
  List<OperationDTO> operations(int most);

  /**
   * The latest removals of devices, oldest first; the last 256 are kept.
   *
   * @return what each found and did
   */
  List<RemovalDTO> removals();

  /**
   * Who holds which channel.
   *
   * @return one entry a lease, by channel
   */
  List<LeaseDTO> leases();

  /**
   * The buffers lent and not given back.
   *
   * @return oldest first
   */
  List<BufferDTO> buffers();

  /**
   * Who would get an operation now. Asks the very code that chooses, and changes nothing.
   *
   * @param operation what it is
   * @param length in bytes, at least 1
   * @param sources how many sources, for XOR and P/Q
   * @param policy of the client
   * @return the choice, and every provider's reason
   * @throws IllegalArgumentException if length or sources are out of range, or the policy's filter
   *     does not parse
   */
  ExplanationDTO explain(DmaCap operation, long length, int sources, Policy policy);

  /**
   * Looks at the invariants of the engine. Those that count descriptors are exact only while
   * nothing moves.
   *
   * @return all fifteen, in order
   */
  List<InvariantDTO> invariants();

  /**
   * The invariants that are broken.
   *
   * @return one line each; empty if all is well
   */
  List<String> audit();
}
