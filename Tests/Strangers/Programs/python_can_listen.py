"""Listens with python-can: prints `ready`, then as many frames as asked for, as `ID EXTENDED FD HEX`."""

import sys

import can

with can.Bus(interface="socketcan", channel=sys.argv[1], fd=True) as bus:
    print("ready", flush=True)
    for _ in range(int(sys.argv[2])):
        message = bus.recv(timeout=60)
        print(
            f"{message.arbitration_id:x} {int(message.is_extended_id)} {int(message.is_fd)} {message.data.hex()}",
            flush=True)
