#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

/* libusb names descriptors for poll(2) and forgets them again; an epoll of our own turns them into the one descriptor
   that the executor's loop watches. */
static void add(int descriptor, short events, void *data) {
  clu_context *context = data;
  struct epoll_event event = {.data.fd = descriptor};
  if (events & POLLIN) event.events |= EPOLLIN;
  if (events & POLLOUT) event.events |= EPOLLOUT;
  epoll_ctl(context->epoll, EPOLL_CTL_ADD, descriptor, &event);
}

static void remove_descriptor(int descriptor, void *data) {
  clu_context *context = data;
  epoll_ctl(context->epoll, EPOLL_CTL_DEL, descriptor, NULL);
}

clu_context *clu_context_create(int *error) {
  /* For all contexts of the process: whoever else used libusb here would want the same. */
  libusb_set_option(NULL, LIBUSB_OPTION_NO_DEVICE_DISCOVERY);
  clu_context *context = calloc(1, sizeof *context);
  if (!context) {
    *error = LIBUSB_ERROR_NO_MEM;
    return NULL;
  }
  context->epoll = epoll_create1(EPOLL_CLOEXEC);
  *error = context->epoll < 0 ? LIBUSB_ERROR_NO_MEM : libusb_init(&context->usb);
  if (*error < 0) {
    if (context->epoll >= 0) close(context->epoll);
    free(context);
    return NULL;
  }
  const struct libusb_pollfd **all = libusb_get_pollfds(context->usb);
  for (int i = 0; all && all[i]; i++) add(all[i]->fd, all[i]->events, context);
  libusb_free_pollfds(all);
  libusb_set_pollfd_notifiers(context->usb, add, remove_descriptor, context);
  return context;
}

void clu_context_destroy(clu_context *context) {
  enum { patience = 6000 };
  if (!clu_wait_until_given_back(patience)) return;
  libusb_exit(context->usb);
  close(context->epoll);
  free(context);
}

int clu_context_descriptor(const clu_context *context) { return context->epoll; }

void clu_context_handle_events(clu_context *context) {
  struct timeval none = {0, 0};
  libusb_handle_events_timeout_completed(context->usb, &none, NULL);
}

const char *clu_error_words(int error) { return libusb_strerror(error); }
