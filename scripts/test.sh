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

# What only calculates, or waits for git on the threads of all, keeps the processors busy for a minute. It runs by
# itself, so that tests that wait for an answer within a time do not wait for it.
calculating='^(ChroniclingTests|ForgeTests|KnowledgeTests|NoticesTests|PostmortemsTests|ReplayingTests|InsightTests|SensesTests|SimulatorTests|RiskTests|CapabilitiesTests|TidyTests)\.'

if [[ $# -eq 0 ]]; then
    swift test --xunit-output "$reports/calculating.xml" --filter "$calculating"
    outcomes=("calculating=$?")
    swift test --xunit-output "$reports/swift.xml" --skip "$calculating"
    outcomes+=("swift=$?")
    .venv/bin/pytest --quiet --junitxml "$reports/scripts.xml" Tests/Scripts
    outcomes+=("scripts=$?")
    KINTSUGI_BUILD="$PWD/.build/debug" .venv/bin/pytest --quiet --junitxml "$reports/doors.xml" Tests/Doors
    outcomes+=("doors=$?")
    scripts/browser.sh
    .venv/bin/pytest --quiet --junitxml "$reports/console.xml" Tests/Console
    outcomes+=("console=$?")
else
    swift test --xunit-output "$reports/swift.xml" "${filter[@]}"
    outcomes=("swift=$?")
fi

exec python3 scripts/count.py "$reports" "${outcomes[@]}"
