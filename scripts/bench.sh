#!/usr/bin/env bash
# Prints our speed and memory beside those of the tools people use today, in one run. Needs an idle machine for a fair answer.
set -euo pipefail
# shellcheck source=scripts/setup.sh
. "$(dirname "$0")/setup.sh"
cd "$root"
install_packages "${build_packages[@]}" python3-venv libdcmtk-dev
need_rust
python_environment
cargo build --release --locked --quiet -p bonemuscle-capi --examples
work="$CARGO_TARGET_DIR/bench"
mkdir -p "$work"
g++ -O3 -march=native -std=c++17 tests/bench/read_dcmtk.cpp -o "$work/read_dcmtk" -ldcmdata -lofstd -loflog
"$python" tests/bench/bench.py "$build" "$work"
