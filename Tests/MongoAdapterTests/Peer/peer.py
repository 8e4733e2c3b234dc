"""PyMongo as the other program on a collection of MongoAdapter.

    peer.py check URI DATABASE COLLECTION FILE   every document of FILE is there as the adapter's documentation says
    peer.py write URI DATABASE COLLECTION FILE   inserts every document of FILE

FILE has a line for each document: its _id, a tab, and its BSON in hexadecimal. Documents stay raw, so that deprecated types and
what Python has no value for are compared byte for byte.
"""

import struct
import sys

import pymongo
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument

FIXED = {0x01: 8, 0x06: 0, 0x07: 12, 0x08: 1, 0x09: 8, 0x0A: 0, 0x10: 4, 0x11: 8, 0x12: 8, 0x13: 16, 0x7F: 0, 0xFF: 0}


def length(raw, place):
    return struct.unpack_from("<i", raw, place)[0]


def elements(raw):
    """(name, bytes of the whole element) of a document's top level, after the BSON specification."""
    place = 4
    while raw[place]:
        kind = raw[place]
        end = raw.index(0, place + 1)
        name = raw[place + 1 : end].decode()
        value = end + 1
        if kind in FIXED:
            stop = value + FIXED[kind]
        elif kind in (0x02, 0x0D, 0x0E):
            stop = value + 4 + length(raw, value)
        elif kind in (0x03, 0x04, 0x0F):
            stop = value + length(raw, value)
        elif kind == 0x05:
            stop = value + 5 + length(raw, value)
        elif kind == 0x0B:
            stop = raw.index(0, raw.index(0, value) + 1) + 1
        elif kind == 0x0C:
            stop = value + 4 + length(raw, value) + 12
        else:
            raise ValueError(f"unknown type {kind:#x}")
        yield name, raw[place:stop]
        place = stop


def document(parts):
    body = b"".join(parts)
    return struct.pack("<i", len(body) + 5) + body + b"\0"


def content(stored):
    """What the adapter was given, from what lies in the database: its documentation, put into code."""
    parts = list(elements(stored.raw))
    # Only the hidden field is decoded: Python has no value for some of what lies beside it.
    hidden = dict(elements(next(part[len("_cutover") + 2 :] for name, part in parts if name == "_cutover")))
    if "r" in hidden:
        # Type, name, length, subtype, bytes.
        return hidden["r"][3 + 4 + 1 :]
    without = {"_cutover", "_id"} if "x" in hidden else {"_cutover"}
    return document(part for name, part in parts if name not in without)


def main():
    what, uri, database, name, path = sys.argv[1:]
    options = CodecOptions(document_class=RawBSONDocument)
    collection = pymongo.MongoClient(uri)[database].get_collection(name, codec_options=options)
    with open(path, encoding="utf-8") as file:
        samples = [line.rstrip("\n").split("\t") for line in file]
    if what == "write":
        collection.insert_many(
            RawBSONDocument(
                document(
                    [b"\x02_id\0" + struct.pack("<i", len(key.encode()) + 1) + key.encode() + b"\0"]
                    + [part for name, part in elements(bytes.fromhex(text)) if name != "_id"]
                )
            )
            for key, text in samples
        )
        return 0
    wrong = 0
    for key, text in samples:
        stored = collection.find_one({"_id": key})
        found = content(stored) if stored is not None else None
        if found != bytes.fromhex(text):
            wrong += 1
            print(f"{key}: expected {text}, found {found.hex() if found is not None else 'nothing'}")
    print(f"{len(samples)} documents, {wrong} wrong")
    return 1 if wrong or collection.count_documents({}) != len(samples) else 0


if __name__ == "__main__":
    sys.exit(main())
