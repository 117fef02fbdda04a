#define _GNU_SOURCE
#include "CLinuxPorts.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

int clp_socket_pair(int *mine, int *other) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0) return -errno;
  *mine = ends[0];
  *other = ends[1];
  return 0;
}

/* Spawns through a process between that ends at once: what is started is no child of ours, so that it leaves us nothing
   to collect when it ends. */
static int spawn_orphan(const char *path, const posix_spawn_file_actions_t *actions,
                        const posix_spawnattr_t *attributes, int32_t *pid) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return -errno;
  pid_t between = fork();
  if (between == 0) {
    char *const arguments[] = {(char *)path, NULL};
    char *const environment[] = {NULL};
    pid_t child = 0;
    int32_t answer[2];
    answer[0] = posix_spawn(&child, path, actions, attributes, arguments, environment);
    answer[1] = child;
    _exit(write(ends[1], answer, sizeof answer) == sizeof answer ? 0 : 1);
  }
  int forked = errno;
  close(ends[1]);
  if (between < 0) {
    close(ends[0]);
    return -forked;
  }
  int32_t answer[2] = {ECHILD, 0};
  ssize_t count;
  do count = read(ends[0], answer, sizeof answer);
  while (count < 0 && errno == EINTR);
  close(ends[0]);
  while (waitpid(between, NULL, 0) < 0 && errno == EINTR) continue;
  if (count != sizeof answer) return -ECHILD;
  *pid = answer[1];
  return -answer[0];
}

/* Returns an error number; with one, nothing is left to be destroyed. */
static int prepare_spawn(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes) {
  int error = posix_spawn_file_actions_init(actions);
  if (error) return error;
  error = posix_spawnattr_init(attributes);
  if (error) posix_spawn_file_actions_destroy(actions);
  return error;
}

int clp_spawn_apart(const char *path, int input, int32_t *pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int error = prepare_spawn(&actions, &attributes);
  if (error) return -error;
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  /* Output goes nowhere: a pipe that outlived us in its hands would keep our reader waiting. */
  posix_spawn_file_actions_adddup2(&actions, input, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  error = spawn_orphan(path, &actions, &attributes, pid);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

int clp_spawn_in(const char *folder, char *const arguments[], const char *input, const char *output, const char *errors,
                 bool leads_session, int32_t *pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int error = prepare_spawn(&actions, &attributes);
  if (error) return -error;
  posix_spawn_file_actions_addchdir_np(&actions, folder);
  posix_spawn_file_actions_addopen(&actions, 0, input, O_RDWR, 0);
  posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_NOCTTY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_NOCTTY, 0);
  if (leads_session) posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  pid_t child = 0;
  error = posix_spawn(&child, arguments[0], &actions, &attributes, arguments, environ);
  *pid = child;
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return -error;
}

int clp_process_open(int32_t pid) {
  int descriptor = (int)syscall(SYS_pidfd_open, pid, 0);
  return descriptor < 0 ? -errno : descriptor;
}

int clp_process_kill(int descriptor) {
  return syscall(SYS_pidfd_send_signal, descriptor, SIGKILL, NULL, 0) < 0 ? -errno : 0;
}

void clp_ignore_stops(void) {
  const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2};
  for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++) signal(ignored[i], SIG_IGN);
}

int clp_stay_in_memory(void) {
  /* What comes later is locked only where no limit counts it: under one, memory could not be had in the middle of
     acting. A process that may, or whose hard limit allows it, lifts the limit first. */
  const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
  int flags = setrlimit(RLIMIT_MEMLOCK, &none) < 0 ? MCL_CURRENT : MCL_CURRENT | MCL_FUTURE;
  return mlockall(flags) < 0 ? -errno : 0;
}

int clp_run_first(void) {
  /* Children, if there ever are any, start as ordinary processes. */
  const struct sched_param least = {.sched_priority = sched_get_priority_min(SCHED_RR)};
  return sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &least) < 0 ? -errno : 0;
}
