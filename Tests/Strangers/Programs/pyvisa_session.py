"""A session of a third party's VISA library with instruments that `bmsrig rig serve` put on real ports.

Usage: pyvisa_session.py SERVED.json        (what `rig serve --format json` printed)
Prints one line per thing confirmed; the first difference ends it with an exception.
"""
import json
import sys
import threading
import time

import pyvisa
from pyvisa.constants import StatusCode

served = json.load(open(sys.argv[1]))
manager = pyvisa.ResourceManager("@py")


def resource(address):
    """bmsrig's address as VISA writes it."""
    scheme, rest = address.split("://", 1)
    if scheme == "tcp":
        host, port = rest.rsplit(":", 1)
        return f"TCPIP0::{host}::{port}::SOCKET"
    if scheme == "hislip":
        place, part = rest.split("/", 1)
        host, port = place.rsplit(":", 1)
        return f"TCPIP0::{host}::{part},{port}::INSTR"
    if scheme == "serial":
        return f"ASRL{rest.split('?')[0]}::INSTR"
    raise ValueError(address)


def open_link(name, scheme):
    address = next(l["address"] for l in served["links"] if l["name"] == name and l["address"].startswith(scheme))
    link = manager.open_resource(resource(address))
    link.read_termination = link.write_termination = "\n"
    link.timeout = 5000
    return link


def near(value, expected, tolerance):
    assert abs(value - expected) <= tolerance, f"{value} is not {expected} within {tolerance}"


def identity(link, maker, model):
    fields = link.query("*IDN?").split(",")
    assert maker.lower() in fields[0].lower() and fields[1].startswith(model), fields
    return fields


def emulator():
    link = open_link("emulator", "tcp")
    identity(link, "NGI", "N83624")
    setpoints = {1: 3.3, 2: 3.25, 24: 3.65}
    for channel, volts in setpoints.items():
        time.sleep(0.3)  # the model ignores commands that come faster
        link.write(f"SOUR{channel}:VOLT {volts}")
    time.sleep(0.3)
    link.write("SOUR:OUTCURR 1000(@1,2,24)")
    time.sleep(0.3)
    read_back = [float(x) for x in link.query("SOUR:VOLT?(@1,2,24)").split(",")]
    for value, expected in zip(read_back, setpoints.values()):
        near(value, expected, 1e-4)
    time.sleep(0.3)
    link.write("OUTP:ONOFF 1(@1,2,24)")
    time.sleep(0.5)
    measured = [float(x) for x in link.query("MEAS:VOLT?(@1,2,24)").split(",")]
    for value, expected in zip(measured, setpoints.values()):
        near(value, expected, 5e-3)
    time.sleep(0.3)
    link.write("OUTP:ONOFF 0(@1,2,24)")
    time.sleep(0.3)
    assert [int(x) for x in link.query("OUTP:ONOFF?(@1,2,24)").split(",")] == [0, 0, 0]
    link.close()
    print("raw socket: voltages of three cells set, read back, measured, switched off")


def scan(link):
    link.write("CONF:VOLT:DC 10,(@101:103)")
    link.write("ROUT:SCAN (@101,102,103)")
    link.write("FORM:READ:CHAN ON")
    assert int(link.query("ROUT:SCAN:SIZE?")) == 3
    fields = link.query("READ?").split(",")
    assert [int(x) for x in fields[1::2]] == [101, 102, 103], fields
    return [float(x) for x in fields[0::2]]


