"""How fast aiobmsble's plug-in for NEEY units turns notifications into values, without a radio.

Usage: neey_rate.py CAPTURE PIECE FRAMES ROUNDS; CAPTURE holds one frame of live values as hex text, PIECE is the size of
a notification. Prints a line per round, frames/s and microseconds of CPU each, and at last the sum of a frame's values.
"""

import asyncio
import sys
import time

from aiobmsble.bms.neey_bms import BMS
from bleak.backends.device import BLEDevice

path, piece, frames, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
frame = bytes.fromhex("".join(line for line in open(path) if not line.startswith("#")))
pieces = [bytearray(frame[start : start + piece]) for start in range(0, len(frame), piece)]
WANTED = (
    "voltage", "delta_voltage", "balance_current", "current", "design_capacity", "cycle_charge", "battery_level",
    "balancer")


def total(sample):
    return sum(sample[key] for key in WANTED) + sum(float(t) for t in sample["temp_values"]) + sum(sample["cell_voltages"])


async def main():
    unit = BMS(BLEDevice("02:53:49:4D:00:01", "EK-24S200A", {"path": "", "props": {}}))
    # What it does when the device information names a B model.
    unit._proto = "v2"
    for _ in range(rounds):
        begin, cpu = time.perf_counter(), time.process_time()
        for _ in range(frames):
            for part in pieces:
                unit._notification_handler(None, part)
            sample = await unit._async_update()
            found = total(sample)
        wall, used = time.perf_counter() - begin, time.process_time() - cpu
        print(frames / wall, used / frames * 1e6)
    print(repr(float(found)))


asyncio.run(main())
