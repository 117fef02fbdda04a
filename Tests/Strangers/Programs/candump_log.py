"""python-can reads a candump log and prints each frame; then it writes the same frames to a log of its own."""

import sys

import can

writer = can.CanutilsLogWriter(sys.argv[2])
for message in can.CanutilsLogReader(sys.argv[1]):
    print(
        f"{message.timestamp:.6f} {message.channel} {message.arbitration_id:x} {int(message.is_extended_id)} "
        f"{int(message.is_fd)} {int(message.is_remote_frame)} {message.data.hex()}")
    writer(message)
writer.stop()
