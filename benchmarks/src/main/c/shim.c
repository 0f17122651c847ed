/* Loops around what C programs use: called once for each sample, so that no operation pays for the
 * way from Java to C. Every function returns nanoseconds. */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* Tells the compiler that memory was read and written: no call may be merged or dropped. */
#define KEEP() __asm__ volatile("" ::: "memory")

#if defined(__x86_64__)
#define PAUSE() __builtin_ia32_pause()
#else
#define PAUSE() KEEP()
#endif

int64_t loop_memcpy(void **dst, void **src, int64_t buffers, int64_t length, int64_t n) {
  int64_t at = 0, start = now();
  for (int64_t i = 0; i < n; i++) {
    memcpy(dst[at], src[at], length);
    KEEP();
    if (++at == buffers) at = 0;
  }
  return now() - start;
}

int64_t loop_memset(void **dst, int value, int64_t buffers, int64_t length, int64_t n) {
  int64_t at = 0, start = now();
  for (int64_t i = 0; i < n; i++) {
    memset(dst[at], value, length);
    KEEP();
    if (++at == buffers) at = 0;
  }
  return now() - start;
}

/* Answers -1 if any pair differs: the caller gives it equal ones. */
int64_t loop_memcmp(void **a, void **b, int64_t buffers, int64_t length, int64_t n) {
  int64_t at = 0, start = now();
  int differs = 0;
  for (int64_t i = 0; i < n; i++) {
    differs |= memcmp(a[at], b[at], length);
    KEEP();
    if (++at == buffers) at = 0;
  }
  return differs ? -1 : now() - start;
}

/* xor_gen, xor_check, pq_gen and pq_check of ISA-L: int f(int vectors, int length, void **array).
 * arrays holds sets of pointers, vectors each; answers -1 if a call answers anything but 0. */
int64_t loop_vectors(int (*f)(int, int, void **), int vectors, int length, void **arrays,
                     int64_t sets, int64_t n) {
  int64_t at = 0, start = now();
  int failed = 0;
  for (int64_t i = 0; i < n; i++) {
    failed |= f(vectors, length, arrays + at * vectors);
    KEEP();
    if (++at == sets) at = 0;
  }
  return failed ? -1 : now() - start;
}

/* crc32_iscsi of ISA-L: unsigned f(unsigned char *buffer, int length, unsigned seed). */
int64_t loop_crc(unsigned (*f)(unsigned char *, int, unsigned), void **buffers, int64_t count,
                 int length, uint32_t *sum, int64_t n) {
  int64_t at = 0, start = now();
  unsigned all = 0;
  for (int64_t i = 0; i < n; i++) {
    all += f(buffers[at], length, ~0u);
    KEEP();
    if (++at == count) at = 0;
  }
  *sum = all;
  return now() - start;
}

/* ec_encode_data of ISA-L: void f(int length, int k, int rows, unsigned char *tables,
 * unsigned char **data, unsigned char **coding). */
int64_t loop_encode(void (*f)(int, int, int, unsigned char *, unsigned char **, unsigned char **),
                    int length, int k, int rows, void *tables, void **data, void **coding,
                    int64_t n) {
  int64_t start = now();
  for (int64_t i = 0; i < n; i++) {
    f(length, k, rows, tables, (unsigned char **)data, (unsigned char **)coding);
    KEEP();
  }
  return now() - start;
}

/* One line each for the two sides of a ping-pong. */
#define STOP (-1)

struct court {
  _Alignas(128) int ping;
  _Alignas(128) int pong;
  int64_t turns;
};

/* Looks until a word has a value or says stop; whoever looks long also looks at the clock. */
static int look(int *word, int value, int64_t until) {
  for (int64_t looks = 0;; looks++) {
    int seen = __atomic_load_n(word, __ATOMIC_ACQUIRE);
    if (seen == value) return 1;
    if (seen == STOP || (looks > 100000 && now() > until)) return 0;
    PAUSE();
  }
}

static void *spin_back(void *p) {
  struct court *c = p;
  for (int i = 1; i <= c->turns && look(&c->ping, i, INT64_MAX); i++)
    __atomic_store_n(&c->pong, i, __ATOMIC_RELEASE);
  return 0;
}

/* n round trips between two threads that spin; the first is not counted. Where the threads do not
 * run at the same time it ends early, and answers for n in proportion. */
int64_t pingpong_spin(int64_t n) {
  struct court c = {.turns = n + 1};
  pthread_t other;
  if (pthread_create(&other, 0, spin_back, &c)) return -1;
  int64_t start = now(), until = start + 50000000, turns = 0;
  for (int i = 1; i <= c.turns; i++) {
    __atomic_store_n(&c.ping, i, __ATOMIC_RELEASE);
    if (!look(&c.pong, i, until)) break;
    if (i == 1) start = now();
    turns = i - 1;
  }
  int64_t took = now() - start;
  __atomic_store_n(&c.ping, STOP, __ATOMIC_RELEASE);
  pthread_join(other, 0);
  return turns == n ? took : (int64_t)((double)took * n / (turns ? turns : 1));
}

static void await(int *word, int value) {
  int seen;
  while ((seen = __atomic_load_n(word, __ATOMIC_ACQUIRE)) != value)
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, 0, 0, 0);
}

static void tell(int *word, int value) {
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0);
}

static void *sleep_back(void *p) {
  struct court *c = p;
  for (int i = 1; i <= c->turns; i++) {
    await(&c->ping, i);
    tell(&c->pong, i);
  }
  return 0;
}

/* n round trips between two threads that sleep on a futex; the first is not counted. */
int64_t pingpong_futex(int64_t n) {
  struct court c = {.turns = n + 1};
  pthread_t other;
  if (pthread_create(&other, 0, sleep_back, &c)) return -1;
  int64_t start = 0;
  for (int i = 1; i <= c.turns; i++) {
    tell(&c.ping, i);
    await(&c.pong, i);
    if (i == 1) start = now();
  }
  int64_t took = now() - start;
  pthread_join(other, 0);
  return took;
}
