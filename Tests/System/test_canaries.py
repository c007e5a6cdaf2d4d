"""Synthetic customers in the shop that is shipped: served, not served, and never left behind."""

import json
import urllib.request

from clusters import ROOT, opened, until
from shops import QUIET, Shop

CANARIES = str(ROOT / "config" / "canaries")


def canary(shop, *arguments):
    done = shop.cluster.run("canary", "run", "--json", "--canaries", CANARIES, *arguments)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def orders(shop):
    """How the orders of synthetic customers stand in the file."""
    with opened(f"file:{shop.data}/orders.sqlite?mode=ro", uri=True) as file:
        return [row[0] for row in file.execute("SELECT status FROM orders WHERE customer_id LIKE 'ca9a9000-%'")]


def test_a_canary_is_served_and_its_orders_are_told_apart(clusters):
    shop = Shop(clusters(QUIET))
    stock = shop.stock()
    for _ in range(3):
        code, [result] = canary(shop)
        assert code == 0 and not result["leftBehind"], result
        assert [step["name"] for step in result["steps"]] == ["order", "read until CONFIRMED", "delete", "read"]
    shop.decided(shop.place())
    report = shop.audit()
    assert (report["orders"], report["syntheticOrders"]) == (1, 3)
    assert orders(shop) == ["DELETED"] * 3 and shop.stock() == stock - 1
    # What it took is back.
    assert shop.stock("CANARY-000001") == 10_000

    def counted(synthetic):
        with urllib.request.urlopen(f"http://127.0.0.1:{9464 + shop.cluster.offset}/metrics", timeout=10) as page:
            lines = page.read().decode().splitlines()
        return [line.split()[-1] for line in lines
                if line.startswith("orders_placed_total") and f'synthetic="{synthetic}"' in line]  # fmt: skip

    until(lambda: (counted("false"), counted("true")) == (["1"], ["3"]), what="the counters of placed orders")


def test_a_canary_that_is_not_served_says_what_it_expected_and_leaves_nothing(clusters):
    shop = Shop(clusters(QUIET))
    assert canary(shop)[0] == 0
    shop.cluster.does("scale", "inventory", "0")
    code, [result] = canary(shop)
    assert code == 1 and not result["leftBehind"]
    assert result["steps"][-1]["fault"] == "expected CONFIRMED, found PENDING_INVENTORY"
    shop.cluster.does("scale", "inventory", "1")
    until(lambda: canary(shop)[0] == 0, within=30, what="a canary that is served")
    shop.audit()
    assert set(orders(shop)) == {"DELETED"}
