#!/usr/bin/env bash
# The Orthancs of other Debian releases, each in a folder of its own that is kept: trixie (Debian 13) has 1.12.7, sid the newest.
#
#   scripts/orthanc_versions.sh [SUITE...]      installs trixie and sid, or those named, where they are missing; prints their folders
#
# With BONEMUSCLE_ORTHANC=FOLDER the tests of the plugin start the Orthanc of that folder in place of the machine's own. To have the
# newest of sid, delete its folder.
set -euo pipefail
# shellcheck source=scripts/setup.sh
. "$(dirname "$0")/setup.sh"

roots="$CARGO_TARGET_DIR/orthanc"

install_root() {
    local suite="$1" root="$roots/$1" from
    if [ ! -d "$root" ]; then
        install_packages "${debootstrap_packages[@]}"
        from=$(debian_mirror)
        [ -n "$from" ] || fail "apt has no source of Debian to install $suite from"
        say "Installing Orthanc of $suite into $root"
        as_root rm -rf "$root.part"
        mkdir -p "$roots"
        # Nothing of it is ever started by an init system: its maintainer scripts meet debootstrap's own stand-ins.
        as_root debootstrap --variant=minbase --force-check-gpg --include=orthanc,orthanc-dev "$suite" "$root.part" "$from" \
            >"$roots/$suite.log" 2>&1 || fail "debootstrap of $suite failed: $(tail -n 3 "$roots/$suite.log")"
        as_root rm -rf "$root.part"/var/cache/apt/archives/*.deb
        as_root mv "$root.part" "$root"
    fi
    printf '%s\n' "$root"
}

[ $# -gt 0 ] || set -- trixie sid
for suite in "$@"; do install_root "$suite"; done
