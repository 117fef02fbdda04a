"""A unit made of bumble's stack that answers with captured bytes, under the kernel by way of /dev/vhci.

A request of 20 bytes is answered with the frame of the EK-B24S8E200A; after the settings, or when it is asked for,
cell information follows twice a second. A write of `replay NAME` sends the capture NAME, one notification a line.
"""

import asyncio
import pathlib
import sys

from bumble.controller import Controller
from bumble.core import AdvertisingData, PhysicalTransport
from bumble.device import Device
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.hci import Address
from bumble.host import Host
from bumble.link import LocalLink
from bumble.transport import open_transport
from bumble.transport.common import AsyncPipeSink

UNIT = "ek-b24s8e200a-sw2.0.0"
ANSWERS = {1: "device-info", 2: "cell-info", 4: "settings"}
PIECE = 20


class Link(LocalLink):
    """bumble 0.0.236 marks data with the sender's random address even when the link uses the public one."""

    def send_acl_data(self, sender_controller, destination_address, transport, data):
        if transport != PhysicalTransport.LE:
            return super().send_acl_data(sender_controller, destination_address, transport, data)
        receiver = self.find_le_controller(destination_address)
        if receiver is None:
            return None
        known = receiver.le_connections
        source = sender_controller.random_address
        if source not in known:
            source = sender_controller.public_address
        asyncio.get_running_loop().call_soon(receiver.on_link_acl_data, source, transport, data)
        return None


def capture(folder: pathlib.Path, name: str) -> list[bytes]:
    """The chunks of a capture; a single frame spread over lines is one."""
    text = (folder / f"{name}.hex").read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    chunks = [bytes.fromhex(line.replace(" ", "")) for line in lines]
    return chunks if "stream" in name else [b"".join(chunks)]


class Unit:
    def __init__(self, folder: pathlib.Path, device: Device) -> None:
        self.folder = folder
        self.device = device
        self.streaming: asyncio.Task | None = None
        self.queue: asyncio.Queue[list[bytes]] = asyncio.Queue()
        self.characteristic = Characteristic(
            "FFE1",
            Characteristic.Properties.WRITE
            | Characteristic.Properties.WRITE_WITHOUT_RESPONSE
            | Characteristic.Properties.NOTIFY,
            Characteristic.WRITEABLE,
            CharacteristicValue(write=lambda connection, value: self.written(bytes(value))),
        )
        device.add_service(Service("FFE0", [self.characteristic]))

    def written(self, value: bytes) -> None:
        if value.startswith(b"replay "):
            self.queue.put_nowait(capture(self.folder, value[7:].decode()))
        elif len(value) == 20 and value[3] == 1 and value[4] in ANSWERS:
            self.answer(ANSWERS[value[4]])
            if value[4] != 1 and self.streaming is None:
                self.streaming = asyncio.create_task(self.stream())

    def answer(self, kind: str) -> None:
        frame = capture(self.folder, f"{UNIT}-{kind}")[0]
        self.queue.put_nowait([frame[i : i + PIECE] for i in range(0, len(frame), PIECE)])

    async def stream(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            self.answer("cell-info")

    def ended(self) -> None:
        if self.streaming is not None:
            self.streaming.cancel()
            self.streaming = None

    async def send(self) -> None:
        """One frame after the other, as they were asked for."""
        while True:
            for chunk in await self.queue.get():
                await self.device.notify_subscribers(self.characteristic, chunk)


async def main(folder: pathlib.Path) -> None:
    link = Link()
    async with await open_transport("vhci") as kernel:
        Controller(
            "kernel", host_source=kernel.source, host_sink=kernel.sink, link=link, public_address="02:42:4D:53:00:0B"
        )
        radio = Controller("unit", link=link, public_address="02:53:49:4D:00:0B")
        device = Device(address=Address("F2:53:49:4D:00:0B"), host=Host(radio, AsyncPipeSink(radio)))
        unit = Unit(folder, device)
        await device.power_on()
        device.on("connection", lambda connection: connection.on("disconnection", lambda *_: unit.ended()))
        services = (AdvertisingData.INCOMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS, bytes.fromhex("e0ffe7fe"))
        await device.start_advertising(
            advertising_data=bytes(AdvertisingData([(AdvertisingData.FLAGS, b"\x06"), services])),
            scan_response_data=bytes(AdvertisingData([(AdvertisingData.COMPLETE_LOCAL_NAME, b"EK-24S200A")])),
            advertising_interval_min=100.0,
            advertising_interval_max=100.0,
            auto_restart=True,
        )
        print("ready", flush=True)
        await unit.send()


asyncio.run(main(pathlib.Path(sys.argv[1])))
