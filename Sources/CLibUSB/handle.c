#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t fewer = PTHREAD_COND_INITIALIZER;
static int giving_back;

clu_handle *clu_handle_open(clu_context *context, int descriptor, int *error) {
  clu_handle *handle = calloc(1, sizeof *handle);
  *error = handle ? libusb_wrap_sys_device(context->usb, descriptor, &handle->usb) : LIBUSB_ERROR_NO_MEM;
  if (*error < 0) {
    free(handle);
    close(descriptor);
    return NULL;
  }
  handle->descriptor = descriptor;
  handle->interface = -1;
  libusb_set_auto_detach_kernel_driver(handle->usb, 1);
  return handle;
}

int clu_handle_claim(clu_handle *handle, int interface) {
  int error = libusb_claim_interface(handle->usb, interface);
  if (error >= 0) handle->interface = interface;
  return error;
}

static void give_back(clu_handle *handle) {
  if (handle->interface >= 0) libusb_release_interface(handle->usb, handle->interface);
  libusb_close(handle->usb);
  close(handle->descriptor);
  free(handle);
}

static void *give_back_on_thread(void *argument) {
  give_back(argument);
  pthread_mutex_lock(&lock);
  giving_back--;
  pthread_cond_broadcast(&fewer);
  pthread_mutex_unlock(&lock);
  return NULL;
}

void clu_handle_give_back(clu_handle *handle) {
  pthread_mutex_lock(&lock);
  giving_back++;
  pthread_mutex_unlock(&lock);
  pthread_t thread;
  if (pthread_create(&thread, NULL, give_back_on_thread, handle) == 0)
    pthread_detach(thread);
  else
    give_back_on_thread(handle);
}

bool clu_wait_until_given_back(int milliseconds) {
  struct timespec end;
  clock_gettime(CLOCK_REALTIME, &end);
  end.tv_sec += milliseconds / 1000;
  end.tv_nsec += milliseconds % 1000 * 1000000L;
  if (end.tv_nsec >= 1000000000L) {
    end.tv_sec++;
    end.tv_nsec -= 1000000000L;
  }
  pthread_mutex_lock(&lock);
  int waited = 0;
  while (giving_back > 0 && waited != ETIMEDOUT) waited = pthread_cond_timedwait(&fewer, &lock, &end);
  bool done = giving_back == 0;
  pthread_mutex_unlock(&lock);
  return done;
}

int clu_handle_clear_halt(clu_handle *handle, uint8_t endpoint) { return libusb_clear_halt(handle->usb, endpoint); }
