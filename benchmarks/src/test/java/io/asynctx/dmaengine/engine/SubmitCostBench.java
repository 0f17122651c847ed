package io.asynctx.dmaengine.engine;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * What gate, ledger and provenance cost on the submit path: the engine as it is beside the same
 * without them, in one run. Compare the two lines; run with several forks.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class SubmitCostBench {

  /** Which engine. */
  @Param({"whole", "bare"})
  public String engine;

  private BareEngine.SubmitWorkloadHandle handle;
  private Supplier<?> workload;

  /**
   * Compiles and starts the engine.
   *
   * @throws IOException if its sources cannot be read
   * @throws ReflectiveOperationException if it cannot be loaded
   */
  @Setup
  public void start() throws IOException, ReflectiveOperationException {
    handle = BareEngine.load(engine.equals("bare"));
    workload = handle.run();
  }

  /**
   * Stops it.
   *
   * @throws Exception if it cannot be stopped
   */
  @TearDown
  public void stop() throws Exception {
    handle.close();
  }

  /** Sixty-four copies over a device that does no work; time of one. */
  @Benchmark
  @OperationsPerInvocation(SubmitWorkload.BATCH)
  public Object batchOf64() {
    return workload.get();
  }
}
