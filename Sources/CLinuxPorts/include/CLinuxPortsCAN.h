/* SocketCAN, flat: linux/can.h is not in Swift's Glibc module. Functions return -errno when they fail. */
#ifndef C_LINUX_PORTS_CAN_H
#define C_LINUX_PORTS_CAN_H

#include <stdbool.h>
#include <stdint.h>

/* One frame, or one report of the controller (`is_error`), as the kernel delivered it. */
struct clp_can_frame {
  /* 11 or 29 bits; of a report its class bits (linux/can/error.h). */
  uint32_t identifier;
  bool is_extended;
  bool is_remote;
  bool is_error;
  bool is_fd;
  bool is_bit_rate_switched;
  uint8_t length;
  uint8_t data[64];
  /* CLOCK_REALTIME at which the kernel took it from the controller; 0 when the kernel did not say. */
  int64_t stamp;
  /* Frames that this socket had lost when this one was queued, counted since it was opened. */
  uint32_t lost;
};

/* What an interface is set to. */
struct clp_can_link {
  bool is_up;
  /* False on virtual buses, which have no controller; then nothing below counts. */
  bool has_controller;
  bool is_listen_only;
  /* 0 active, 1 warning, 2 passive, 3 bus-off, 4 stopped, 5 sleeping. */
  uint32_t state;
  /* bit/s */
  uint32_t bit_rate;
};

/* A filter of one identifier. */
struct clp_can_wanted {
  uint32_t identifier;
  bool is_extended;
};

/* A raw socket on an interface: time stamps, counted losses, FD frames, reports of the controller; `queue_bytes` of
   memory for frames that nobody has taken yet (all of it only with CAP_NET_ADMIN). `count` 0 hears everything. */
int clp_can_open(const char *name, const struct clp_can_wanted *wanted, int count, int queue_bytes);
/* A raw socket that hears nothing. */
int clp_can_open_sender(const char *name);
/* Takes the next frame; -EAGAIN when none waits. */
int clp_can_receive(int descriptor, struct clp_can_frame *frame);
int clp_can_send(int descriptor, const struct clp_can_frame *frame);
/* -ENODEV: no such interface; -EPROTOTYPE: it is there and is no CAN. */
int clp_can_look(const char *name, struct clp_can_link *link);
/* CLOCK_REALTIME, nanoseconds: only for comparison with `stamp`. */
int64_t clp_can_clock(void);

#endif