def reference():
    raw, hislip = open_link("reference", "tcp"), open_link("reference", "hislip")
    assert identity(raw, "Keysight", "DAQ970A") == identity(hislip, "Keysight", "DAQ970A")
    for first, second in zip(scan(raw), scan(hislip)):
        near(first, second, 1e-3)
    hislip.write("NONSENSE 5")
    assert hislip.query("SYST:ERR?").startswith("-113"), "an unknown header was not refused"
    assert hislip.query("SYST:ERR?").startswith("+0")
    raw.close()
    print("raw socket and HiSLIP: the same instrument, the same three channels of a scan, its error queue")
    hislip.write("*IDN?")
    hislip.clear()
    identity(hislip, "Keysight", "DAQ970A")
    assert hislip.read_stb() & 16 == 0
    hislip.close()
    print("HiSLIP: device clear in the middle of a question, status byte")


def late_answers():
    link = open_link("reference", "hislip")
    link.write("CONF:VOLT:DC 10,(@101:120)")
    link.write("SENS:VOLT:DC:NPLC 0.2,(@101:120)")
    link.write("ROUT:SCAN (@101:120)")
    link.timeout = 5
    try:
        link.query("READ?")
        raise AssertionError("a scan of 20 channels took less than 5 ms")
    except pyvisa.VisaIOError as error:
        assert error.error_code == StatusCode.error_timeout, error
    link.timeout = 5000
    for _ in range(5):
        identity(link, "Keysight", "DAQ970A")
    link.close()
    print("HiSLIP: after a missed answer the next ones are the right ones")


def bank():
    link = open_link("bank", "hislip")
    identity(link, "Keysight", "E36312A")
    link.write("VOLT 5,(@1)")
    link.write("CURR 0.1,(@1)")
    near(float(link.query("VOLT? (@1)")), 5, 1e-3)
    link.write("OUTP ON,(@1)")
    assert int(link.query("OUTP? (@1)")) == 1
    link.write("OUTP OFF,(@1)")
    assert int(link.query("OUTP? (@1)")) == 0
    assert link.query("SYST:ERR?").startswith("+0"), "the supply refused something"
    link.close()
    print("HiSLIP: supply programmed, switched on and off")


def decade():
    link = open_link("ntc1", "serial")
    link.baud_rate = 9600
    link.read_termination = "\r\n"
    identity(link, "MEATEST", "M642")
    link.write(":RES 10000")
    near(float(link.query(":RES?")), 10000, 1)
    link.write(":OUTP ON")
    assert link.query(":OUTP?") in ("1", "ON")
    link.write(":OUTP OFF")
    assert link.query(":OUTP?") in ("0", "OFF")
    link.close()
    print("serial line: resistance set, read back, connected, opened")


def everybody():
    """Different instruments and two clients of one at the same time: nobody gets another's answer."""
    failures = []

    def ask(name, scheme, maker, model):
        try:
            link = open_link(name, scheme)
            if scheme == "serial":
                link.read_termination = "\r\n"
            for _ in range(20):
                identity(link, maker, model)
            link.close()
        except Exception as error:  # a thread's exception would be lost
            failures.append((name, scheme, error))

    clients = [
        ("source", "tcp", "ITECH", "IT6015C"), ("source", "tcp", "ITECH", "IT6015C"),
        ("reference", "tcp", "Keysight", "DAQ970A"), ("reference", "hislip", "Keysight", "DAQ970A"),
        ("bank", "hislip", "Keysight", "E36312A"), ("scope", "tcp", "Siglent", "SDS2"),
        ("ntc1", "serial", "MEATEST", "M642"), ("ntc2", "serial", "MEATEST", "M642"),
    ]
    threads = [threading.Thread(target=ask, args=client) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures
    print(f"{len(clients)} clients at once, 20 questions each: every answer came to the one that asked")


def one_client_only():
    first = open_link("emulator", "tcp")
    identity(first, "NGI", "N83624")
    second = open_link("emulator", "tcp")
    second.timeout = 1000
    try:
        second.query("*IDN?")
        raise AssertionError("a second client was answered")
    except (pyvisa.VisaIOError, ConnectionError):
        pass
    first.close()
    print("the emulator hangs up on a second client")


for part in (emulator, reference, late_answers, bank, decade, everybody, one_client_only):
    part()
