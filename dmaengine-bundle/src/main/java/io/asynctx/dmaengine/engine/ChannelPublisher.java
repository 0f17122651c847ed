package io.asynctx.dmaengine.engine;

/**
 * Where channels are shown to the world as services. Calls return at once; the work is done in
 * order, on a thread of its own.
 */
interface ChannelPublisher {

  /** Nobody outside: for an engine without a framework. */
  ChannelPublisher NONE =
      new ChannelPublisher() {
        @Override
        public void publish(ChannelSlot slot) {}

        @Override
        public void update(ChannelSlot slot) {}

        @Override
        public void withdraw(ChannelSlot slot) {}
      };

  void publish(ChannelSlot slot);

  void update(ChannelSlot slot);

  void withdraw(ChannelSlot slot);
}
