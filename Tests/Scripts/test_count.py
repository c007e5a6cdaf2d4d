"""The last line of `make test` is what people and machines trust: it must not say more than was seen."""

import pathlib
import subprocess
import sys

import pytest

COUNT = pathlib.Path(__file__).parents[2] / "scripts" / "count.py"


def run(folder, *outcomes):
    done = subprocess.run(
        [sys.executable, COUNT, folder, *outcomes], capture_output=True, text=True, timeout=30, check=False
    )
    return done.stdout.splitlines()[-1], done.returncode


def report(folder, name, tests, failures=0, errors=0, skipped=0):
    (folder / name).write_text(
        f'<testsuites><testsuite name="s" tests="{tests}" failures="{failures}" errors="{errors}"'
        f' skipped="{skipped}"/></testsuites>'
    )


def test_adds_up_all_runners(tmp_path):
    report(tmp_path, "swift.xml", 0)
    report(tmp_path, "swift-swift-testing.xml", 10)
    report(tmp_path, "scripts.xml", 5, skipped=2)
    assert run(tmp_path, "swift=0", "scripts=0") == ("13 passed, 0 failed", 0)


def test_failures_and_errors_both_count(tmp_path):
    report(tmp_path, "system.xml", 10, failures=2, errors=1)
    assert run(tmp_path, "system=1") == ("7 passed, 3 failed", 1)


@pytest.mark.parametrize("status", ["1", "139"])
def test_a_crash_without_report_is_a_failure(tmp_path, status):
    report(tmp_path, "scripts.xml", 5)
    assert run(tmp_path, f"swift={status}", "scripts=0") == ("5 passed, 1 failed", 1)


def test_a_broken_report_is_a_failure(tmp_path):
    (tmp_path / "swift.xml").write_text("<testsuites><testsuite")
    assert run(tmp_path, "swift=0") == ("0 passed, 1 failed", 1)


def test_nothing_run_is_no_success(tmp_path):
    assert run(tmp_path, "swift=0") == ("0 passed, 0 failed", 1)
