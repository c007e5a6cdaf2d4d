#!/usr/bin/env bash
# Runs the Swift tests, all or those of a filter, and the tests of these scripts. Ends in `N passed, N failed`.
set -uo pipefail
cd "$(dirname "$0")/.."

filter=()
if [[ $# -gt 0 ]]; then
    filter=(--filter "$1")
fi

reports=.build/reports
rm -rf "$reports"
mkdir -p "$reports"

swift test --xunit-output "$reports/swift.xml" "${filter[@]}"
outcomes=("swift=$?")

if [[ $# -eq 0 ]]; then
    .venv/bin/pytest --quiet --junitxml "$reports/scripts.xml" Tests/Scripts
    outcomes+=("scripts=$?")
    KINTSUGI_BUILD="$PWD/.build/debug" .venv/bin/pytest --quiet --junitxml "$reports/doors.xml" Tests/Doors
    outcomes+=("doors=$?")
fi

exec python3 scripts/count.py "$reports" "${outcomes[@]}"
