#define _GNU_SOURCE
#include "CLinuxPorts.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

/* A handler with a pipe rather than a signalfd: a signalfd needs the signals blocked in every thread of the
   process, also in those that a library started before us. */
static int pipe_ends[2] = {-1, -1};
static atomic_int write_end = -1;
static atomic_flag taken = ATOMIC_FLAG_INIT;

static const int caught[] = {SIGINT, SIGTERM, SIGQUIT, SIGHUP};
enum { caught_count = sizeof caught / sizeof caught[0] };
static struct sigaction before[caught_count];
static const int crashes[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP};
enum { crash_count = sizeof crashes / sizeof crashes[0] };
static struct sigaction crash_before[crash_count];
static struct sigaction pipe_before;
static sigset_t mask_before;

static void note(int number) {
  int saved = errno;
  int descriptor = atomic_load(&write_end);
  unsigned char byte = (unsigned char)number;
  /* A full pipe already holds thousands of requests to stop: one more says nothing new. */
  if (descriptor >= 0) {
    ssize_t written = write(descriptor, &byte, 1);
    (void)written;
  }
  errno = saved;
}

static void nothing(int number) { (void)number; }

static void drain(void) {
  unsigned char scrap[64];
  while (read(pipe_ends[0], scrap, sizeof scrap) > 0) continue;
}

void clp_crash_at_once(void) {
  const struct sigaction plainly = {.sa_handler = SIG_DFL};
  sigset_t let;
  sigemptyset(&let);
  for (int i = 0; i < crash_count; i++) {
    sigaction(crashes[i], &plainly, &crash_before[i]);
    sigaddset(&let, crashes[i]);
  }
  pthread_sigmask(SIG_UNBLOCK, &let, NULL);
}

int clp_signals_claim(void) {
  if (atomic_flag_test_and_set(&taken)) return -EBUSY;
  /* The pipe lives as long as the process: a handler still under way on another thread must never write to a
     descriptor number that somebody else has got since. */
  if (pipe_ends[0] < 0 && pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK) < 0) {
    int error = errno;
    atomic_flag_clear(&taken);
    return -error;
  }
  drain();
  atomic_store(&write_end, pipe_ends[1]);

  struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART};
  sigfillset(&action.sa_mask);
  for (int i = 0; i < caught_count; i++) {
    sigaction(caught[i], NULL, &before[i]);
    int kept = caught[i] == SIGHUP && before[i].sa_handler == SIG_IGN;
    if (!kept) sigaction(caught[i], &action, NULL);
  }
  /* A handler that does nothing, not SIG_IGN: programs we start must not inherit the deafness. */
  struct sigaction ignore = {.sa_handler = nothing, .sa_flags = SA_RESTART};
  sigemptyset(&ignore.sa_mask);
  sigaction(SIGPIPE, &ignore, &pipe_before);

  /* Whoever started us may have left the signals blocked: one thread at least must hear them. */
  sigset_t heard;
  sigemptyset(&heard);
  for (int i = 0; i < caught_count; i++) sigaddset(&heard, caught[i]);
  pthread_sigmask(SIG_UNBLOCK, &heard, &mask_before);
  clp_crash_at_once();
  return pipe_ends[0];
}

void clp_signals_release(void) {
  pthread_sigmask(SIG_SETMASK, &mask_before, NULL);
  for (int i = 0; i < caught_count; i++) sigaction(caught[i], &before[i], NULL);
  sigaction(SIGPIPE, &pipe_before, NULL);
  for (int i = 0; i < crash_count; i++) sigaction(crashes[i], &crash_before[i], NULL);
  atomic_store(&write_end, -1);
  atomic_flag_clear(&taken);
}
