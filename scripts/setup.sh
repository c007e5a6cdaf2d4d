#!/usr/bin/env bash
# Installs the C libraries and the programs that building and testing need. Does nothing, and needs no network, when all
# is there.
set -euo pipefail

packages=(libzmq3-dev libyaml-dev libsodium-dev libmicrohttpd-dev libsqlite3-dev
    libcurl4-openssl-dev zlib1g-dev openssl git python3 python3-venv)

say() { printf '%s\n' "$*" >&2; }

if ! command -v swift >/dev/null; then
    say "A Swift toolchain, 6.2 or later, is needed: https://www.swift.org/install/linux"
    exit 69
fi

# Asks the compiler that will build it, not the package manager: a library from elsewhere serves as well.
headers_found() {
    local clang
    clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang
    [[ -x $clang ]] || clang=$(command -v clang || command -v cc) || return 1
    "$clang" -fsyntax-only -x c - 2>/dev/null <<<"$(printf '#include <%s>\n' zmq.h yaml.h sodium.h microhttpd.h sqlite3.h curl/curl.h zlib.h)"
}

programs_found() {
    python3 -c 'import ensurepip, venv' 2>/dev/null && command -v openssl >/dev/null && command -v git >/dev/null
}

if headers_found && programs_found; then
    exit 0
fi

if ! command -v apt-get >/dev/null; then
    say "Missing: the headers of ZeroMQ (4.3), libyaml, libsodium, libmicrohttpd, SQLite, curl or zlib, Python 3 with venv, git (2.38), or openssl."
    say "On Debian and Ubuntu they are: ${packages[*]}. Install their like here, then run make again."
    exit 69
fi

as_root=()
if [[ $(id -u) != 0 ]]; then
    if ! command -v sudo >/dev/null; then
        say "Missing packages, and neither root nor sudo to install them: ${packages[*]}"
        exit 69
    fi
    as_root=(sudo)
fi

say "Installing ${packages[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >&2

if ! headers_found || ! programs_found; then
    say "Installed, but the compiler still does not find one of the headers, or Python has no venv, or there is no openssl or git."
    exit 69
fi
