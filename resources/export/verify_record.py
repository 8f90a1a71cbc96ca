#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the chain of an exported record with nothing but Python's own library.

    python3 verify_record.py [FOLDER]

Recomputes every hash of record.jsonl and compares its end, and the other files, with checkpoint.json. It does not check
signatures (Python has no Ed25519 of its own): use `watchfloorctl verify`, or any Ed25519 tool over the DSSE envelope.
Exit code: 0 the chain holds, 1 it does not, 2 the files cannot be read.
"""
import base64
import hashlib
import json
import os
import sys


class Bad(Exception):
    pass


def no_fraction(text):
    raise Bad(f"a fraction ({text}) stands where only integers may")


def unique(pairs):
    result = dict(pairs)
    if len(result) != len(pairs):
        raise Bad("a key stands twice in one object")
    return result


def canonical(value):
    """RFC 8785 for null, booleans, integers, strings: the only things a record holds."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(text(key) + ":" + canonical(value[key]) for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical(item) for item in value) + "]"
    if isinstance(value, str):
        return text(value)
    if value is None or isinstance(value, (bool, int)):
        return json.dumps(value)
    raise Bad(f"a value of type {type(value).__name__} stands in the record")


def text(value):
    return json.dumps(value, ensure_ascii=False)


def parse(line):
    return json.loads(line, object_pairs_hook=unique, parse_float=no_fraction, parse_constant=no_fraction)


def check_chain(path):
    previous = "00" * 32
    number = 0
    with open(path, "rb") as lines:
        for number, raw in enumerate(lines, 1):
            try:
                if not raw.endswith(b"\n"):
                    raise Bad("it does not end: the file was cut or joined")
                line = raw[:-1]
                entry = parse(line.decode("utf-8"))
                if canonical(entry).encode("utf-8") != line:
                    raise Bad("it is not written the one way an entry can be written")
                if entry["seq"] != number:
                    raise Bad(f"it holds entry {entry['seq']}")
                if entry["previous"] != previous:
                    raise Bad("it does not follow on the entry before it")
                hashed = {key: entry[key] for key in ("seq", "t", "kind", "actor", "incident", "body")}
                if len(entry) != len(hashed) + 2:
                    raise Bad("it has keys an entry does not have")
                content = bytes.fromhex(previous) + canonical(hashed).encode("utf-8")
                if hashlib.sha256(content).hexdigest() != entry["hash"]:
                    raise Bad("its content no longer has the hash it was recorded with")
                previous = entry["hash"]
            except (Bad, ValueError, KeyError, TypeError, UnicodeError) as problem:
                raise Bad(f"line {number}, entry {number}, was altered: {problem}") from problem
    if number == 0:
        raise Bad("record.jsonl holds no entries")
    return number, previous


def check_files(folder, count, head):
    path = os.path.join(folder, "checkpoint.json")
    if not os.path.exists(path):
        print("- no checkpoint.json: entries cut off the end would not be noticed")
        return
    with open(path, "rb") as file:
        envelope = parse(file.read().decode("utf-8"))
    checkpoint = parse(base64.b64decode(envelope["payload"], validate=True).decode("utf-8"))
    if checkpoint["seq"] != count or checkpoint["hash"] != head:
        raise Bad(f"checkpoint.json names entry {checkpoint['seq']} as the last one, the record ends with entry {count}")
    for name, digest in checkpoint["files"].items():
        if os.path.basename(name) != name:
            raise Bad("checkpoint.json names a file outside its folder")
        with open(os.path.join(folder, name), "rb") as file:
            if hashlib.sha256(file.read()).hexdigest() != digest:
                raise Bad(f"{name} is not the file that was exported")


def main(arguments):
    folder = arguments[0] if arguments else os.path.dirname(os.path.abspath(__file__))
    try:
        count, head = check_chain(os.path.join(folder, "record.jsonl"))
        check_files(folder, count, head)
    except OSError as problem:
        print(f"x {problem}")
        return 2
    except (Bad, ValueError, KeyError, TypeError) as problem:
        print(f"x {problem}")
        return 1
    print(f"ok {count} entries, every hash recomputed; the last is {head[:16]}")
    print("- signatures are not checked by this script: use watchfloorctl verify")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
