#!/usr/bin/env bash
# Puts PyMongo into a virtual environment in $CUTOVER_CACHE/pymongo, once: the peer that reads what MongoAdapter writes and writes
# what it reads.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

version=4.7.3
folder=$CUTOVER_CACHE/pymongo

if [ "$(cat "$folder/VERSION" 2>/dev/null)" = "$version" ] && "$folder/bin/python" -c 'import pymongo' 2>/dev/null; then
    say "present: pymongo $version"
    exit 0
fi

ensure_packages python3-venv
say "fetching pymongo $version through pip into a virtual environment"
rm -rf "$folder"
python3 -m venv "$folder"
"$folder/bin/python" -m pip --disable-pip-version-check install --quiet --no-input --only-binary :all: "pymongo==$version"
"$folder/bin/python" -c 'import pymongo; print("pymongo", pymongo.version)'
printf '%s\n' "$version" >"$folder/VERSION"
