#!/usr/bin/env bash
# Measures a CT or a hip X-ray in a real Orthanc, from an empty machine to the page.
#
#   ./scripts/demo.sh                    a real CT of open data, without labels: the reference model finds bones and muscles
#   ./scripts/demo.sh --phantom          a digital phantom with known answers, which brings its own labels
#   ./scripts/demo.sh --film             a hip X-ray, simulated, measured by a model that was trained on simulated films only
#   ./scripts/demo.sh DICOM_FOLDER       your own CT study or hip X-rays; a DICOM SEG of vertebrae or muscles in it is used in place of the model
#   ./scripts/demo.sh --check [FOLDER]   the same, then compares what Orthanc holds with the report and exits
#   ./scripts/demo.sh slicer [FOLDER]    no Orthanc: the CT in the browser, on the core of 3D Slicer, with a button that measures it
#
# The model takes a minute or more on a CT of ordinary size and two cores.
# Orthanc and the page listen on the loopback only, port 18042 (BONEMUSCLE_PORT), and keep their files below target/demo.
set -euo pipefail
# shellcheck source=scripts/setup.sh
. "$(dirname "$0")/setup.sh"

check=no folder= phantom=no film=no slicer=no
for argument in "$@"; do
    case $argument in
        --check) check=yes ;;
        --phantom) phantom=yes ;;
        --film) film=yes ;;
        slicer) slicer=yes ;;
        -h | --help) sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 0 ;;
        -*) fail "unknown option $argument; see $0 --help" ;;
        *) folder=$argument ;;
    esac
done
[ -z "$folder" ] || [ -d "$folder" ] || fail "$folder is not a folder"

port=${BONEMUSCLE_PORT:-18042}
address="http://127.0.0.1:$port"
work="$CARGO_TARGET_DIR/demo"

get() { curl -sS --fail-with-body "$@"; }

need_port() {
    if curl -s -o /dev/null "$address"; then fail "port $port is in use; choose another with BONEMUSCLE_PORT=..."; fi
}

start_orthanc() {
    need_port
    rm -rf "$work/orthanc"
    mkdir -p "$work/orthanc"
    cat > "$work/orthanc/orthanc.json" <<JSON
{
  "Name": "BoneMuscle demo",
  "StorageDirectory": "$work/orthanc/storage",
  "IndexDirectory": "$work/orthanc/storage",
  "HttpPort": $port,
  "RemoteAccessAllowed": false,
  "AuthenticationEnabled": false,
  "DicomServerEnabled": false,
  "Plugins": ["$build/libOrthancBoneMuscle.so"],
  "BoneMuscle": { "Enable": true }
}
JSON
    Orthanc "$work/orthanc/orthanc.json" > "$work/orthanc/orthanc.log" 2>&1 &
    orthanc=$!
    trap 'kill "$orthanc" 2>/dev/null || true; wait "$orthanc" 2>/dev/null || true' EXIT
    for _ in $(seq 100); do
        if curl -s -o /dev/null "$address/system"; then return; fi
        kill -0 "$orthanc" 2>/dev/null || { tail -n 20 "$work/orthanc/orthanc.log" >&2; fail "Orthanc did not start"; }
        sleep 0.1
    done
    fail "Orthanc does not answer at $address"
}

# upload FILE: prints nothing for a stored instance, the file name for anything Orthanc refuses.
upload() {
    curl -s -o /dev/null -f -X POST --data-binary "@$1" "$address/instances" || printf '%s\n' "$1"
}

upload_folder() {
    say "Uploading $1"
    export -f upload
    export address
    find "$1" -type f -not -name truth.json -print0 | xargs -0 -r -P 4 -I{} bash -c 'upload "$1"' _ {} > "$work/refused.txt"
    [ ! -s "$work/refused.txt" ] || echo "not DICOM, left out: $(wc -l < "$work/refused.txt") files, the first: $(head -n 1 "$work/refused.txt")"
    [ "$(get "$address/studies" | jq length)" -gt 0 ] || fail "no DICOM file was found in $1"
}

ended() { if [ -t 1 ]; then printf '\n'; fi; }

# measure STUDY: prints the progress of the job and fails with its sentence.
measure() {
    local answer job state
    answer=$(get -X POST -d '{}' "$address/studies/$1/bone-muscle") || fail "refused: $(jq -r .Details <<< "$answer")"
    job=$(jq -r .ID <<< "$answer")
    while :; do
        state=$(get "$address/jobs/$job")
        if [ -t 1 ]; then printf '\r%3d %% %-10s' "$(jq .Progress <<< "$state")" "$(jq -r '.Content.Stage // ""' <<< "$state")"; fi
        case $(jq -r .State <<< "$state") in
            Success) ended; return 0 ;;
            Failure) ended; fail "measuring failed: $(get "$address/studies/$1/bone-muscle" | jq -r .error.details)" ;;
        esac
        sleep 0.2
    done
}

