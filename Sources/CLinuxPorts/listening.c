#define _GNU_SOURCE
#include "CLinuxPorts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int clp_accept(int listener) {
  int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  return client < 0 ? -errno : client;
}

int clp_pseudo_terminal(char *path, size_t capacity) {
  int descriptor = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return -errno;
  if (grantpt(descriptor) == 0 && unlockpt(descriptor) == 0) {
    int error = ptsname_r(descriptor, path, capacity);
    if (error == 0) return descriptor;
    errno = error;
  }
  int error = errno;
  close(descriptor);
  return -error;
}
