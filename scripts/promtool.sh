#!/usr/bin/env bash
# Puts Prometheus, its checker of pages and rules, and its Alertmanager into the tests' virtual environment, out of Debian's
# packages: without root, and without the servers that installing the packages would start. Where that cannot be done, the
# tests that need them say so.
set -uo pipefail
cd "$(dirname "$0")/.."

has() { command -v "$1" >/dev/null || [[ -x .venv/bin/$1 ]]; }

folder=$(mktemp -d -t kintsugi-promtool.XXXXXX)
trap 'rm -rf "$folder"' EXIT

# A package, and which of its executables are wanted.
fetch() {
    local package=$1 name
    shift
    if (cd "$folder" && apt-get download -qq "$package" && dpkg-deb -x "$package"_*.deb .) >/dev/null 2>&1; then
        for name in "$@"; do cp "$folder/usr/bin/$name" .venv/bin/; done
    else
        echo "$* of $package are not here and cannot be fetched: the tests go without them" >&2
    fi
}

has promtool && has prometheus || fetch prometheus promtool prometheus

# Debian's Alertmanager reads its templates where its package would be installed: ours reads them below the folder in which
# it is started. Both paths have the same length.
if ! has prometheus-alertmanager; then
    fetch prometheus-alertmanager prometheus-alertmanager
    if has prometheus-alertmanager; then
        mkdir -p .venv/share/prometheus
        cp -r "$folder/usr/share/prometheus/alertmanager" .venv/share/prometheus/
        LC_ALL=C sed -i 's#/usr/share/prometheus/alertmanager#././/share/prometheus/alertmanager#g' \
            .venv/bin/prometheus-alertmanager
    fi
fi
exit 0
