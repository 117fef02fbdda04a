/* What the product needs of libusb-1.0, without its macros, variadic functions and flexible arrays. Functions that
   can fail give libusb's negative error numbers, some of which stand in `enum clu_error`. Unless said otherwise
   everything of one context is called from the one thread that owns it. */
#ifndef C_LIB_USB_H
#define C_LIB_USB_H

#include <stdbool.h>
#include <stdint.h>

typedef struct clu_context clu_context;
typedef struct clu_handle clu_handle;
typedef struct clu_transfer clu_transfer;

/* How a transfer ended. */
enum clu_status {
  clu_completed = 0,
  clu_stalled,
  clu_cancelled,
  /* The device is gone. */
  clu_gone,
  /* The device sent more than was asked for. */
  clu_overflow,
  /* The bus reports an error: no answer, or bits that make no sense. */
  clu_failed,
};

/* libusb's error numbers that are told apart. */
enum clu_error {
  clu_error_io = -1,
  clu_error_no_device = -4,
  clu_error_not_found = -5,
  clu_error_busy = -6,
};

/* A libusb that looks for no devices by itself: devices are found in sysfs and opened by their node, so that the
   kernel's own words for a refusal are not lost. NULL and `*error` when the computer has no USB. */
clu_context *clu_context_create(int *error);
/* Waits for handles that are being given back, at most 6 s; keeps the memory when they are not. */
void clu_context_destroy(clu_context *context);
/* Readable while libusb has something to do. */
int clu_context_descriptor(const clu_context *context);
/* Does it, without waiting; calls the `done` functions of transfers that ended. */
void clu_context_handle_events(clu_context *context);

/* Takes over the open descriptor of a node of /dev/bus/usb, also when it fails. */
clu_handle *clu_handle_open(clu_context *context, int descriptor, int *error);
/* Claims an interface; a kernel driver that has it is detached. */
int clu_handle_claim(clu_handle *handle, int interface);
/* Gives the interface back, to the kernel driver that had it, and closes. Attaching a driver may ask the device and so
   take seconds: a thread of its own does it. The handle must not be used again. From any thread. */
void clu_handle_give_back(clu_handle *handle);
/* Waits until nothing is being given back. False when that took longer. From any thread. */
bool clu_wait_until_given_back(int milliseconds);
/* Ends a halt of an endpoint at both ends. Blocks: it asks the device. From any thread. */
int clu_handle_clear_halt(clu_handle *handle, uint8_t endpoint);
/* libusb's words for an error number. */
const char *clu_error_words(int error);

/* Called once for each transfer that was submitted, in clu_context_handle_events. */
typedef void (*clu_done)(void *owner, enum clu_status status, int count);

/* A bulk transfer of `count` bytes; for an endpoint that sends (bit 7) `bytes` is NULL. NULL and `*error` when it could
   not be begun. */
clu_transfer *clu_submit_bulk(
    clu_handle *handle, uint8_t endpoint, const uint8_t *bytes, int count, clu_done done, void *owner, int *error);
/* A control request with the 8 bytes of its setup; data only from the device. */
clu_transfer *clu_submit_control(clu_handle *handle, const uint8_t *setup, clu_done done, void *owner, int *error);
/* Ends it early; `done` is still called. */
void clu_transfer_cancel(clu_transfer *transfer);
/* The data; without the setup of a control request. */
const uint8_t *clu_transfer_bytes(const clu_transfer *transfer);
/* After `done`. */
void clu_transfer_free(clu_transfer *transfer);

#endif
