"""The shop with everything that is shipped, built for debugging: its doors as their clients find them."""

import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

ROOT = pathlib.Path(__file__).parents[2]
BUILD = pathlib.Path(os.environ.get("KINTSUGI_BUILD", ROOT / ".build" / "debug")).resolve()
OFFSET = 3_000 + os.getpid() % 200 * 100
PORTS = {"orders": 8081 + OFFSET, "inventory": 8082 + OFFSET, "carrier": 8090 + OFFSET,
         "telemetry": 4318 + OFFSET, "triage": 8083 + OFFSET, "console": 8080 + OFFSET}


class Shop:
    def __init__(self, folder):
        self.data = pathlib.Path(folder) / "data"

    def run(self, *arguments):
        return subprocess.run(
            [BUILD / "kintsugi", *arguments, "--data", str(self.data)],
            capture_output=True, text=True, timeout=120, check=False, env={"PATH": os.environ["PATH"]},
        )  # fmt: skip

    def does(self, *arguments):
        done = self.run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @property
    def key(self):
        return (self.data / "keys" / "local.key").read_text().strip()

    def url(self, service):
        return f"http://127.0.0.1:{PORTS[service]}"


@pytest.fixture(scope="session")
def shop():
    folder = tempfile.mkdtemp(prefix="kintsugi-doors-")
    shop = Shop(folder)
    shop.does("up", "--detach", "--config", str(ROOT / "config"), "--port-offset", str(OFFSET))
    try:
        shop.does("seed", "--products", "3", "--customers", "3")
        yield shop
    finally:
        shop.run("down")
        subprocess.run(["chattr", "-R", "-i", "-a", folder], capture_output=True, check=False)
        shutil.rmtree(folder)


@pytest.fixture
def places(tmp_path):
    """Makes services and processes, and ends them."""
    from peers import Sample

    made = []

    def make(kind, *arguments, **more):
        made.append(kind(*arguments, **more))
        return made[-1]

    make.folder = tmp_path
    yield make
    for each in reversed(made):
        each.end() if isinstance(each, Sample) else each.stop()
