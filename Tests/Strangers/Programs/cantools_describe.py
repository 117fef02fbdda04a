"""What cantools understands of a DBC file: one line per frame and per signal, in a form that is easy to compare."""

import sys

import cantools

database = cantools.database.load_file(sys.argv[1], database_format="dbc", strict=False, sort_signals=None)
for message in sorted(database.messages, key=lambda m: (m.is_extended_frame, m.frame_id)):
    print(f"frame {message.frame_id} {int(message.is_extended_frame)} {message.name} {message.length}")
    for signal in sorted(message.signals, key=lambda s: s.name):
        order = "big" if signal.byte_order == "big_endian" else "little"
        kind = "real" if signal.is_float else "signed" if signal.is_signed else "unsigned"
        shown = ",".join(str(i) for i in sorted(signal.multiplexer_ids or []))
        names = ",".join(f"{k}={v}" for k, v in sorted((signal.choices or {}).items()))
        print(
            f"signal {signal.name} {signal.start} {signal.length} {order} {kind} {float(signal.scale)!r} "
            f"{float(signal.offset)!r} [{signal.unit or ''}] {int(signal.is_multiplexer)} "
            f"{signal.multiplexer_signal or '-'} [{shown}] [{names}] [{signal.comment or ''}]")