print_values() {
    jq -r 'def pad(text; width): text + " " * ([width - (text | length), 1] | max);
        .report.findings[] | . as $f
        | ((.measurements[] | [.region, .quantity, (.value | tostring) + " " + .unit]),
           (.not_measured[] | [.region, (.quantities + .criteria | join(", ")), "not given: " + .reason]))
        | [([$f.structure, $f.side] | map(select(. != "none")) | join(" "))] + .
        | "  \(pad(.[0]; 26))\(pad(.[1]; 12))\(pad(.[2]; 22))\(.[3])"' <<< "$1"
}

# compare RECORD STUDY: every number of the report, as often as it stands there, is in the SR that Orthanc stored. The SR also holds
# those of the calibration and of the reference values.
compare() {
    local sr stored reported
    sr=$(jq -r '.instances["sr.dcm"].id' <<< "$1")
    # (126010, DCM, "Imaging Measurements"); the image library beside it holds numbers of the CT.
    stored=$(get "$address/instances/$sr/simplified-tags" | jq -c '[.. | objects
        | select(.ConceptNameCodeSequence[0].CodeValue? == "126010") | .. | objects | .FloatingPointValue // empty | tonumber] | sort')
    reported=$(jq -c '[.report.findings[].measurements[].value] | sort' <<< "$1")
    [ "$(jq length <<< "$reported")" -gt 0 ] || fail "nothing was measured; the reasons stand above"
    jq -n -e --argjson stored "$stored" --argjson reported "$reported" 'def counts: group_by(.) | map({(.[0] | tostring): length}) | add;
        ($stored | counts) as $there | $reported | counts | to_entries | all(.value <= ($there[.key] // 0))' > "$work/compared.txt" \
        || fail "the SR in Orthanc lacks values of the report: $stored, $reported"
    get -o "$work/report.pdf" "$address/studies/$2/bone-muscle/report.pdf"
    [ "$(head -c 4 "$work/report.pdf")" = "%PDF" ] || fail "report.pdf is not a PDF"
    get -o "$work/page.html" "$address/bone-muscle/app/"
    grep -q "<title>BoneMuscle" "$work/page.html" || fail "the web page is not served"
    echo "checked: $(jq length <<< "$reported") values of the report stand in the SR in Orthanc"
}

# The folder to measure, made where none was given.
prepare_study() {
    if [ -n "$folder" ]; then return; fi
    if [ "$film" = yes ]; then
        folder="$root/examples/films"
    elif [ "$phantom" = yes ]; then
        folder="$work/phantom"
        rm -rf "$folder"
        "$build/bonemuscle" phantom "$folder"
    else
        folder="$work/ct"
        rm -rf "$folder"
        example_ct "$folder"
    fi
}

open_in_slicer() {
    slicer_environment slicer-bridge/web/requirements.txt
    need_port
    say "The CT is shown at $address. Ctrl-C ends it."
    export PYTHONPATH="$root/slicer-bridge/web"
    exec "$slicer_python" -m bonemuscle_web "$folder" --port "$port" --program "$build/BoneMuscleCLI"
}

packages=(curl "${build_packages[@]}")
[ "$slicer" = yes ] || packages+=(orthanc jq)
install_packages "${packages[@]}"
need_rust
build_all
mkdir -p "$work"
prepare_study
[ "$slicer" = no ] || open_in_slicer
start_orthanc
upload_folder "$folder"
for study in $(get "$address/studies" | jq -r '.[]'); do
    say "Measuring study $study"
    measure "$study"
    record=$(get "$address/studies/$study/bone-muscle")
    print_values "$record"
    printf '\n%s\n' "$(jq -r .report.notice <<< "$record")"
    [ "$check" = no ] || compare "$record" "$study"
    echo "values: $address/studies/$study/bone-muscle"
    echo "report: $address/studies/$study/bone-muscle/report.pdf"
    echo "page:   $address/bone-muscle/app/#/studies/$study"
done
[ "$check" = no ] || exit 0
say "The page to upload, measure and read is $address/bone-muscle/app/, Orthanc's own $address/app/explorer.html. Ctrl-C ends both."
wait "$orthanc"
