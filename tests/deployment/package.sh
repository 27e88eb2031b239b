#!/usr/bin/env bash
# The Debian package in a Debian 12 of its own: installed with Debian's Orthanc, measuring, upgraded, removed, purged. Run by
# scripts/test.sh package; needs root and a Debian mirror, and takes a few minutes the first time.
set -euo pipefail
# shellcheck source=scripts/setup.sh
. "$(dirname "$0")/../../scripts/setup.sh"
[ "$(id -u)" = 0 ] || fail "only root may install a system into a folder: sudo $0"

"$root/scripts/package.sh"
package=$(ls "$CARGO_TARGET_DIR"/package/orthanc-bone-muscle_*_amd64.deb)
work="$CARGO_TARGET_DIR/debian-test" base="$CARGO_TARGET_DIR/debian-test/base" system="$CARGO_TARGET_DIR/debian-test/system"
mkdir -p "$work"
install_packages "${debootstrap_packages[@]}" systemd systemd-container

say "The service as systemd sees it"
unit="$CARGO_TARGET_DIR/package/source/debian/orthanc-bone-muscle.bonemuscle-worker.service"
# 0 is no exposure at all, 100 a service without any bounds.
systemd-analyze security --offline=true --threshold=20 --no-pager "$unit" | tail -n 1

# What is installed once and kept: Debian 12 with its Orthanc, before our package comes.
if [ ! -d "$base" ]; then
    say "Installing Debian 12 and its Orthanc into $base"
    rm -rf "$base.part"
    debootstrap --variant=minbase --include=ca-certificates,curl,iproute2,jq bookworm "$base.part" "$(debian_mirror)" \
        >"$work/debootstrap.log" 2>&1 || fail "debootstrap failed: $(tail -n 3 "$work/debootstrap.log")"
    # No init system runs there: nothing is started.
    printf '#!/bin/sh\nexit 101\n' >"$base.part/usr/sbin/policy-rc.d"
    chmod +x "$base.part/usr/sbin/policy-rc.d"
    # debootstrap alone does not find what Orthanc needs of virtual packages.
    unshare --mount --pid --fork --mount-proc="$base.part/proc" chroot "$base.part" sh -c \
        'apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends orthanc systemd systemd-sysv dbus' \
        >"$work/orthanc.log" 2>&1 || fail "Debian's Orthanc is not installed: $(tail -n 3 "$work/orthanc.log")"
    mv "$base.part" "$base"
fi
rm -rf "$system"
cp -a "$base" "$system"

# An older version, whose configuration file another one replaces.
older="$work/older"
rm -rf "$older"
dpkg-deb --raw-extract "$package" "$older"
sed -i 's/^Version: .*/Version: 0.0.1/' "$older/DEBIAN/control"
sed -i '1s,^,// As the older version had it.\n,' "$older/etc/orthanc/bone-muscle.json"
dpkg-deb --root-owner-group --build "$older" "$system/older.deb" >/dev/null
cp "$package" "$system/newer.deb"
cp "$root/tests/deployment/inside.sh" "$system"

# Nothing may be fetched from here on, and port 8042 is free in a network of its own.
inside() { unshare --net --mount --pid --fork --mount-proc="$system/proc" chroot "$system" "$@"; }
inside /bin/bash /inside.sh

# The queue that it is told of does not exist: it starts, shut in as it is, says so, and goes on trying.
say "The service of the worker, in a systemd of its own"
rm -rf "$system"
cp -a "$base" "$system"
cp "$package" "$system/newer.deb"
inside dpkg --install /newer.deb >"$work/dpkg.log" 2>&1 || fail "not installed: $(tail -n 3 "$work/dpkg.log")"
cat >"$system/etc/systemd/system/probe.service" <<'UNIT'
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'sleep 15; systemctl show --property=ActiveState,NRestarts bonemuscle-worker >/probe; stat --format=%%u /proc/$$(systemctl show --property=MainPID --value bonemuscle-worker) >>/probe; systemctl poweroff'
UNIT
ln -s ../probe.service /lib/systemd/system/bonemuscle-worker.service "$system/etc/systemd/system/multi-user.target.wants"
timeout 180 systemd-nspawn --directory="$system" --boot --register=no --keep-unit --private-network </dev/null >"$work/boot.log" 2>&1 || true
# Users that systemd makes for a service have the numbers from 61184 on.
{ mapfile -t probe <"$system/probe"; } 2>/dev/null || fail "systemd did not come up: $(tail -n 3 "$work/boot.log")"
[ "${probe[*]:0:2}" = "NRestarts=0 ActiveState=active" ] && [ "${probe[2]}" -ge 61184 ] || fail "the service does not run: ${probe[*]}"
echo "  good: it runs, as a user of its own"
rm -rf "$system" "$older"
