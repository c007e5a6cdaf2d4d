"""What orders and inventory tell each other, again, out of order, and in vain."""

import json
import random
import shutil

import cbor2

from clusters import opened, until
from shops import QUIET, Shop



def test_every_message_again_and_out_of_order_changes_nothing(clusters, tmp_path):
    config = tmp_path / "config"
    shutil.copytree(QUIET, config)
    access = (config / "acl.yaml").read_text()
    (config / "acl.yaml").write_text(access.replace('call: ["*"]', 'call: ["*"]\n    deliver: ["*"]'))
    shop = Shop(clusters(config), stock=400)
    load = shop.load(rate=100, seconds=2)
    result = load.result()
    assert result["accepted"] == result["scheduled"], result
    deleted = load.ids.read_text().split()[:20]
    for identifier in deleted:
        shop.ask("DELETE", "orders", f"/orders/{identifier}")
    shop.audit(load)
    before = tables(shop)
    again = messages(shop) * 2
    random.Random(3).shuffle(again)
    peer = shop.cluster.operator("again")
    for start in range(0, len(again), 50):
        for target in ("orders", "inventory"):
            batch = [message for to, message in again[start:start + 50] if to == target]
            receipts = peer.deliver(target, "messages", {"messages": batch})
            assert all("taken" in receipt for receipt in receipts), receipts
    shop.audit(load)
    assert tables(shop) == before


def messages(shop):
    """What orders and inventory have told each other, as it would come again from somebody else."""
    found = []

    def add(target, kind, identifier, **more):
        body = cbor2.dumps({"type": kind, "order_id": identifier, **more})
        found.append((target, {"id": f"{kind}-{identifier}", "type": kind, "body": body}))

    with opened(f"file:{shop.data}/inventory.sqlite?mode=ro", uri=True) as file:
        for identifier, items, outcome, reason in file.execute(
            "SELECT order_id, items, outcome, reason FROM reservations"
        ):
            if outcome == "FAILED":
                add("orders", "InventoryReservationFailed", identifier, reason=reason)
            else:
                add("orders", "InventoryReserved", identifier, items=json.loads(items))
            if outcome == "RELEASED":
                add("inventory", "ReleaseInventory", identifier, reason="again")
    with opened(f"file:{shop.data}/orders.sqlite?mode=ro", uri=True) as file:
        for identifier, who, items in file.execute("SELECT id, customer_id, items FROM orders"):
            wanted = [{"sku": item["sku"], "quantity": item["quantity"]} for item in json.loads(items)]
            add("inventory", "ReserveInventory", identifier, customer_id=who, items=wanted,
                timestamp="2026-01-01T00:00:00Z")  # fmt: skip
    return found


def tables(shop):
    """What the shop's tables say, without when."""
    rows = []
    for name, queries in {
        "orders": ["SELECT id, status, total, items FROM orders ORDER BY id",
                   "SELECT order_id, status, reference FROM deliveries ORDER BY order_id"],
        "inventory": ["SELECT sku, quantity FROM inventory ORDER BY sku",
                      "SELECT sku, delta, cause, cause_id FROM movements ORDER BY sequence",
                      "SELECT order_id, outcome, items FROM reservations ORDER BY order_id"],
    }.items():  # fmt: skip
        with opened(f"file:{shop.data}/{name}.sqlite?mode=ro", uri=True) as file:
            rows += [file.execute(query).fetchall() for query in queries]
    return rows


def test_a_message_that_is_always_refused_is_given_up_shown_and_redriven(clusters, tmp_path):
    config = tmp_path / "config"
    shutil.copytree(QUIET, config)
    plan = (config / "cluster.yaml").read_text()
    plan = plan.replace(
        "    executable: OMSActor\n", "    executable: OMSActor\n    arguments: [--outbox-attempts, '2']\n")
    (config / "cluster.yaml").write_text(plan)
    shop = Shop(clusters(config))
    shop.behave("refusing")
    order = shop.decided(shop.place())
    letters = until(lambda: json.loads(shop.cluster.does("dead-letters", "list", "--json")), what="the dead letter")
    assert [(letter["type"], letter["key"]) for letter in letters] == [("BookDelivery", order["id"])]
    name = f"orders/{letters[0]['number']}"
    shown = shop.cluster.does("dead-letters", "show", name)
    assert order["id"] in shown and "refused 2 times" in shown, shown
    assert until(lambda: shop.cluster.lines("orders.1", "messages were given up"), what="the alarm")
    assert shop.cluster.run("audit", "shop", "--patience", "0").returncode == 1
    shop.behave("good")
    shop.cluster.does("dead-letters", "redrive", name)
    shop.audit()
    assert json.loads(shop.cluster.does("dead-letters", "list", "--json")) == []
    assert shop.cluster.run("dead-letters", "drop", name).returncode == 1
