"""Upserts by the official client of Cosmos, one document at a time: prints one JSON object with what it measured.

Usage: cosmos_upserts.py ENDPOINT KEY DATABASE CONTAINER DOCUMENTS

DOCUMENTS is a file with one JSON document a line; its `_id` becomes the `id`, its `conversation` is the partition key.
"""

import json
import sys
import time

from azure.cosmos import CosmosClient, PartitionKey


def main(endpoint: str, key: str, database: str, container: str, path: str) -> None:
    with open(path, encoding="utf-8") as lines:
        documents = [json.loads(line) for line in lines]
    for document in documents:
        document["id"] = document.pop("_id")
    client = CosmosClient(endpoint, key)
    target = client.create_database_if_not_exists(database).create_container_if_not_exists(container, PartitionKey("/conversation"))
    begun = time.perf_counter()
    for document in documents:
        target.upsert_item(document)
    print(json.dumps({"perSecond": len(documents) / (time.perf_counter() - begun)}))


if __name__ == "__main__":
    main(*sys.argv[1:6])
