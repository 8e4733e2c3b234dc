#!/usr/bin/env bash
# Fetches the BSON specification's test corpus (it is part of PyMongo's source distribution) into
# $CUTOVER_CACHE/bson-corpus, once. BSONCorpusTests reads it from the folder that CUTOVER_BSON_CORPUS names.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

version=4.7.3
sha256=6354a66b228f2cd399be7429685fb68e07f19110a3679782ecb4fdb68da03831
corpus=$CUTOVER_CACHE/bson-corpus

if [ "$(cat "$corpus/VERSION" 2>/dev/null)" = "$version" ]; then
    say "present: the BSON corpus of pymongo $version"
    exit 0
fi

ensure_packages python3-venv
work=$(mktemp -d "$CUTOVER_CACHE/bson-corpus.XXXXXX")
trap 'rm -rf "$work"' EXIT

say "fetching the BSON corpus: the source of pymongo $version, through pip in a virtual environment"
python3 -m venv "$work/python"
"$work/python/bin/python" -m pip --disable-pip-version-check download --quiet --no-input --no-deps \
    --no-binary pymongo --dest "$work" "pymongo==$version"

# Unpacked beside its place and renamed when complete: an interrupted run leaves nothing that looks like a corpus.
"$work/python/bin/python" - "$work/pymongo-$version.tar.gz" "$sha256" "$work/corpus" <<'PYTHON'
import hashlib, pathlib, sys, tarfile

archive, expected, folder = sys.argv[1:]
actual = hashlib.sha256(pathlib.Path(archive).read_bytes()).hexdigest()
if actual != expected:
    sys.exit(f"error: {pathlib.Path(archive).name} has SHA-256 {actual}, expected {expected}")
target = pathlib.Path(folder)
target.mkdir()
with tarfile.open(archive) as source:
    for member in source.getmembers():
        path = pathlib.PurePosixPath(member.name)
        if member.isfile() and path.parts[1:-1] == ("test", "bson_corpus") and path.suffix == ".json":
            (target / path.name).write_bytes(source.extractfile(member).read())
count = len(list(target.iterdir()))
if count == 0:
    sys.exit("error: the archive holds no test/bson_corpus")
print(f"{count} files of test cases")
PYTHON
printf '%s\n' "$version" >"$work/corpus/VERSION"
rm -rf "$corpus"
mv "$work/corpus" "$corpus"
