#!/usr/bin/env bash
# Builds what Python and 3D Slicer install, into target/wheel: the wheel `bonemuscle`, which holds program, libraries, ONNX Runtime and
# the Python package, and for each version of Slicer that is named (such as 5.10) the package for its Extensions Manager's "Install from
# file". Both work without a network.
set -euo pipefail
# shellcheck source=scripts/setup.sh
. "$(dirname "$0")/setup.sh"
cd "$root"
need_rust
install_packages "${build_packages[@]}" python3-venv

# Everything at once: of the programs alone cargo would choose other features for crates below the core, and compile it again.
build_all
project="$root/slicer-bridge/wheel" libraries="$root/slicer-bridge/wheel/staged/data/lib/bonemuscle" output="$CARGO_TARGET_DIR/wheel"
rm -rf "$project/staged" "$project/licences" "$output"
mkdir -p "$libraries" "$project/licences" "$output"
cp "$build"/{libbonemuscle.so,libBoneMuscleLib.so} "$libraries"
cp -r "$build/onnxruntime" "$libraries"
cp LICENSE-APACHE LICENSE-MIT "$project/licences"
collect_licences "$project/licences" bonemuscle-capi bonemuscle-slicer bonemuscle-client

# The wheel says which C library it needs: the newest of whose functions anything in it is linked to.
glibc=$(objdump -T "$build"/BoneMuscleCLI "$libraries"/*.so "$libraries"/onnxruntime/* |
    grep -o 'GLIBC_[0-9]*\.[0-9]*' | sort -uV | tail -1)
glibc=${glibc#GLIBC_}
pip_environment
"$python" -m pip install --quiet --disable-pip-version-check maturin==1.16.0
say "Packing the wheel for Linux with glibc $glibc or later"
(cd "$project" && "$CARGO_TARGET_DIR/venv/bin/maturin" build --quiet --release --locked \
    --compatibility "manylinux_${glibc/./_}" --out "$output")

for version in "$@"; do
    say "Packing the extension for Slicer $version"
    "$python" "$project/extension_package.py" "$version" "$output"/*.whl slicer-bridge/extension "$output"
done
ls -l "$output"
