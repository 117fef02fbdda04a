"""Decodes frames with cantools: {"dbc": PATH, "frames": [[ID, IS_EXTENDED, HEX], ...]} in, a list of answers out.

An answer is {"message": NAME, "signals": {NAME: NUMBER AS TEXT}, "names": {NAME: NAME OF THE VALUE}} or {"error": TEXT}.
Numbers are never replaced by names, so that they can be compared; as text they may also be nan and inf."""

import json
import sys

import cantools

asked = json.load(sys.stdin)
database = cantools.database.load_file(asked["dbc"], database_format="dbc", strict=False)
messages = {(m.frame_id, m.is_extended_frame): m for m in database.messages}
answers = []
for identifier, is_extended, data in asked["frames"]:
    message = messages.get((identifier, is_extended))
    if message is None:
        answers.append({"error": "unknown"})
        continue
    try:
        signals = message.decode(bytes.fromhex(data), decode_choices=False, allow_excess=True)
        shown = message.decode(bytes.fromhex(data), decode_choices=True, allow_excess=True)
        named = {k: str(v) for k, v in shown.items() if isinstance(v, cantools.database.namedsignalvalue.NamedSignalValue)}
        numbers = {k: repr(float(v)) for k, v in signals.items()}
        answers.append({"message": message.name, "signals": numbers, "names": named})
    except Exception as error:
        answers.append({"message": message.name, "error": str(error)})
json.dump(answers, sys.stdout)
