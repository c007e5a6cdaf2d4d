"""A known fault is done to a real cluster, seen, and taken back, whatever happens to who does it."""

import json
import signal
import subprocess

import pytest

from clusters import BUILD, ROOT, alive, until
from shops import QUIET, Shop


@pytest.fixture
def shop(clusters):
    return Shop(clusters(QUIET))


FAULTS = str(ROOT / "faults")


def behaviour(shop):
    return shop.ask("GET", "carrier", "/behaviour")[1]


def main(shop):
    return subprocess.run(
        ["git", "-C", shop.data / "cluster.git", "rev-parse", "main^{tree}"], capture_output=True, text=True, check=True
    ).stdout.strip()


def stopped(pid):
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rsplit(")", 1)[1].split()[0] == "T"


def test_a_fault_is_listed_done_seen_and_cleared(shop):
    before = behaviour(shop)
    shop.cluster.does("chaos", "carrier-down", "--faults", FAULTS)
    assert behaviour(shop)["mode"] == "down"
    listed = shop.cluster.does("chaos", "list", "--faults", FAULTS)
    assert any(line.startswith("carrier-down") and " there " in line for line in listed.splitlines()), listed
    again = shop.cluster.run("chaos", "carrier-down", "--faults", FAULTS)
    assert again.returncode == 1 and "clear it first" in again.stderr
    shop.cluster.does("chaos", "clear", "carrier-down")
    assert behaviour(shop) == before
    assert shop.cluster.does("chaos", "clear") == "No fault is there.\n"


def test_a_fault_for_a_while_ends_by_itself(shop):
    said = shop.cluster.does("chaos", "carrier-down", "--for", "2s", "--faults", FAULTS)
    assert "is cleared" in said
    assert behaviour(shop)["mode"] == "good"


def test_a_commit_is_taken_back_also_while_the_cluster_is_down(shop):
    before = main(shop)
    shop.cluster.does("down")
    shop.cluster.does("chaos", "carrier-time-out", "--faults", FAULTS)
    assert main(shop) != before
    shop.cluster.does("chaos", "clear", "carrier-time-out")
    assert main(shop) == before
    check = subprocess.run(["git", "-C", shop.data / "cluster.git", "fsck", "--strict"], capture_output=True, check=False)
    assert check.returncode == 0, check.stderr


def test_who_stops_a_worker_for_parts_of_its_time_may_be_killed(shop):
    worker = shop.cluster.pid("inventory")
    injector = subprocess.Popen(
        [BUILD / "kintsugi", "chaos", "slow-worker", "--faults", FAULTS, "--data", shop.data],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        until(lambda: stopped(worker), what="the worker to stand still")
        # Killed while the worker stands still: nobody wakes it.
        injector.send_signal(signal.SIGSTOP)
        injector.kill()
    finally:
        injector.kill()
        injector.wait()
    assert (shop.data / "chaos" / "slow-worker.json").exists()
    shop.cluster.does("chaos", "clear")
    until(lambda: not stopped(worker) if alive(worker) else True, what="the worker to go on")
    assert not (shop.data / "chaos" / "slow-worker.json").exists()
    shop.decided(shop.place())


EMPTY_SHELF = """
version: 1
name: empty-shelf
about: A shelf looks empty.
category: control
marked: nothing
traffic: {before: 1}
steps:
  - do: row
    service: inventory
    sql: ["UPDATE inventory SET quantity = 0 WHERE sku = 'SKU-000001'"]
    inverse:
      - "UPDATE inventory SET quantity = (SELECT sum(delta) FROM movements WHERE sku = 'SKU-000001') WHERE sku = 'SKU-000001'"
"""
TRUTH = """
apiVersion: itbench.io/v1
kind: GroundTruth
metadata: {name: empty-shelf, labels: {category: control}}
spec: {groups: []}
"""


def test_rows_of_a_running_service_are_changed_beside_it_and_come_back(shop, tmp_path):
    (tmp_path / "faults" / "empty-shelf").mkdir(parents=True)
    (tmp_path / "faults" / "empty-shelf" / "fault.yaml").write_text(EMPTY_SHELF)
    (tmp_path / "faults" / "empty-shelf" / "truth.yaml").write_text(TRUTH)
    load = shop.load(rate=50, seconds=4)
    shop.cluster.does("chaos", "empty-shelf", "--faults", str(tmp_path / "faults"))
    assert shop.decided(shop.place())["status"] == "CANCELLED"
    shop.cluster.does("chaos", "clear", "empty-shelf")
    assert shop.decided(shop.place())["status"] == "CONFIRMED"
    result = load.result()
    assert result["accepted"] == result["scheduled"], result
    shop.audit(load)


@pytest.mark.soak
@pytest.mark.parametrize("fault", ["deploy-without-effect", "crash-at-start", "killed@orders"])
def test_a_run_ends_as_its_fault_is_marked(kintsugi, fault):
    done = kintsugi(
        "chaos", "run", fault, "--json", "--faults", FAULTS, "--config", str(ROOT / "config"), timeout=1_200)
    assert done.stdout, done.stderr
    (scored,) = json.loads(done.stdout)
    assert scored["score"]["deviations"] == [], scored
    assert done.returncode == 0
