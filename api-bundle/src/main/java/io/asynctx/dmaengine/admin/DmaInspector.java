package io.asynctx.dmaengine.admin;

import io.asynctx.dmaengine.dto.ChannelDTO;
import io.asynctx.dmaengine.dto.ClientDTO;
import io.asynctx.dmaengine.dto.DeviceDTO;
import io.asynctx.dmaengine.dto.EngineDTO;
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
   * Counts every descriptor by where it is, and holds that against what was submitted and ended.
   *
   * @return one line for each thing that does not add up; empty if all is well
   */
  List<String> audit();
}
