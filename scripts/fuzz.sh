#!/usr/bin/env bash
# scripts/fuzz.sh [SECONDS [TARGET...]]: fuzzes every parser, or those named, for SECONDS each (600). What was found before is gone on
# from; an input that breaks a promise ends the script and lies in fuzz/artifacts. fuzz/README.md says what is looked for.
set -euo pipefail
# shellcheck source=scripts/setup.sh
. "$(dirname "$0")/setup.sh"
cd "$root/fuzz"

seconds="${1:-600}"
shift || true
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(dicom seg nrrd nifti manifest names pairs settings request protocol)

need_rust
install_packages "${build_packages[@]}"
build_app

# What cargo-fuzz would set, but for the stable compiler, of which the address sanitizer is an unstable part. OpenJPEG is in C and is
# watched as well; CharLS is in C++ like libFuzzer itself, which must not be.
host=$(rustc -vV | sed -n 's/^host: //p')
export RUSTC_BOOTSTRAP=1 CFLAGS="-fsanitize=address" CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$root/target}/fuzz"
export RUSTFLAGS="--cfg fuzzing -Zsanitizer=address -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares"
say "Building the targets"
cargo build --release --locked --target "$host" "${targets[@]/#/--bin=}"

# One allocation may be the largest volume that a file may claim, 2 GiB, of which only what is filled takes memory.
export RAYON_NUM_THREADS=1 ASAN_OPTIONS="detect_leaks=0:detect_odr_violation=0:allocator_may_return_null=1"
for target in "${targets[@]}"; do
    say "$target, $seconds s"
    mkdir -p "found/$target" "artifacts/$target"
    "$CARGO_TARGET_DIR/$host/release/$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 -malloc_limit_mb=2100 \
        -print_final_stats=1 -artifact_prefix="artifacts/$target/" "found/$target" "corpus/$target" 2>"found/$target.log" \
        || { tail -n 40 "found/$target.log"; fail "$target broke a promise; the input lies in fuzz/artifacts/$target"; }
    grep -E "^#[0-9]+.*DONE|^stat::" "found/$target.log"
done
