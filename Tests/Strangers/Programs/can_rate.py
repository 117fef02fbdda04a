"""How fast python-can and cantools turn frames into values. The frames wait in the kernel when the clock starts.

Usage: can_rate.py INTERFACE DBC FRAMES BATCHES ROUNDS; FRAMES is a file with a frame a line, as candump writes them. `-`
for the interface is a pair of local sockets in place of a CAN socket, for computers without CAN.
Prints a line per round, frames/s and microseconds of CPU each, and at last the sum of all values of a batch.
"""

import logging
import socket
import sys
import time

import can
import cantools
from can.interfaces.socketcan import socketcan

interface, dbc, path, batches, rounds = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
database = cantools.database.load_file(dbc, database_format="dbc", strict=False)
messages = []
for line in open(path):
    identifier, data = line.strip().split("#")
    messages.append(
        can.Message(
            arbitration_id=int(identifier, 16), is_extended_id=len(identifier) == 8, data=bytes.fromhex(data)))

if interface == "-":
    # A local socket has none of the options of a CAN socket; python-can says so and goes on.
    logging.disable(logging.ERROR)
    ends = list(socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET))
    socketcan.create_socket = ends.pop
    socketcan.bind_socket = lambda sock, channel: None
ear = can.Bus(interface="socketcan", channel=interface, fd=False)
sender = can.Bus(interface="socketcan", channel=interface, fd=False)

for _ in range(rounds):
    total = spent = used = 0.0
    for _ in range(batches):
        for message in messages:
            sender.send(message, timeout=5)
        begin, cpu = time.perf_counter(), time.thread_time()
        for _ in messages:
            frame = ear.recv(timeout=5)
            values = database.decode_message(frame.arbitration_id, frame.data, decode_choices=False)
            for value in values.values():
                total += value
        spent += time.perf_counter() - begin
        used += time.thread_time() - cpu
    count = batches * len(messages)
    print(count / spent, used / count * 1e6)
print(repr(total / batches))
ear.shutdown()
sender.shutdown()
