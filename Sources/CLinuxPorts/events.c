#define _GNU_SOURCE
#include "CLinuxPorts.h"

#include <errno.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>

uintptr_t clp_thread_token(void) {
  static _Thread_local char mark;
  return (uintptr_t)&mark;
}

static int checked(int result) { return result < 0 ? -errno : result; }

int clp_epoll_create(void) { return checked(epoll_create1(EPOLL_CLOEXEC)); }

static int add(int epoll, int descriptor, uint64_t id, uint32_t events) {
  struct epoll_event event = {.events = events, .data.u64 = id};
  return checked(epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event));
}

int clp_epoll_add_stream(int epoll, int descriptor, uint64_t id) {
  return add(epoll, descriptor, id, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
}

int clp_epoll_add_source(int epoll, int descriptor, uint64_t id) { return add(epoll, descriptor, id, EPOLLIN); }

int clp_epoll_remove(int epoll, int descriptor) {
  return checked(epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, NULL));
}

int clp_epoll_wait(int epoll, struct clp_ready *ready, int capacity, bool block) {
  enum { most = 32 };
  struct epoll_event events[most];
  int count = epoll_wait(epoll, events, capacity < most ? capacity : most, block ? -1 : 0);
  if (count < 0) return -errno;
  for (int i = 0; i < count; i++) {
    uint32_t seen = events[i].events;
    ready[i].id = events[i].data.u64;
    ready[i].readable = (seen & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    ready[i].writable = (seen & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0;
  }
  return count;
}

int clp_eventfd_create(void) { return checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }

int clp_timerfd_create(void) { return checked(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)); }

int clp_timerfd_set(int descriptor, int64_t nanoseconds) {
  struct itimerspec setting = {{0, 0}, {0, 0}};
  if (nanoseconds > 0) {
    setting.it_value.tv_sec = nanoseconds / 1000000000;
    setting.it_value.tv_nsec = nanoseconds % 1000000000;
  }
  return checked(timerfd_settime(descriptor, TFD_TIMER_ABSTIME, &setting, NULL));
}
