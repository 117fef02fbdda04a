#include "internal.h"

#include <stdlib.h>
#include <string.h>

struct clu_transfer {
  struct libusb_transfer *usb;
  clu_done done;
  void *owner;
  uint8_t bytes[];
};

static enum clu_status status_of(enum libusb_transfer_status status) {
  switch (status) {
    case LIBUSB_TRANSFER_COMPLETED: return clu_completed;
    case LIBUSB_TRANSFER_STALL: return clu_stalled;
    case LIBUSB_TRANSFER_CANCELLED: return clu_cancelled;
    case LIBUSB_TRANSFER_TIMED_OUT: return clu_cancelled;
    case LIBUSB_TRANSFER_NO_DEVICE: return clu_gone;
    case LIBUSB_TRANSFER_OVERFLOW: return clu_overflow;
    case LIBUSB_TRANSFER_ERROR: return clu_failed;
  }
  return clu_failed;
}

static void LIBUSB_CALL ended(struct libusb_transfer *usb) {
  clu_transfer *transfer = usb->user_data;
  transfer->done(transfer->owner, status_of(usb->status), usb->actual_length);
}

static clu_transfer *make(int count, clu_done done, void *owner) {
  clu_transfer *transfer = calloc(1, sizeof *transfer + (size_t)count);
  if (!transfer) return NULL;
  transfer->usb = libusb_alloc_transfer(0);
  transfer->done = done;
  transfer->owner = owner;
  if (transfer->usb) return transfer;
  free(transfer);
  return NULL;
}

static clu_transfer *submit(clu_transfer *transfer, int *error) {
  *error = libusb_submit_transfer(transfer->usb);
  if (*error >= 0) return transfer;
  clu_transfer_free(transfer);
  return NULL;
}

/* Without a limit of libusb's own: deadlines are the executor's. */
enum { no_limit = 0 };

clu_transfer *clu_submit_bulk(
    clu_handle *handle, uint8_t endpoint, const uint8_t *bytes, int count, clu_done done, void *owner, int *error) {
  clu_transfer *transfer = make(count, done, owner);
  *error = LIBUSB_ERROR_NO_MEM;
  if (!transfer) return NULL;
  if (bytes) memcpy(transfer->bytes, bytes, (size_t)count);
  libusb_fill_bulk_transfer(transfer->usb, handle->usb, endpoint, transfer->bytes, count, ended, transfer, no_limit);
  return submit(transfer, error);
}

clu_transfer *clu_submit_control(clu_handle *handle, const uint8_t *setup, clu_done done, void *owner, int *error) {
  int count = setup[6] | setup[7] << 8;
  clu_transfer *transfer = make(LIBUSB_CONTROL_SETUP_SIZE + count, done, owner);
  *error = LIBUSB_ERROR_NO_MEM;
  if (!transfer) return NULL;
  memcpy(transfer->bytes, setup, LIBUSB_CONTROL_SETUP_SIZE);
  libusb_fill_control_transfer(transfer->usb, handle->usb, transfer->bytes, ended, transfer, no_limit);
  return submit(transfer, error);
}

void clu_transfer_cancel(clu_transfer *transfer) { libusb_cancel_transfer(transfer->usb); }

const uint8_t *clu_transfer_bytes(const clu_transfer *transfer) {
  int isControl = transfer->usb->type == LIBUSB_TRANSFER_TYPE_CONTROL;
  return transfer->bytes + (isControl ? LIBUSB_CONTROL_SETUP_SIZE : 0);
}

void clu_transfer_free(clu_transfer *transfer) {
  libusb_free_transfer(transfer->usb);
  free(transfer);
}
