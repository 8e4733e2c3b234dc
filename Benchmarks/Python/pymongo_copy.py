"""The copy of a collection by PyMongo: prints one JSON object with what it measured.

Usage: pymongo_copy.py URI SOURCE TARGET COLLECTION BATCH SINGLE

First so many documents one at a time, SINGLE of them; then all in bulk, BATCH with one call. Documents stay BSON on the way, which
is the fastest that PyMongo offers, and writes wait for the majority and its journals.
"""

import json
import sys
import time

from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern


def single(source, target, count: int) -> float:
    """Copies so many documents one at a time, and returns how many it copies in a second."""
    begun = time.perf_counter()
    copied = 0
    for document in source.find(sort=[("_id", 1)], limit=count):
        target.insert_one(document)
        copied += 1
    return copied / (time.perf_counter() - begun)


def bulk(source, target, batch: int) -> float:
    """Copies all documents with one call for each batch, and returns how many it copies in a second."""
    begun = time.perf_counter()
    copied = 0
    documents = []
    for document in source.find(sort=[("_id", 1)], batch_size=batch):
        documents.append(document)
        if len(documents) == batch:
            target.insert_many(documents, ordered=False)
            copied += len(documents)
            documents = []
    if documents:
        target.insert_many(documents, ordered=False)
        copied += len(documents)
    return copied / (time.perf_counter() - begun)


def main(uri: str, source: str, target: str, name: str, batch: int, count: int) -> None:
    client = MongoClient(uri, document_class=RawBSONDocument)
    concerns = {"read_concern": ReadConcern("majority"), "write_concern": WriteConcern("majority", j=True)}
    origin = client.get_database(source, **concerns)[name]
    copies = client.get_database(target, **concerns)
    rates = {}
    for key, work in (
        ("singlePerSecond", lambda into: single(origin, into, count)),
        ("bulkPerSecond", lambda into: bulk(origin, into, batch)),
    ):
        copies.drop_collection(name)
        copies.create_collection(name)
        rates[key] = work(copies[name])
    print(json.dumps(rates))


if __name__ == "__main__":
    main(*sys.argv[1:5], *map(int, sys.argv[5:7]))
