/* The kernel interfaces that Swift's Glibc module does not offer: epoll, eventfd, timerfd, and a signal handler
   that is safe whatever thread the kernel picks. Functions return -errno when they fail. */
#ifndef C_LINUX_PORTS_H
#define C_LINUX_PORTS_H

#include "CLinuxPortsCAN.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clp_gpio.h"

/* Differs per thread. Kept opaque: glibc declares pthread_self() const, so its value may be cached across a
   suspension of Swift code. */
uintptr_t clp_thread_token(void);

/* One descriptor that has something to say. A hang-up or an error counts as both readable and writable, so that
   whoever waits asks the descriptor and gets the exact error. */
struct clp_ready {
  uint64_t id;
  bool readable;
  bool writable;
};

int clp_epoll_create(void);
/* Reports changes only (edge triggered), in both directions. */
int clp_epoll_add_stream(int epoll, int descriptor, uint64_t id);
/* Reports for as long as something can be read (level triggered). */
int clp_epoll_add_source(int epoll, int descriptor, uint64_t id);
int clp_epoll_remove(int epoll, int descriptor);
/* Waits for as long as it takes when `block` is true. Returns how many entries of `ready` were filled. */
int clp_epoll_wait(int epoll, struct clp_ready *ready, int capacity, bool block);

int clp_eventfd_create(void);
int clp_timerfd_create(void);
/* `nanoseconds` is an absolute reading of CLOCK_MONOTONIC; 0 or less disarms. */
int clp_timerfd_set(int descriptor, int64_t nanoseconds);

/* The next client of a listening socket, non-blocking and closed on exec; -EAGAIN when nobody waits. */
int clp_accept(int listener);
/* The instrument's end of a new pseudo terminal, non-blocking; writes the path of the other end, ended by a zero. */
int clp_pseudo_terminal(char *path, size_t capacity);

/* Takes SIGINT, SIGTERM, SIGQUIT and SIGHUP (the last one not when it is ignored, as under nohup) and makes
   SIGPIPE harmless. Returns a descriptor that gives one byte, the signal's number, for each signal caught. The calling
   thread hears the signals even when it was started with them blocked. -EBUSY while taken. */
int clp_signals_claim(void);
/* Gives the signals back to whatever handled them before; from the thread that claimed them. */
void clp_signals_release(void);

/* Two ends of a local stream, non-blocking and closed on exec. */
int clp_socket_pair(int *mine, int *other);
/* Starts a program in a session of its own, with `input` as its standard input and no other descriptor of ours, with all
   signals at their defaults. It outlives us. */
int clp_spawn_apart(const char *path, int input, int32_t *pid);
/* Starts a child of ours that works in `folder`, with files as its standard streams. A child that leads a session gets a
   terminal that is its standard input for its own. */
int clp_spawn_in(const char *folder, char *const arguments[], const char *input, const char *output, const char *errors,
                 bool leads_session, int32_t *pid);
/* Holds on to a process, so that its number cannot come to mean another one. */
int clp_process_open(int32_t pid);
/* Ends the process for good, also when it is stopped; -ESRCH when it has ended already. */
int clp_process_kill(int descriptor);
/* From now on a crash ends this process at once. The language's runtime would have another program look at it for
   seconds, with a copy of every connection, and would go on after a SIGABRT from outside. Whoever started us may have left
   that blocked; this thread hears it. */
void clp_crash_at_once(void);
/* From now on no request to stop and no closed terminal ends this process. */
void clp_ignore_stops(void);
/* Keeps this process out of swap; -EPERM or -ENOMEM where that is not allowed. */
int clp_stay_in_memory(void);
/* Whenever this process has something to do it goes before ordinary ones; -EPERM where that is not allowed. */
int clp_run_first(void);

/* Lets the driver switch the direction of an RS485 line by itself; RTS is high while sending, or low. -ENOTTY where
   the driver cannot, -EOPNOTSUPP where it took the setting and dropped it. */
int clp_serial_rs485(int descriptor, bool active_high, uint32_t before_ms, uint32_t after_ms);
int clp_serial_rs485_off(int descriptor);
int clp_serial_rts(int descriptor, bool high);
/* Bytes that the driver has not given to the hardware yet. */
int clp_serial_unsent(int descriptor);
/* 1 when the last bit has left the shift register, 0 while it has not; -ENOTTY and others where nobody knows. */
int clp_serial_shifted_out(int descriptor);

#endif
