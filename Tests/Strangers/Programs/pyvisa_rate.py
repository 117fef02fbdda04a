"""Questions per second and CPU per question of PyVISA with PyVISA-py, a thread per instrument.

Usage: pyvisa_rate.py PORT INSTRUMENTS QUESTIONS-EACH ROUNDS; prints a line per round: queries/s of all together and
microseconds of CPU each.
"""
import sys
import threading
import time

import pyvisa

port, instruments, each, rounds = map(int, sys.argv[1:])
manager = pyvisa.ResourceManager("@py")
links = [manager.open_resource(f"TCPIP0::127.0.0.1::{port}::SOCKET") for _ in range(instruments)]
for link in links:
    link.read_termination = link.write_termination = "\n"


def ask(link):
    for _ in range(each):
        assert float(link.query("MEAS:VOLT?")) == 3.3


for _ in range(rounds):
    threads = [threading.Thread(target=ask, args=[link]) for link in links]
    begin, cpu = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall, used = time.perf_counter() - begin, time.process_time() - cpu
    print(each * instruments / wall, used / each / instruments * 1e6)
