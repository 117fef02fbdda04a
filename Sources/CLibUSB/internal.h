#ifndef C_LIB_USB_INTERNAL_H
#define C_LIB_USB_INTERNAL_H

#include "CLibUSB.h"

#include <libusb-1.0/libusb.h>

struct clu_context {
  libusb_context *usb;
  int epoll;
};

struct clu_handle {
  libusb_device_handle *usb;
  int descriptor;
  /* Negative while none is claimed. */
  int interface;
};

#endif
