#include "CLinuxPorts.h"

#include <errno.h>
#include <linux/serial.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>

int clp_serial_rs485(int descriptor, bool active_high, uint32_t before_ms, uint32_t after_ms) {
  struct serial_rs485 wanted;
  memset(&wanted, 0, sizeof wanted);
  wanted.flags = SER_RS485_ENABLED | (active_high ? SER_RS485_RTS_ON_SEND : SER_RS485_RTS_AFTER_SEND);
  wanted.delay_rts_before_send = before_ms;
  wanted.delay_rts_after_send = after_ms;
  /* Set, never asked: a driver without RS485 may answer TIOCGRS485 with zeros. */
  if (ioctl(descriptor, TIOCSRS485, &wanted) != 0) return -errno;
  struct serial_rs485 taken;
  memset(&taken, 0, sizeof taken);
  if (ioctl(descriptor, TIOCGRS485, &taken) != 0) return -errno;
  return taken.flags & SER_RS485_ENABLED ? 0 : -EOPNOTSUPP;
}

int clp_serial_rs485_off(int descriptor) {
  struct serial_rs485 off;
  memset(&off, 0, sizeof off);
  return ioctl(descriptor, TIOCSRS485, &off) == 0 ? 0 : -errno;
}

int clp_serial_rts(int descriptor, bool high) {
  int bits = TIOCM_RTS;
  return ioctl(descriptor, high ? TIOCMBIS : TIOCMBIC, &bits) == 0 ? 0 : -errno;
}

int clp_serial_unsent(int descriptor) {
  int count = 0;
  return ioctl(descriptor, TIOCOUTQ, &count) == 0 ? count : -errno;
}

int clp_serial_shifted_out(int descriptor) {
  unsigned int status = 0;
  if (ioctl(descriptor, TIOCSERGETLSR, &status) != 0) return -errno;
  return status & TIOCSER_TEMT ? 1 : 0;
}
