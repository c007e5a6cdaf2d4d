"""What every test with real processes needs."""

import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parents[2]
BUILD = pathlib.Path(os.environ.get("KINTSUGI_BUILD", ROOT / ".build" / "release"))


def pytest_configure(config):
    config.addinivalue_line("markers", "soak: a long run, for `make soak` alone")


@pytest.fixture
def kintsugi(tmp_path):
    """Runs the operator's command on a cluster of this test's own."""

    def run(*arguments, timeout=30, **environment):
        return subprocess.run(
            [BUILD / "kintsugi", *arguments],
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "KINTSUGI_DATA": str(tmp_path / "data"), **environment},
        )

    return run
