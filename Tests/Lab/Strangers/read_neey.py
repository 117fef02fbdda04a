"""Reads a unit with aiobmsble's plug-in for NEEY balancers, through bleak and BlueZ. Prints one line of JSON."""

import asyncio
import json
import sys

from aiobmsble.bms.neey_bms import BMS
from bleak import BleakScanner


async def main(address: str) -> None:
    device = await BleakScanner.find_device_by_address(address, timeout=60)
    if device is None:
        sys.exit(f"no advertisement of {address}")
    async with BMS(device) as bms:
        info = await bms.device_info()
        sample = await bms.async_update()
    print(json.dumps({"name": device.name, "info": info, "sample": sample}, default=float))


asyncio.run(main(sys.argv[1]))
