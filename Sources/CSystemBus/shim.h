/* The message bus client of libsystemd, for LinuxPorts alone. */
#include <systemd/sd-bus.h>
