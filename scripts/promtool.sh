#!/usr/bin/env bash
# Puts Prometheus's checker of metrics pages into the tests' virtual environment, out of Debian's package: without root,
# and without the server that installing the package would start. Where that cannot be done, one test does less.
set -uo pipefail
cd "$(dirname "$0")/.."

if command -v promtool >/dev/null || [[ -x .venv/bin/promtool ]]; then
    exit 0
fi

folder=$(mktemp -d -t kintsugi-promtool.XXXXXX)
trap 'rm -rf "$folder"' EXIT

if (cd "$folder" && apt-get download -qq prometheus && dpkg-deb -x prometheus_*.deb .) >/dev/null 2>&1; then
    cp "$folder/usr/bin/promtool" .venv/bin/
else
    echo "promtool is not here and cannot be fetched: the metrics page is tested without it" >&2
fi
