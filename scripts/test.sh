#!/usr/bin/env bash
# Installs what the tests need and runs them, fast ones first. Needs git, curl and Rust on Debian 12 or later.
#
#   scripts/test.sh             all of them, on the Orthanc of this machine; the plugin's also, in a short form, on those of Debian 13 and
#                               sid. 10 GB of disk for Python's packages: nnU-Net and the training line bring torch
#   scripts/test.sh versions    all tests of the plugin on the Orthanc of this machine, of Debian 13 and of sid
#   scripts/test.sh package     the Debian package, in a Debian of its own, and the examples for containers (root; a few minutes)
set -euo pipefail
# shellcheck source=scripts/setup.sh
. "$(dirname "$0")/setup.sh"
cd "$root"

test_packages=("${build_packages[@]}" orthanc orthanc-dev jq curl python3-venv dcmtk dicom3tools pixelmed-apps default-jre-headless
    poppler-utils chromium chromium-driver strace postgresql orthanc-postgresql iproute2 openssl libvtk9-dev libinsighttoolkit5-dev)

tested_crates=(--workspace --exclude bonemuscle-tests)

# python_tests FILE...: tests of a file share what they set up and stay together; files go side by side.
python_tests() {
    BONEMUSCLE_BUILD="$build" BONEMUSCLE_SLICER_PYTHON="$slicer_python" "$python" -m pytest -q \
        -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder "$@"
}

# on_newer_orthancs TEST...: on the Orthanc of each, and its SDK header.
on_newer_orthancs() {
    ./scripts/orthanc_versions.sh
    local suite
    for suite in trixie sid; do
        export BONEMUSCLE_ORTHANC="$CARGO_TARGET_DIR/orthanc/$suite"
        say "Tests of the plugin on Orthanc $(dpkg-query --admindir="$BONEMUSCLE_ORTHANC/var/lib/dpkg" -W -f '${Version}' orthanc) of $suite"
        # The crates of all Rust tests, so that nothing is built for this one alone.
        cargo test --release --locked --quiet "${tested_crates[@]}" --test sdk_header
        python_tests "$@"
    done
    unset BONEMUSCLE_ORTHANC
}

on_all_orthancs() {
    need_rust
    install_packages "${test_packages[@]}"
    build_all
    python_environment
    say "Tests of the plugin on the Orthanc of this machine"
    python_tests tests/python/test_orthanc_*.py
    on_newer_orthancs tests/python/test_orthanc_*.py
}

case "${1:-}" in
    "") ;;
    package) tests/deployment/examples.sh; exec tests/deployment/package.sh ;;
    versions) on_all_orthancs; exit ;;
    *) fail "Usage: scripts/test.sh [package | versions]" ;;
esac

# fetch_all: what comes from afar and is needed later. It mostly waits, so it goes on beside the builds.
fetch_all() {
    python_environment tests/requirements-models.txt models/training/requirements.txt
    slicer_environment tests/requirements-slicer.txt
    ./scripts/orthanc_versions.sh
}

say "Formatting"
need_rust
cargo fmt --all --check

# Those of fetch_all as well: apt runs once at a time.
install_packages "${test_packages[@]}" "${slicer_packages[@]}" "${debootstrap_packages[@]}"
pip_environment
fetch_all >"$CARGO_TARGET_DIR/fetch.log" 2>&1 &
fetching=$!
trap 'kill "$fetching" 2>/dev/null || true' EXIT

build_app

say "House rules and lints"
cargo test --release --locked --quiet -p bonemuscle-tests
cargo clippy --release --locked --workspace --all-targets --quiet -- -D warnings

build_all
fetch_openvino

say "Tests in Rust and C"
cargo test --release --locked "${tested_crates[@]}"

say "Tests of the web page"
npm --prefix orthanc-plugin/app test --silent

say "The wheel, and the package for Slicer's Extensions Manager"
./scripts/wheel.sh 5.10

wait "$fetching" || fail "$(cat "$CARGO_TARGET_DIR/fetch.log")"
trap - EXIT

say "Tests in Python: foreign readers, a real Orthanc, independent computations, nnU-Net, the training line"
python_tests tests/python

on_newer_orthancs tests/python/test_orthanc_{versions,life}.py

say "Tests in Python on the real Slicer core: modules, panel, page in the browser"
BONEMUSCLE_BUILD="$build" "$slicer_python" -m pytest -q tests/slicer

say "Demonstration"
./scripts/demo.sh --check

say "All tests passed"
