#!/usr/bin/env bash
# Builds and runs Tests/SelectiveLink, an application that depends on this checkout and names two products, MigrationCore
# and SQLiteAdapter, as on a machine without the headers of libcurl and libmongoc, and proves from what was compiled and
# linked that nothing else of this package came along.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

ensure_packages pkg-config libsqlite3-dev
[ "$(uname)" = Darwin ] || ensure_packages binutils
build=(swift build --package-path Tests/SelectiveLink --scratch-path .build "${plan_anew[@]}")

files=$(mktemp -d)
trap 'rm -rf "$files"' EXIT

# Where these headers are installed they are as good as absent: the ones that a compiler finds before them end its run, and
# what pkg-config says about the libraries names one that does not exist.
hide_headers() {
    local header library
    for header in bson/bson.h curl/curl.h mongoc/mongoc.h; do
        mkdir -p "$files/include/${header%/*}"
        say "#error \"this application is built without <$header>\"" >"$files/include/$header"
    done
    for library in libbson-1.0 libcurl libmongoc-1.0; do
        printf '%s\n' "Name: $library" "Description: absent" "Version: 0" "Cflags: -I$files/include" \
            "Libs: -lcutover-absent" >"$files/$library.pc"
    done
    export CPATH=$files/include${CPATH:+:$CPATH} PKG_CONFIG_PATH=$files${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
    for header in bson/bson.h curl/curl.h mongoc/mongoc.h; do
        if say "#include <$header>" | clang -x c -fsyntax-only - 2>/dev/null; then
            die "<$header> can still be included: the build below would prove nothing"
        fi
    done
}

hide_headers
say "building the application without the headers of libcurl and libmongoc"
"${build[@]}"
bin=$("${build[@]}" --show-bin-path)
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

# What an earlier build left in the scratch folder was compiled with the headers in place: no module map of theirs was read.
for target in $linked; do
    if grep -rlE --include='*.d' '/(CCurl|CCurlShims|CMongo|CMongoShims|CutoverCCurlShims\.build|CutoverCMongoShims\.build|curl|mongoc|bson)/' \
        "$bin/$target.build"; then
        die "the files above of $target were compiled with the headers of a library that the application does not name"
    fi
done

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
