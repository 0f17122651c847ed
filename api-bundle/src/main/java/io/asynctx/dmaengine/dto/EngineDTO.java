package io.asynctx.dmaengine.dto;

/**
 * An engine.
 *
 * @param name its name
 * @param state {@code ACTIVE} or {@code STOPPED}
 * @param submitted operations accepted since it started
 * @param ended operations ended since
 * @param ok of these, without error
 * @param error of these, with an error other than those below
 * @param aborted of these, aborted or cancelled
 * @param callbacks callbacks run
 * @param callbackFailures callbacks that threw
 * @param synchronous operations run without a channel
 * @param displaced operations that waited without any channel
 * @param displacedNow operations waiting so at this moment
 * @param live operations accepted and not ended
 * @param unacknowledged operations ended and not acknowledged
 * @param oldestUnacknowledgedMillis age of the oldest of these since it ended; 0 if none
 * @param pools descriptor pools
 * @param slots descriptor slots in all pools
 * @param freeSlots of these, free
 * @param driverFaults reports refused and exceptions caught, of all drivers
 * @param parks how often workers set out to park
 * @param unparks how often they were woken
 * @param removalBudgetMillis what a device's removal may take
 */
public record EngineDTO(
    String name,
    String state,
    long submitted,
    long ended,
    long ok,
    long error,
    long aborted,
    long callbacks,
    long callbackFailures,
    long synchronous,
    long displaced,
    long displacedNow,
    long live,
    long unacknowledged,
    long oldestUnacknowledgedMillis,
    int pools,
    int slots,
    int freeSlots,
    long driverFaults,
    long parks,
    long unparks,
    long removalBudgetMillis) {}
