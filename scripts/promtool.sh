#!/usr/bin/env bash
# Puts Prometheus and its checker of pages and rules into the tests' virtual environment, out of Debian's package: without
# root, and without the server that installing the package would start. Where that cannot be done, the tests that need
# them say so.
set -uo pipefail
cd "$(dirname "$0")/.."

has() { command -v "$1" >/dev/null || [[ -x .venv/bin/$1 ]]; }

if has promtool && has prometheus; then
    exit 0
fi

folder=$(mktemp -d -t kintsugi-promtool.XXXXXX)
trap 'rm -rf "$folder"' EXIT

if (cd "$folder" && apt-get download -qq prometheus && dpkg-deb -x prometheus_*.deb .) >/dev/null 2>&1; then
    cp "$folder/usr/bin/promtool" "$folder/usr/bin/prometheus" .venv/bin/
else
    echo "prometheus and promtool are not here and cannot be fetched: the metrics page is tested without them" >&2
fi
