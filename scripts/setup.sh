#!/usr/bin/env bash
# Shared by demo.sh and test.sh; sourced, not run.
# Installs by name what is missing, on Debian 12 and later, and builds the workspace once.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$root/target}"
build="$CARGO_TARGET_DIR/release"

# What cargo needs to build the C and C++ codecs (OpenJPEG, CharLS).
build_packages=(cmake make g++)

say() { printf '\n== %s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# install_packages NAME...: Debian packages that are not there yet. A service that a package starts by itself is stopped again:
# the archive of the demo and of the tests is their own, on the loopback and in a folder of theirs.
install_packages() {
    local missing=() name
    for name in "$@"; do
        dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || missing+=("$name")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "Installing ${missing[*]}"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
    case " ${missing[*]} " in
        *" orthanc "*) if [ -d /run/systemd/system ]; then as_root systemctl disable --now orthanc; fi ;;
    esac
}

need_rust() {
    command -v cargo >/dev/null || fail "Rust is missing: install rustup (package rustup), then run 'rustup default stable'"
}

# The library, the command line, the plugin and its worker. libOrthancBoneMuscle.so finds the worker beside itself, and the
# worker finds libbonemuscle.so beside itself: cargo puts all three into one folder.
build_all() {
    say "Building (release)"
    (cd "$root" && cargo build --release --locked --quiet -p bonemuscle-capi -p bonemuscle-cli -p orthanc-bone-muscle)
}

# The Python of the tests and benchmarks, with the packages that tests/requirements.txt names.
python_environment() {
    local venv="$CARGO_TARGET_DIR/venv"
    python="$venv/bin/python"
    [ -x "$python" ] || python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$root/tests/requirements.txt"
}
