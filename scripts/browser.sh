#!/usr/bin/env bash
# Sees to a browser for the tests of the console, where Debian's package can be had. Elsewhere they say that they go without.
set -uo pipefail

[[ -n ${KINTSUGI_CHROMIUM:-} || -x /usr/bin/chromium ]] && exit 0
if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core \
        >/dev/null 2>&1
fi
[[ -x /usr/bin/chromium ]] || echo "chromium is not here and cannot be fetched: the tests of the pages go without it" >&2
