#!/usr/bin/env bash
# The part of package.sh that runs in the new system, as its root.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
address=http://127.0.0.1:8042 plugin=/usr/share/orthanc/plugins/libOrthancBoneMuscle.so log=/tmp/orthanc.log
ip link set lo up
cd /tmp

good() { printf '  good: %s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; tail -n 20 "$log" >&2 || true; exit 1; }
get() { curl -sS --fail-with-body "$@"; }
install_deb() { apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold "$1" >/tmp/apt.log 2>&1 || { cat /tmp/apt.log; fail "$1 is not installed"; }; }

start_orthanc() {
    runuser -u orthanc -- Orthanc /etc/orthanc >"$log" 2>&1 &
    orthanc=$!
    for _ in $(seq 150); do
        if curl -s -o /dev/null "$address/system"; then return; fi
        sleep 0.2
    done
    fail "Orthanc does not start"
}

stop_orthanc() { kill "$orthanc"; wait "$orthanc" || true; }

wait_ready() {
    for _ in $(seq 150); do
        if [ "$(get "$address/bone-muscle/status" | jq '.Worker.Ready and .Segmentation.Models != []')" = true ]; then return; fi
        sleep 0.2
    done
    fail "the worker is not ready: $(get "$address/bone-muscle/status")"
}

# Every path of the system but those that installing anything changes, and those of the archive and of this test.
paths() {
    find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /tmp -o -path /var/lib/dpkg -o -path /var/lib/apt -o -path /var/cache \
        -o -path /var/log -o -path /var/lib/orthanc -o -path /run \) -prune -o -print | sort
}

paths >/tmp/before
accounts=$(md5sum /etc/passwd /etc/group)

install_deb /older.deb
start_orthanc
[ "$(get "$address/plugins" | jq 'index("bone-muscle") != null')" = true ] || fail "the plugin is not loaded"
good "Orthanc $(get "$address/system" | jq -r .Version) loads the plugin from $(readlink -f $plugin)"
wait_ready
[ "$(get "$address/bone-muscle/status" | jq -c .Problems)" = '[]' ] || fail "problems: $(get "$address/bone-muscle/status" | jq .Problems)"
good "status: ready, without a problem, models run by $(get "$address/bone-muscle/status" | jq -r .Segmentation.Engine)"

bonemuscle phantom phantom --pixel-spacing 2 --slice-spacing 3 >/dev/null
for file in phantom/*.dcm; do get -o uploaded.json --data-binary "@$file" "$address/instances"; done
study=$(jq -r .ParentStudy uploaded.json)
get -o record.json -d '{"Synchronous": true}' "$address/studies/$study/bone-muscle"
values=$(jq '[.report.findings[].measurements[]] | length' record.json)
[ "$(jq -r .state record.json)" = done ] && [ "$values" -gt 20 ] || fail "not measured: $(head -c 500 record.json)"
good "a phantom study is measured: $values values, $(jq '.instances | length' record.json) objects stored"
get -o again.json -d '{"Synchronous": true, "Segmentation": {"Model": "bonemuscle-ct", "Passes": 0}}' "$address/studies/$study/bone-muscle"
[ "$(jq -r .report.segmentation.name again.json)" = bonemuscle-ct ] || fail "the model does not run: $(head -c 500 again.json)"
good "the reference model labels it"
stop_orthanc

[ ! -e /etc/systemd/system/multi-user.target.wants/bonemuscle-worker.service ] || fail "the worker's service is enabled"
[ "$(stat -c '%a %U' /etc/bonemuscle/{queue.uri,archive.password} | sort -u)" = '600 root' ] || fail "others may read the worker's passwords"
good "the worker's service is off, its passwords are root's alone"

sed -i 's/"Language" : "en"/"Language" : "ja"/' /etc/orthanc/bone-muscle.json
mine=$(md5sum /etc/orthanc/bone-muscle.json)
install_deb /newer.deb
[ "$(md5sum /etc/orthanc/bone-muscle.json)" = "$mine" ] || fail "the upgrade changed the configuration"
start_orthanc
wait_ready
[ "$(get "$address/bone-muscle/status" | jq -r .Configuration.Language)" = ja ] || fail "the configuration is not used"
[ "$(get "$address/studies/$study/bone-muscle" | jq -r .state)" = done ] || fail "the record is gone"
good "upgraded from 0.0.1 to $(dpkg-query -W -f='${Version}' orthanc-bone-muscle): configuration and records are kept"
stop_orthanc

apt-get remove -y -qq orthanc-bone-muscle >/dev/null 2>&1
[ ! -e $plugin ] && [ -e /etc/orthanc/bone-muscle.json ] || fail "removing takes the wrong files"
start_orthanc
[ "$(get "$address/plugins" | jq 'index("bone-muscle") == null')" = true ] || fail "the plugin is still there"
[ "$(get "$address/studies/$study" | jq -r .ID)" = "$study" ] || fail "the archive lost the study"
good "removed: Orthanc runs without it"
stop_orthanc

apt-get purge -y -qq orthanc-bone-muscle >/dev/null 2>&1
paths >/tmp/after
diff /tmp/before /tmp/after || fail "purging leaves something, or takes too much"
[ "$(md5sum /etc/passwd /etc/group)" = "$accounts" ] || fail "a user is left"
good "purged: no file and no user is left"
