#!/bin/sh
# Measures a study that lies in Orthanc and fetches the page.
# usage: measure.sh ORTHANC_URL STUDY_ID      such as: measure.sh http://localhost:8042 27f7126f-4f66fb14-...
set -eu

[ $# -eq 2 ] || { echo "usage: $0 ORTHANC_URL STUDY_ID" >&2; exit 2; }
orthanc=$1
route=$orthanc/studies/$2/bone-muscle

job=$(curl -sSf -X POST "$route" -d '{}' | jq -r .ID)
while :; do
    state=$(curl -sSf "$orthanc/jobs/$job")
    case $(echo "$state" | jq -r .State) in
        Success) break ;;
        Failure) echo "$state" | jq . >&2; exit 1 ;;
    esac
    echo "$state" | jq -r '"\(.State) \(.Progress) %"' >&2
    sleep 1
done

curl -sSf "$route" | jq .
curl -sSf "$route/report.pdf" -o report.pdf
