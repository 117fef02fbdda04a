"""Serves one Modbus unit with pymodbus until its standard input ends: on TCP, or on one end of a pseudo terminal.

The first line printed says where: a port number, or the path of the other end. Holding register n holds n * 257 until it
is written, input register n holds 65535 - n, coil n is on where n is divisible by 3, discrete input n where by 5."""

import asyncio
import os
import sys
import threading
import tty

from pymodbus.datastore import ModbusDeviceContext, ModbusSequentialDataBlock, ModbusServerContext
from pymodbus.framer import FramerType
from pymodbus.server import ModbusSerialServer, ModbusTcpServer

UNIT = 7
SIZE = 2100


def block(value):
    # A sequential block begins at wire address 0 when its own begins at 1.
    return ModbusSequentialDataBlock(1, [value(n) for n in range(SIZE)])


device = ModbusDeviceContext(
    hr=block(lambda n: n * 257 % 65536), ir=block(lambda n: 65535 - n), co=block(lambda n: n % 3 == 0),
    di=block(lambda n: n % 5 == 0))
context = ModbusServerContext(devices={UNIT: device}, single=False)


async def tcp():
    server = ModbusTcpServer(context, address=("127.0.0.1", 0))
    await server.listen()
    print(server.transport.sockets[0].getsockname()[1], flush=True)
    await asyncio.Future()


async def serial():
    # Two pseudo terminals with their masters joined: a cable between two serial lines.
    ends = [os.openpty() for _ in range(2)]
    for master, line in ends:
        tty.setraw(line)

    def pump(source, sink):
        while True:
            os.write(sink, os.read(source, 4096))

    for source, sink in ((ends[0][0], ends[1][0]), (ends[1][0], ends[0][0])):
        threading.Thread(target=pump, args=(source, sink), daemon=True).start()
    server = ModbusSerialServer(
        context, framer=FramerType.RTU, port=os.ttyname(ends[0][1]), baudrate=115200)
    await server.listen()
    # Our own descriptor would keep the line from being taken alone.
    path = os.ttyname(ends[1][1])
    print(path, flush=True)
    await asyncio.Future()


threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
asyncio.run(tcp() if sys.argv[1] == "tcp" else serial())
