#!/usr/bin/env bash
# Runs the tests with real processes whose marks match the first argument. Ends in `N passed, N failed`.
set -uo pipefail
cd "$(dirname "$0")/.."

reports=.build/system-reports
rm -rf "$reports"
mkdir -p "$reports"

KINTSUGI_BUILD="$PWD/.build/release" .venv/bin/pytest -m "$1" --junitxml "$reports/system.xml" Tests/System

exec python3 scripts/count.py "$reports" "system=$?"
