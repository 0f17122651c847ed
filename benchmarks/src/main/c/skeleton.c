/* Copies through DPDK's dma_skeleton, whose driver has a thread that does them. Reads how many from
 * its input, line by line, and answers with the nanoseconds they took; ends with its input. */
#include <rte_dmadev.h>
#include <rte_eal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PAIRS 64
#define BATCH 32

static char *sources[PAIRS], *destinations[PAIRS];

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int64_t copy(int16_t device, uint32_t length, int64_t n) {
  int64_t submitted = 0, done = 0, start = now();
  uint16_t last;
  bool failed = false;
  while (done < n) {
    while (submitted < n && submitted - done + BATCH <= PAIRS) {
      int64_t end = submitted + BATCH < n ? submitted + BATCH : n;
      for (; submitted < end; submitted++) {
        int at = submitted % PAIRS;
        if (rte_dma_copy(device, 0, (rte_iova_t)sources[at], (rte_iova_t)destinations[at], length,
                         submitted + 1 == end ? RTE_DMA_OP_FLAG_SUBMIT : 0) < 0)
          return -1;
      }
    }
    done += rte_dma_completed(device, 0, BATCH, &last, &failed);
    if (failed) return -1;
  }
  return now() - start;
}

int main(int argc, char **argv) {
  int used = rte_eal_init(argc, argv);
  if (used < 0 || used + 1 >= argc) return 1;
  uint32_t length = strtoul(argv[used + 1], 0, 10);
  int16_t device = 0;
  struct rte_dma_conf conf = {.nb_vchans = 1};
  struct rte_dma_vchan_conf channel = {.direction = RTE_DMA_DIR_MEM_TO_MEM, .nb_desc = 2 * PAIRS};
  if (rte_dma_configure(device, &conf) || rte_dma_vchan_setup(device, 0, &channel) ||
      rte_dma_start(device))
    return 1;
  for (int i = 0; i < PAIRS; i++) {
    if (posix_memalign((void **)&sources[i], 64, length) ||
        posix_memalign((void **)&destinations[i], 64, length))
      return 1;
    memset(sources[i], i + 1, length);
    memset(destinations[i], 0, length);
  }
  if (copy(device, length, PAIRS) < 0) return 1;
  for (int i = 0; i < PAIRS; i++)
    if (memcmp(sources[i], destinations[i], length)) return 1;
  char line[64];
  while (fgets(line, sizeof line, stdin)) {
    printf("nanos=%lld\n", (long long)copy(device, length, strtoll(line, 0, 10)));
    fflush(stdout);
  }
  return 0;
}
