#define _GNU_SOURCE
#include "CLinuxPorts.h"

#include <errno.h>
#include <linux/can.h>
#include <linux/can/error.h>
#include <linux/can/raw.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static int failed(int descriptor) {
  int error = errno;
  close(descriptor);
  return -error;
}

static int bound(int descriptor, const char *name) {
  struct ifreq request = {0};
  if (strlen(name) >= sizeof request.ifr_name) {
    errno = ENODEV;
    return failed(descriptor);
  }
  strcpy(request.ifr_name, name);
  if (ioctl(descriptor, SIOCGIFINDEX, &request) < 0) return failed(descriptor);
  struct sockaddr_can address = {.can_family = AF_CAN, .can_ifindex = request.ifr_ifindex};
  if (bind(descriptor, (struct sockaddr *)&address, sizeof address) < 0) return failed(descriptor);
  return descriptor;
}

static int raw_socket(void) { return socket(PF_CAN, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, CAN_RAW); }

int clp_can_open(const char *name, const struct clp_can_wanted *wanted, int count, int queue_bytes) {
  enum { most = 64 };
  if (count > most) return -E2BIG;
  int descriptor = raw_socket();
  if (descriptor < 0) return -errno;
  /* Before bind: otherwise frames of others could slip in between. */
  if (count > 0) {
    struct can_filter filters[most];
    for (int i = 0; i < count; i++) {
      filters[i].can_id = wanted[i].identifier | (wanted[i].is_extended ? CAN_EFF_FLAG : 0);
      filters[i].can_mask = CAN_EFF_FLAG | (wanted[i].is_extended ? CAN_EFF_MASK : CAN_SFF_MASK);
    }
    if (setsockopt(descriptor, SOL_CAN_RAW, CAN_RAW_FILTER, filters, (socklen_t)(sizeof filters[0] * count)) < 0)
      return failed(descriptor);
  }
  int on = 1;
  /* Without it the kernel drops FD frames unseen. Refused only by kernels without FD. */
  setsockopt(descriptor, SOL_CAN_RAW, CAN_RAW_FD_FRAMES, &on, sizeof on);
  can_err_mask_t reports = CAN_ERR_MASK;
  if (setsockopt(descriptor, SOL_CAN_RAW, CAN_RAW_ERR_FILTER, &reports, sizeof reports) < 0) return failed(descriptor);
  if (setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) < 0) return failed(descriptor);
  if (setsockopt(descriptor, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on) < 0) return failed(descriptor);
  if (setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &queue_bytes, sizeof queue_bytes) < 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &queue_bytes, sizeof queue_bytes);
  return bound(descriptor, name);
}

int clp_can_open_sender(const char *name) {
  int descriptor = raw_socket();
  if (descriptor < 0) return -errno;
  if (setsockopt(descriptor, SOL_CAN_RAW, CAN_RAW_FILTER, NULL, 0) < 0) return failed(descriptor);
  int on = 1;
  setsockopt(descriptor, SOL_CAN_RAW, CAN_RAW_FD_FRAMES, &on, sizeof on);
  return bound(descriptor, name);
}

int clp_can_receive(int descriptor, struct clp_can_frame *frame) {
  struct canfd_frame raw;
  union {
    char bytes[CMSG_SPACE(sizeof(struct timespec)) + CMSG_SPACE(sizeof(uint32_t))];
    struct cmsghdr align;
  } control;
  struct iovec part = {.iov_base = &raw, .iov_len = sizeof raw};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  ssize_t count;
  do {
    count = recvmsg(descriptor, &message, 0);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return -errno;
  if (count != CAN_MTU && count != CANFD_MTU) return -EPROTO;
  memset(frame, 0, sizeof *frame);
  frame->is_fd = count == CANFD_MTU;
  frame->is_extended = (raw.can_id & CAN_EFF_FLAG) != 0;
  frame->is_remote = (raw.can_id & CAN_RTR_FLAG) != 0 && !frame->is_fd;
  frame->is_error = (raw.can_id & CAN_ERR_FLAG) != 0;
  frame->identifier = raw.can_id & (frame->is_error || frame->is_extended ? CAN_EFF_MASK : CAN_SFF_MASK);
  frame->is_bit_rate_switched = frame->is_fd && (raw.flags & CANFD_BRS) != 0;
  int most = frame->is_fd ? CANFD_MAX_DLEN : CAN_MAX_DLEN;
  frame->length = raw.len > most ? (uint8_t)most : raw.len;
  memcpy(frame->data, raw.data, frame->length);
  for (struct cmsghdr *extra = CMSG_FIRSTHDR(&message); extra != NULL; extra = CMSG_NXTHDR(&message, extra)) {
    if (extra->cmsg_level != SOL_SOCKET) continue;
    if (extra->cmsg_type == SCM_TIMESTAMPNS) {
      struct timespec time;
      memcpy(&time, CMSG_DATA(extra), sizeof time);
      frame->stamp = (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
    } else if (extra->cmsg_type == SO_RXQ_OVFL) {
      memcpy(&frame->lost, CMSG_DATA(extra), sizeof frame->lost);
    }
  }
  return 0;
}

int clp_can_send(int descriptor, const struct clp_can_frame *frame) {
  struct canfd_frame raw = {0};
  raw.can_id = frame->identifier | (frame->is_extended ? CAN_EFF_FLAG : 0) | (frame->is_remote ? CAN_RTR_FLAG : 0) |
               (frame->is_error ? CAN_ERR_FLAG : 0);
  raw.len = frame->length;
  raw.flags = frame->is_bit_rate_switched ? CANFD_BRS : 0;
  int most = frame->is_fd ? CANFD_MAX_DLEN : CAN_MAX_DLEN;
  if (frame->length > most) return -EINVAL;
  memcpy(raw.data, frame->data, frame->length);
  ssize_t size = frame->is_fd ? CANFD_MTU : CAN_MTU;
  ssize_t count;
  do {
    count = write(descriptor, &raw, (size_t)size);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return -errno;
  return count == size ? 0 : -EPROTO;
}

int64_t clp_can_clock(void) {
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}
