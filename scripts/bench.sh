#!/usr/bin/env bash
# Prints our speed and memory beside those of the tools people use today, in one run. Needs an idle machine for a fair answer.
#
#   scripts/bench.sh                 reading, writing and measuring, beside SimpleITK, dcmtk, highdicom and dcmqi
#   scripts/bench.sh segmentation    a network, beside nnU-Net v2 and MONAI (torch: 6.6 GB on disk; 7 GB of memory, a quarter of an hour)
#   scripts/bench.sh drr             radiographs of a CT, beside plastimatch and DiffDRR (torch; 11 GB of memory)
#   scripts/bench.sh register        films of known pose laid on the CT they were made from, against what is asked of it (half an hour)
#   scripts/bench.sh queue           1,000 studies for four workers of two Orthancs, while something is killed every few seconds (as root)
#   scripts/bench.sh slicer          a large CT through BoneMuscleCLI under Slicer's own logic, beside the same voxels in memory
#   scripts/bench.sh crashes [SEED]  every fault of test_orthanc_durable.py, and Orthanc killed 60 times at random while it measures 40 studies
#   scripts/bench.sh orthanc         an Orthanc that receives slices while it measures, beside the same with the plugin disabled
#   scripts/bench.sh capacity        what a study costs in a real Orthanc, and how many cores an archive needs for it
set -euo pipefail
# shellcheck source=scripts/setup.sh
. "$(dirname "$0")/setup.sh"
cd "$root"
work="$CARGO_TARGET_DIR/bench"
mkdir -p "$work"
need_rust
case "${1:-}" in
    "")
        install_packages "${build_packages[@]}" python3-venv libdcmtk-dev
        python_environment
        cargo build --release --locked --quiet -p bonemuscle-capi --examples
        g++ -O3 -march=native -std=c++17 tests/bench/read_dcmtk.cpp -o "$work/read_dcmtk" -ldcmdata -lofstd -loflog
        "$python" tests/bench/bench.py "$build" "$work"
        ;;
    segmentation)
        install_packages "${build_packages[@]}" python3-venv
        python_environment
        "$python" -m pip install --quiet --disable-pip-version-check -r tests/requirements-models.txt
        build_all
        fetch_openvino
        put_beside openvino
        "$python" tests/bench/bench_reference.py "$build" "$work/segmentation" "$root/../shared/data"
        "$python" tests/bench/bench_segmentation.py "$build" "$work/segmentation" "${@:2}"
        ;;
    drr)
        install_packages "${build_packages[@]}" python3-venv plastimatch
        # Of its own: its versions of common packages are not those of the tests.
        python="$work/drr-python/bin/python"
        [ -x "$python" ] || python3 -m venv "$work/drr-python"
        "$python" -m pip install --quiet --disable-pip-version-check -r tests/requirements-drr.txt
        cargo build --release --locked --quiet -p bonemuscle-capi --example project
        "$python" tests/bench/bench_drr.py "$build" "$work/drr"
        ;;
    register)
        install_packages "${build_packages[@]}"
        cargo build --release --locked --quiet -p plugin-core --example register_films
        "$build/examples/register_films" 60 1 "start given"
        ;;
    queue)
        install_packages "${build_packages[@]}" python3-venv orthanc orthanc-dev iproute2 postgresql orthanc-postgresql
        python_environment
        build_app
        cargo build --release --locked --quiet -p orthanc-bone-muscle
        "$python" tests/bench/bench_queue.py "$build" "${@:2}"
        ;;
    slicer)
        install_packages "${build_packages[@]}" python3-venv
        build_all
        slicer_environment tests/requirements-slicer.txt
        "$slicer_python" tests/bench/bench_slicer.py "$build"
        ;;
    crashes)
        install_packages "${build_packages[@]}" orthanc python3-venv strace
        python_environment
        build_all
        BONEMUSCLE_BUILD="$build" BONEMUSCLE_CRASH_SEED="${2:-1}" BONEMUSCLE_CRASH_STUDIES=40 BONEMUSCLE_CRASH_KILLS=60 \
            "$python" -m pytest -s --durations=0 tests/python/test_orthanc_durable.py
        ;;
    orthanc)
        install_packages "${build_packages[@]}" orthanc dcmtk python3-venv
        python_environment
        build_all
        rm -rf "$work/orthanc"
        mkdir -p "$work/orthanc"
        example_ct "$work/orthanc/ct"
        "$python" tests/bench/bench_orthanc.py "$build" "$work/orthanc" "$work/orthanc/ct"
        ;;
    capacity)
        install_packages "${build_packages[@]}" orthanc python3-venv
        python_environment
        build_all
        "$python" tests/bench/bench_capacity.py "$build" "$work/capacity" "$root/../shared/data" examples/films/simulated_hip.dcm
        ;;
    *) fail "Usage: scripts/bench.sh [segmentation [--small] | drr | register | slicer | crashes [SEED] | queue [STUDIES SECONDS] | orthanc | capacity]" ;;
esac
