package io.asynctx.dmaengine.admin;

import io.asynctx.dmaengine.dto.ActionDTO;
import io.asynctx.dmaengine.dto.AssignmentDTO;
import java.time.Duration;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Gives orders to one engine, live. A service with the property {@link
 * io.asynctx.dmaengine.DmaConstants#ENGINE}. A target is the name of a channel, or of a device for
 * all its channels. Every order is logged with who gave it.
 *
 * <p>Threading: any thread but those of callbacks and events; an order waits for the driver within
 * the engine's removal budget, and never for a client.
 */
@ProviderType
public interface DmaAdmin {

  /**
   * Stops issuing: what is with the device completes, what is queued waits or moves as its policy
   * says, clients are told SUSPEND. A channel suspended already stays so.
   *
   * @param target channel or device
   * @return what was done
   * @throws IllegalArgumentException if there is no such channel or device, naming those there are
   * @throws IllegalStateException if a channel is leaving
   */
  ActionDTO suspend(String target);

  /**
   * Issues again, and tells clients RESUME. A quarantined channel is tested first, and stays where
   * it is if it fails.
   *
   * @param target channel or device
   * @return what was done
   * @throws IllegalArgumentException if there is no such channel or device, naming those there are
   * @throws IllegalStateException if a channel is leaving
   */
  ActionDTO resume(String target);

  /**
   * Suspends, moves what is queued whatever its policy says, and waits for what is with the device.
   *
   * @param target channel or device
   * @param timeout how long at most
   * @return what was done; a channel that is not empty says so
   * @throws IllegalArgumentException if there is no such channel or device, naming those there are
   * @throws IllegalStateException if a channel is leaving
   */
  ActionDTO drain(String target, Duration timeout);

  /**
   * Has the driver end everything and start the device again; what it had is run elsewhere or
   * ended, as at a removal. Then the channel is tested.
   *
   * @param target channel or device
   * @return what was done
   * @throws IllegalArgumentException if there is no such channel or device, naming those there are
   * @throws IllegalStateException if a channel is leaving
   */
  ActionDTO reset(String target);

  /**
   * Takes a channel out of use until {@link #resume} or {@link #reset}: its driver ends what the
   * device has, what is queued moves, and nothing comes.
   *
   * @param target channel or device
   * @param reason shown to people
   * @return what was done
   * @throws IllegalArgumentException if there is no such channel or device, naming those there are
   * @throws IllegalStateException if a channel is leaving
   */
  ActionDTO quarantine(String target, String reason);

  /**
   * What was assigned.
   *
   * @return in order of operation
   */
  List<AssignmentDTO> assignments();

  /**
   * Says which channels an operation goes to, from now on and after a restart: what is queued
   * elsewhere moves. Replaces what was said about that operation before.
   *
   * @param operation e.g. {@code xor}, or {@code all}
   * @param rule {@code require}, {@code prefer} or {@code forbid}
   * @param target an LDAP filter over channel properties, or the name of a channel or device, or a
   *     kind of provider
   * @param by who says so, for the record
   * @return as it is kept
   * @throws IllegalArgumentException naming what is not understood, and what would be
   * @throws IllegalStateException if it cannot be kept, because there is no Configuration Admin
   */
  AssignmentDTO assign(String operation, String rule, String target, String by);

  /**
   * Takes back what was said about an operation.
   *
   * @param operation e.g. {@code xor}, or {@code all}
   * @param by who says so, for the record
   * @return true iff something had been said
   * @throws IllegalStateException if it cannot be kept, because there is no Configuration Admin
   */
  boolean unassign(String operation, String by);

  /**
   * The operator's policy, which narrows that of every client: what it forbids nobody may use, what
   * it prefers is preferred where the client prefers nothing, and the shorter deadline counts.
   *
   * @return in words, see {@link io.asynctx.async.Policy#parse}; empty for any
   */
  String policy();

  /**
   * Sets the operator's policy, from now on and after a restart.
   *
   * @param words see {@link io.asynctx.async.Policy#parse}; empty for any
   * @param by who says so, for the record
   * @throws IllegalArgumentException naming the word that is not understood
   * @throws IllegalStateException if it cannot be kept, because there is no Configuration Admin
   */
  void policy(String words, String by);
}
