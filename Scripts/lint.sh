#!/usr/bin/env bash
# `make lint`: formatting of every Swift file, the shell scripts, the Markdown pages, and what git must not track.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# Hidden folders hold builds and downloads; everything else is ours.
swift_files() {
    find . -path './.?*' -prune -o -name '.build*' -prune -o -name '*.swift' -type f -print0
}

formatting() {
    local configuration=$PWD/.swift-format
    say "$(swift_files | tr -dc '\0' | wc -c | tr -d ' ') Swift files"
    swift_files | xargs -0 swift format lint --strict --parallel --configuration "$configuration"
}

shell_scripts() {
    ensure_packages shellcheck
    shellcheck Scripts/*.sh .ci/run
}

python_scripts() {
    local script
    for script in Scripts/*.py Tests/AzureEmulator/Clients/*.py; do
        python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])' "$script"
    done
}

# Only what git tracks is looked at; an unpacked archive has nothing tracked and nothing to check.
tracked_files() {
    if [ ! -e .git ]; then
        say "not a git checkout: nothing is tracked"
        return 0
    fi
    local found
    found=$(git ls-files | grep -E '(^|/)(\.build[^/]*|\.cache|\.swiftpm|DerivedData)/|(^|/)Package\.resolved$|(^|/)mongod$' || true)
    [ -z "$found" ] || die "tracked, and belongs into .gitignore: $found"
    # Homes and work folders of one machine, and the hosts of package registries.
    found=$(git grep -nIE '(^|[^[:alnum:]._~-])/(work|root|home/[a-z]+|Users/[a-z]+)/|pypi\.org|pythonhosted\.org|deb\.debian\.org' -- . || true)
    [ -z "$found" ] || die "a path or a host of one machine in the tree: $found"
    found=$(git ls-files -s Scripts .ci | awk '$1 != "100755" {print $4}' | grep -E '\.sh$|\.ci/run$' | grep -v 'common\.sh$' || true)
    [ -z "$found" ] || die "not executable: $found"
}

step "system packages" ensure_packages git python3
step "swift format" formatting
step "shellcheck" shell_scripts
step "Python scripts" python_scripts
step "Markdown" python3 Scripts/check_markdown.py
step "index of lessons" python3 Scripts/check_index.py
step "tracked files" tracked_files
finish "make lint"
