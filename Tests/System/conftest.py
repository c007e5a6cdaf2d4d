"""What every test with real processes needs."""

import itertools
import os
import shutil
import subprocess
import tempfile

import pytest

from clusters import BUILD, ECHO, Cluster, remove

# Ports below those that the kernel gives to outgoing connections, and room for a cluster's own side by side.
OFFSETS = itertools.count(1_000 + os.getpid() % 10 * 2_200, 20)


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


@pytest.fixture
def clusters(tmp_path):
    """Makes clusters of this test's own, not started yet; they are brought down whatever happens."""
    made = []

    def make(config=ECHO, name="cluster"):
        # A short path: sockets have a limit. The logs are kept with the rest of the test.
        folder = tempfile.mkdtemp(prefix="kintsugi-test-")
        made.append((Cluster(folder, next(OFFSETS), config), folder, tmp_path / name))
        return made[-1][0]

    yield make
    for cluster, folder, kept in made:
        cluster.down()
        if (cluster.data / "log").exists():
            shutil.copytree(cluster.data / "log", kept, dirs_exist_ok=True)
        remove(folder)


@pytest.fixture
def cluster(clusters):
    """The cluster of Tests/System/echo, up and ready."""
    return clusters().up()


@pytest.fixture
def config(tmp_path):
    """Makes a configuration from that of Tests/System/echo: text to replace in cluster.yaml, and lines to add."""

    def make(*replaced, roles="", access=""):
        folder = tmp_path / "config"
        shutil.copytree(ECHO, folder)
        plan = (folder / "cluster.yaml").read_text()
        for old, new in replaced:
            assert old in plan, old
            plan = plan.replace(old, new)
        (folder / "cluster.yaml").write_text(plan + roles)
        (folder / "acl.yaml").write_text((folder / "acl.yaml").read_text() + access)
        return folder

    return make


@pytest.fixture
def wards(clusters, tmp_path):
    """Makes small clusters with the agents in them."""
    # Not above: what it needs is rewritten by pytest when it is imported.
    from wards import Ward

    return lambda **more: Ward(clusters, tmp_path, **more)


@pytest.fixture
def patients():
    """Makes services elsewhere that fall ill; they are quiet when the test is over."""
    from wards import Patient

    made = []

    def make(ward, *cure):
        made.append(Patient(ward, *cure))
        return made[-1]

    yield make
    for patient in made:
        patient.end()
