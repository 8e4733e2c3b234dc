#!/usr/bin/env bash
# Puts PyMongo into a virtual environment in $CUTOVER_CACHE/pymongo, once: the peer that reads what MongoAdapter writes and writes
# what it reads, and the other program that copies in `make bench`.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

folder=$CUTOVER_CACHE/pymongo

ensure_packages python3-venv
# One that does not work, or no longer, is made anew.
"$folder/bin/python" -c 'import pymongo' 2>/dev/null || rm -rf "$folder"
python_environment "$folder" Scripts/pymongo-requirements.txt --only-binary :all:
"$folder/bin/python" -c 'import pymongo; print("pymongo", pymongo.version)'
