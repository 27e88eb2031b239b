#!/usr/bin/env bash
# Builds the Debian package orthanc-bone-muscle into target/package, from the release build, and has lintian look at it. tests/deployment tries it.
#
# debhelper packs it: it writes maintainer scripts, dependencies and checksums as every package of Debian has them.
set -euo pipefail
# shellcheck source=scripts/setup.sh
. "$(dirname "$0")/setup.sh"
cd "$root"
need_rust
install_packages "${build_packages[@]}" python3-venv dpkg-dev debhelper help2man lintian
build_all

name=orthanc-bone-muscle
version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"$/\1/p' Cargo.toml)
output="$CARGO_TARGET_DIR/package" stage="$CARGO_TARGET_DIR/package/source"
say "Packing $name $version"
rm -rf "$stage"
mkdir -p "$stage"/{release,licences,docs,examples/cluster}
cp -r orthanc-plugin/debian "$stage"
cp "$build"/{bonemuscle,bonemuscle-worker,libbonemuscle.so,libOrthancBoneMuscle.so} "$stage/release"
cp -r "$build/onnxruntime" "$stage/release"
cp examples/worker.json examples/orthanc.json orthanc-plugin/{NEWS,README.md} "$stage"
cp docs/{capacity,security,upgrading}.md "$stage/docs"
cp examples/{site,orthanc-explorer-2}.json "$stage/examples"
# By name: whoever has tried them has a folder with passwords there.
cp examples/cluster/{README.md,compose.yaml,init.sql,nginx.conf,secret.yaml,worker.json,workers.yaml} "$stage/examples/cluster"
collect_licences "$stage/licences" bonemuscle-capi bonemuscle-cli orthanc-bone-muscle
# The same source gives the same package.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
maintainer=$(sed -n 's/^Maintainer: //p' orthanc-plugin/debian/control)
cat >"$stage/debian/changelog" <<CHANGELOG
$name ($version) unstable; urgency=medium

  * Release $version; what is new stands in NEWS.

 -- $maintainer  $(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")
CHANGELOG
rm -f "$output/${name}_"*
(cd "$stage" && dpkg-buildpackage --build=binary --no-sign >"$output/build.log" 2>&1) || { tail -n 20 "$output/build.log" >&2; fail "not packed"; }
lintian --fail-on error "$output/${name}_${version}_amd64.changes"
ls -l "$output/${name}_${version}_amd64.deb"
