"""The shop for longer, and with more in it: for `make soak`."""

import json
import os
import random
import shutil
import subprocess
import time

import pytest

from clusters import memory, until
from shops import QUIET, Chaos, Shop, fill, listing, snapshot

pytestmark = pytest.mark.soak


@pytest.fixture
def shop(clusters):
    return Shop(clusters(QUIET), stock=10_000_000)


def kept(result):
    """What was refused was told so, and what broke was told by its connection."""
    answered = result["accepted"] + result["reset"] + result["refused"]
    assert answered == result["scheduled"] and result["accepted"] > result["scheduled"] * 0.9, result
    return result


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_a_minute_of_random_deaths_under_load(shop, seed):
    print(f"seed {seed}")
    chaos = Chaos(shop, seed)
    load = shop.load(rate=500, seconds=60, seed=seed)
    result = kept(load.result())
    killed = chaos.end()
    assert len(killed) > 80, killed
    shop.audit(load, patience=120)
    print(json.dumps(result))


def test_replicas_come_and_go_for_a_minute(shop):
    load = shop.load(rate=300, seconds=60)
    for count in (4, 1, 3, 1):
        for role in ("orders", "inventory"):
            shop.cluster.does("scale", role, str(count))
            shop.cluster.ready(role, count)
    result = load.result()
    assert result["accepted"] == result["scheduled"], result
    shop.audit(load)


def test_the_carrier_is_away_for_the_whole_minute(shop):
    shop.cluster.does("scale", "carrier", "0")
    load = shop.load(rate=300, seconds=60)
    result = load.result()
    assert result["accepted"] == result["confirmed"] == result["scheduled"], result
    shop.cluster.does("scale", "carrier", "1")
    shop.audit(load, patience=180)


def test_the_disk_is_full_for_ten_seconds(clusters):
    assert os.getuid() == 0, "a small disk needs a mount of its own: run these tests as root"
    cluster = clusters(QUIET)
    cluster.data.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=192m", "tmpfs", str(cluster.data)], check=True)
    try:
        shop = Shop(cluster)
        load = shop.load(rate=100, seconds=25)
        until(lambda: shop.ask("GET", "orders", "/readyz")[0] == 200, what="the start")
        ballast = cluster.data / "ballast"
        end = time.monotonic() + 10
        with open(ballast, "ab", buffering=0) as file:
            while time.monotonic() < end:
                try:
                    file.write(bytes(65_536))
                except OSError:
                    # Full: what is freed meanwhile is taken again.
                    time.sleep(0.01)
        ballast.unlink()
        result = load.result()
        assert result["refused"] > 0 and result["failed"] == result["reset"] == result["timedOut"] == 0, result
        shop.audit(load)
    finally:
        cluster.down()
        subprocess.run(["umount", "-l", str(cluster.data)], check=True)


@pytest.mark.parametrize("seed", range(5))
def test_the_power_goes_at_a_random_moment(shop, clusters, seed):
    load = shop.load(rate=400, seconds=8, seed=seed + 1)
    # The moment is the point of the test.
    time.sleep(random.Random(seed).uniform(1, 6))
    other = clusters(QUIET, name="after")
    accepted = shop.place()
    snapshot(shop, other.data)
    load.result()
    shutil.copytree(shop.data / "keys", other.data / "keys")
    other.up()
    ids = other.data / "accepted"
    ids.write_text(accepted)
    report = json.loads(other.run("audit", "shop", "--json", "--ids", str(ids), timeout=120).stdout)
    assert report["waiting"] == 0 and not [finding for finding in report["findings"] if finding["count"]], report


def test_ten_million_orders_are_no_burden(shop):
    for identifier in [shop.place() for _ in range(20)]:
        shop.decided(identifier)
    before, small = listing(shop), memory(shop.cluster.pid("orders"))
    shop.cluster.does("scale", "orders", "0")
    fill(shop, 10_000_000)
    began = time.monotonic()
    shop.cluster.does("scale", "orders", "1")
    shop.cluster.ready("orders", 1)
    started = time.monotonic() - began
    after = listing(shop)
    print(f"list of twenty: {before * 1e3:.2f} ms among few, {after * 1e3:.2f} ms among ten million; "
          f"started in {started:.2f} s; memory {small >> 20} and {memory(shop.cluster.pid('orders')) >> 20} MiB")
    assert after < before * 3 and started < 3, (before, after, started)
    load = shop.load(rate=300, seconds=10)
    assert load.result()["accepted"] == 3_000
    assert memory(shop.cluster.pid("orders")) < small + (64 << 20)
