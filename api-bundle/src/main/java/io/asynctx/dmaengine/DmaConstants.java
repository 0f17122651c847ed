package io.asynctx.dmaengine;

/**
 * Names of service properties and configurations. The table in {@code docs/service-properties.md}
 * has the same names; a test holds the two together.
 */
public final class DmaConstants {

  /** Channel: its name, {@code String}, e.g. {@code soft0/1}. */
  public static final String CHANNEL = "dma.channel";

  /** Channel and device: name of the device, {@code String}, e.g. {@code soft0}. */
  public static final String DEVICE = "dma.device";

  /** Channel: symbolic name of the driver's bundle, {@code String}. */
  public static final String DRIVER = "dma.driver";

  /** Channel: version of the driver's bundle, {@code String}. */
  public static final String DRIVER_VERSION = "dma.driver.version";

  /**
   * Channel: what it offers; client: what it needs (absent or empty: anything). {@code String[]}.
   */
  public static final String CAPABILITY = "dma.capability";

  /** Channel: most sources of one exclusive or, {@code Integer}. */
  public static final String MAX_XOR = "dma.max.xor";

  /** Channel: most data blocks of one P/Q, {@code Integer}. */
  public static final String MAX_PQ = "dma.max.pq";

  /** Channel: largest single transfer in bytes, {@code Long}. */
  public static final String MAX_TRANSFER = "dma.max.transfer";

  /** Channel: NUMA node, {@code Integer}, -1 if unknown. */
  public static final String NUMA_NODE = "dma.numa.node";

  /** Channel and device: whether it is a model of a device, {@code Boolean}. */
  public static final String EMULATED = "dma.emulated";

  /** Channel: whether it is a real device, {@code Boolean}. */
  public static final String HARDWARE = "dma.hardware";

  /** Channel: whether it is lent to one client alone at the moment, {@code Boolean}. */
  public static final String EXCLUSIVE = "dma.exclusive";

  /** Channel: name of its {@link ChannelState}, {@code String}. */
  public static final String STATE = "dma.state";

  /**
   * Channel, device and client: name of the engine, {@code String}; absent means {@code default}.
   */
  public static final String ENGINE = "dma.engine";

  /** Device: {@code service.id} of the device this one stands in front of, {@code Long}. */
  public static final String DECORATES = "dma.decorates";

  /** Client: the name shown to people, {@code String}; absent: that of its bundle. */
  public static final String CLIENT_NAME = "dma.client.name";

  /** Client: what it needs, as {@link #CAPABILITY}. */
  public static final String CLIENT_CAPABILITY = CAPABILITY;

  /** Client: an LDAP filter over channel properties, {@code String}. */
  public static final String CLIENT_FILTER = "dma.channel.filter";

  /** Client: whether it gives way to a request for exclusivity, {@code Boolean}. */
  public static final String CLIENT_YIELDS = "dma.client.yields";

  /** Value of {@link #ENGINE} where it is absent. */
  public static final String DEFAULT_ENGINE = "default";

  /** Factory PID of an engine. */
  public static final String ENGINE_PID = "io.asynctx.engine";

  /**
   * Topic of the events of an engine, for the OSGi Event Admin: {@code io/asynctx/dma/removal/STEP}
   * and {@code io/asynctx/dma/channel/STATE}, with the properties of the DTO of the same name.
   */
  public static final String EVENT_TOPIC = "io/asynctx/dma";

  private DmaConstants() {}
}
