#!/usr/bin/env bash
# Builds and runs Tests/SelectiveLink, an application that depends on this checkout and names two products, MigrationCore
# and SQLiteAdapter, and proves from what was linked that nothing else of this package came along.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

ensure_packages pkg-config libsqlite3-dev
[ "$(uname)" = Darwin ] || ensure_packages binutils
build=(swift build --package-path Tests/SelectiveLink --scratch-path .build "${plan_anew[@]}")

say "building the application"
"${build[@]}"
bin=$("${build[@]}" --show-bin-path)
files=$(mktemp -d)
trap 'rm -rf "$files"' EXIT
"$bin/SelectiveLink" "$files/application.sqlite"

# Every object file that was linked lies in a folder NAME.build, named after its target.
linked=$(sed -n 's|.*/\([^/]*\)\.build/.*|\1|p' "$bin/SelectiveLink.product/Objects.LinkFileList" | sort -u)
say "linked targets:" "$(printf '%s' "$linked" | tr '\n' ' ')"
for target in MigrationCore SQLiteAdapter; do
    grep -qx "$target" <<<"$linked" || die "$target was not linked: the check above would prove nothing"
done
unwanted=$(grep -E 'Adapter$|^Cutover|^MigrationTesting' <<<"$linked" |
    grep -vxE 'SQLiteAdapter|CutoverBlockingLanes|CutoverCSQLiteShims' || true)
[ -z "$unwanted" ] || die "an application that names two products also links: $unwanted"

# The shared libraries that the program asks for by itself.
case $(uname) in
    Darwin) needed=$(otool -L "$bin/SelectiveLink") ;;
    *) needed=$(readelf -d "$bin/SelectiveLink" | grep NEEDED) ;;
esac
grep -q sqlite3 <<<"$needed" || die "the program does not load libsqlite3: it is not the one that was meant"
if grep -E 'curl|mongoc|bson' <<<"$needed"; then
    die "the program loads C libraries of adapters that it does not name"
fi
say "nothing but SQLite came along"
