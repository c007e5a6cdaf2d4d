"""The shop loses nothing: what must always hold does, after everything that can happen to it."""

import json
import os
import shutil
import subprocess

import pytest

import wire
from clusters import memory, opened, until
from shops import QUIET, SKU, Chaos, Shop, customer, fill, listing, snapshot


@pytest.fixture
def shop(clusters):
    return Shop(clusters(QUIET))


def no_order_failed(result):
    assert result["accepted"] == result["scheduled"], result


def only_reset(result):
    """A process that dies takes its open connections along, and nothing else fails."""
    assert result["accepted"] + result["reset"] + result["refused"] == result["scheduled"], result
    assert result["accepted"] > result["scheduled"] * 0.8, result


# The contract.


def test_an_order_is_placed_confirmed_delivered_and_deleted(shop):
    before = shop.stock()
    identifier = shop.place(quantity=3)
    order = shop.decided(identifier)
    assert order["status"] == "CONFIRMED" and order["total"] == round(3 * order["items"][0]["price"], 2), order
    assert shop.stock() == before - 3
    shop.audit()
    assert shop.ask("DELETE", "orders", f"/orders/{identifier}") == (204, None)
    assert shop.ask("GET", "orders", f"/orders/{identifier}")[0] == 404
    assert shop.ask("DELETE", "orders", f"/orders/{identifier}")[0] == 404
    assert shop.ask("GET", "orders", f"/orders?customer_id={customer(1)}")[1]["orders"] == []
    until(lambda: shop.stock() == before, what="the stock to come back")
    shop.audit()


def test_an_order_for_more_than_there_is_ends_cancelled_and_takes_nothing(shop):
    order = shop.decided(shop.place(quantity=1_000_000))
    again = shop.decided(shop.place(quantity=1))
    assert order["status"] == "CONFIRMED" and again["status"] == "CANCELLED"
    assert SKU in again["reason"], again
    assert shop.stock() == 0
    shop.audit()


def test_the_same_key_is_the_same_order_across_a_crash_and_another_replica(shop):
    first = shop.place(key="once")
    assert shop.place(key="once") == first
    shop.kill("orders")
    shop.cluster.ready("orders", 1)
    assert shop.place(key="once") == first
    shop.cluster.does("scale", "orders", "3")
    assert {shop.place(key="once") for _ in range(12)} == {first}
    status, problem = shop.ask(
        "POST", "orders", "/orders", {"customer_id": customer(1), "items": [{"sku": SKU, "quantity": 2}]},
        {"idempotency-key": "once"})  # fmt: skip
    assert status == 409 and problem["status"] == 409, problem
    assert shop.ask("DELETE", "orders", f"/orders/{first}")[0] == 204
    status, problem = shop.ask(
        "POST", "orders", "/orders", {"customer_id": customer(1), "items": [{"sku": SKU, "quantity": 1}]},
        {"idempotency-key": "once"})  # fmt: skip
    assert status == 409 and "deleted" in problem["detail"], problem
    shop.audit()


def test_a_list_has_pages_and_bounds(shop):
    ids = [shop.place() for _ in range(5)]
    for identifier in ids:
        shop.decided(identifier)
    seen, token = [], ""
    while True:
        status, page = shop.ask("GET", "orders", f"/orders?customer_id={customer(1)}&limit=2{token}")
        assert status == 200 and len(page["orders"]) <= 2, page
        seen += [order["id"] for order in page["orders"]]
        if "next_token" not in page:
            break
        token = f"&next_token={page['next_token']}"
    assert seen == list(reversed(ids))
    late = "2100-01-01T00:00:00Z"
    for query in ("status=CANCELLED", f"start_date={late}"):
        assert shop.ask("GET", "orders", f"/orders?customer_id={customer(1)}&{query}")[1]["orders"] == []
    status, problem = shop.ask("GET", "orders", "/orders?limit=0")
    assert status == 400 and {fault["field"] for fault in problem["errors"]} == {"customer_id", "limit"}, problem


def test_one_order_is_one_trace(shop):
    """A caller that keeps its trace finds the spans of every process in it."""
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    listener = wire.Subscriber(shop.cluster.data / "run", "operator", shop.cluster.secret, "spans.")
    try:
        # Once something comes, what is asked for next is heard whole.
        sampled = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
        names, services = set(), set()

        def complete():
            shop.ask("POST", "orders", "/orders", {
                "customer_id": customer(1), "items": [{"sku": SKU, "quantity": 1}]}, sampled)  # fmt: skip
            while (event := listener.next(within=0.5)) is not None:
                _, sender, report = event
                spans = [span for span in report["spans"] if span["traceHigh"] == int(trace[:16], 16)]
                names.update(span["name"] for span in spans)
                services.update(sender.split("@")[0] for span in spans)
            wanted = {"POST /orders", "write", "send ReserveInventory", "process ReserveInventory",
                      "send InventoryReserved", "process InventoryReserved"}  # fmt: skip
            return wanted <= names and {"orders", "inventory"} <= services

        until(complete, within=20, what=f"the spans of the whole trace, found {names} of {services}")
    finally:
        listener.close()


# Deaths.


@pytest.mark.parametrize("seed", [1, 2])
def test_random_deaths_under_load_lose_nothing(shop, seed):
    chaos = Chaos(shop, seed)
    load = shop.load(rate=150, seconds=10, seed=seed)
    result = load.result()
    killed = chaos.end()
    only_reset(result)
    assert len(killed) >= 10, killed
    shop.audit(load)


def test_replicas_come_and_go_under_load_without_a_failed_request(shop):
    load = shop.load(rate=150, seconds=14)
    for count in (4, 1):
        for role in ("orders", "inventory"):
            shop.cluster.does("scale", role, str(count))
            shop.cluster.ready(role, count)
    result = load.result()
    no_order_failed(result)
    shop.audit(load)


def test_the_writer_of_several_replicas_dies_again_and_again(shop):
    for role in ("orders", "inventory"):
        shop.cluster.does("scale", role, "3")
    chaos = Chaos(shop, seed=5, every=0.7, roles=("orders", "inventory"))
    load = shop.load(rate=150, seconds=8)
    result = load.result()
    chaos.end()
    only_reset(result)
    shop.audit(load)


def test_a_roll_under_load_drops_no_request(shop):
    load = shop.load(rate=150, seconds=6)
    for role in ("orders", "inventory"):
        shop.cluster.does("roll", role)
    no_order_failed(load.result())
    shop.audit(load)


# The carrier.


@pytest.mark.parametrize("mode", ["down", "wrong", "slow", "limiting"])
def test_orders_go_on_while_the_carrier_is_bad_and_each_is_booked_once_when_it_is_good(shop, mode):
    shop.behave(mode, share=100 if mode == "down" else 70, delay_ms=1_500)
    load = shop.load(rate=100, seconds=4)
    no_order_failed(load.result())
    assert shop.decided(shop.place())["status"] == "CONFIRMED"
    shop.behave("good")
    shop.audit(load, patience=90)


def test_orders_go_on_while_the_carrier_is_away(shop):
    shop.cluster.does("scale", "carrier", "0")
    load = shop.load(rate=100, seconds=4)
    no_order_failed(load.result())
    shop.cluster.does("scale", "carrier", "1")
    shop.audit(load, patience=90)


# Files.


def test_what_was_answered_outlives_the_power(shop, clusters):
    load = shop.load(rate=150, seconds=5)
    until(lambda: shop.ask("GET", "orders", f"/orders?customer_id={customer(1)}")[1]["orders"], what="the first order")
    accepted = []
    for number in range(20):
        accepted.append(shop.place(number=2))
    other = clusters(QUIET, name="after")
    snapshot(shop, other.data)
    load.result()
    shutil.copytree(shop.data / "keys", other.data / "keys")
    other.up()
    ids = other.data / "accepted"
    ids.write_text("\n".join(accepted))
    report = json.loads(other.run("audit", "shop", "--json", "--ids", str(ids)).stdout)
    assert report["waiting"] == 0 and not [finding for finding in report["findings"] if finding["count"]], report
    shop.audit(load)


def test_a_backup_is_made_under_load_and_restored(shop):
    load = shop.load(rate=150, seconds=4)
    first = shop.place()
    shop.decided(first)
    copies = {service: str(shop.data / f"{service}.copy") for service in ("orders", "inventory")}
    for service, copy in copies.items():
        shop.cluster.does("backup", service, copy)
    load.result()
    assert shop.cluster.run("restore", "orders", copies["orders"]).returncode == 1
    for role in ("orders", "inventory", "carrier"):
        shop.cluster.does("scale", role, "0")
    shop.cluster.does("restore", "orders", copies["orders"])
    shop.cluster.does("scale", "orders", "1")
    shop.cluster.ready("orders", 1)
    assert shop.order(first)["status"] == "CONFIRMED"


@pytest.mark.parametrize("seconds", [3])
def test_a_full_disk_refuses_writes_keeps_reading_and_recovers(clusters, tmp_path, seconds):
    assert os.getuid() == 0, "a small disk needs a mount of its own: run these tests as root"
    cluster = clusters(QUIET)
    cluster.data.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(cluster.data)], check=True)
    try:
        shop = Shop(cluster)
        first = shop.place()
        shop.decided(first)
        load = shop.load(rate=50, seconds=seconds + 5)
        ballast = cluster.data / "ballast"

        def full():
            with open(ballast, "ab", buffering=0) as file:
                try:
                    while True:
                        file.write(bytes(65_536))
                except OSError:
                    pass
            return shop.ask("POST", "orders", "/orders", {
                "customer_id": customer(1), "items": [{"sku": SKU, "quantity": 1}]})  # fmt: skip

        status, problem = until(lambda: (said := full())[0] == 503 and said, what="the refusal")
        assert problem["status"] == 503 and "room" in problem["detail"], problem
        assert shop.order(first)["id"] == first
        assert shop.ask("GET", "orders", "/readyz")[0] == 503
        ballast.unlink()
        until(lambda: shop.ask("GET", "orders", "/readyz")[0] == 200, what="the recovery")
        result = load.result()
        assert result["accepted"] + result["refused"] + result["failed"] == result["scheduled"], result
        assert result["failed"] == 0 and result["accepted"] > 0, result
        shop.audit(load)
        assert {slot["restarts"] for slot in cluster.slots("orders")} == {0}
    finally:
        cluster.down()
        subprocess.run(["umount", "-l", str(cluster.data)], check=True)


def test_a_file_of_a_newer_version_is_read_and_not_written(shop):
    first = shop.place()
    shop.decided(first)
    shop.audit()
    shop.cluster.does("scale", "orders", "0")
    with opened(shop.data / "orders.sqlite") as file:
        file.execute(
            "INSERT INTO store_migrations SELECT owner, 99, 'from tomorrow', hash, applied FROM store_migrations "
            "WHERE owner = 'service' LIMIT 1")  # fmt: skip
    shop.cluster.does("scale", "orders", "1")
    shop.cluster.ready("orders", 1)
    assert shop.order(first)["id"] == first
    status, problem = shop.ask("POST", "orders", "/orders", {
        "customer_id": customer(1), "items": [{"sku": SKU, "quantity": 1}]})  # fmt: skip
    assert status == 503, problem
    status, problem = shop.ask("GET", "orders", "/readyz")
    assert status == 503 and "99" in problem["detail"], problem


def test_a_list_among_a_million_orders_is_as_fast_as_among_none(shop):
    for identifier in [shop.place() for _ in range(20)]:
        shop.decided(identifier)
    before = listing(shop)
    small = memory(shop.cluster.pid("orders"))
    shop.cluster.does("scale", "orders", "0")
    fill(shop, 1_000_000)
    shop.cluster.does("scale", "orders", "1")
    shop.cluster.ready("orders", 1)
    after = listing(shop)
    assert after < before * 3, (before, after)
    assert memory(shop.cluster.pid("orders")) < small + (48 << 20)
    assert shop.decided(shop.place())["status"] == "CONFIRMED"


# The door.


def test_keys_and_roles(shop):
    for headers, status in [({"x-api-key": ""}, 401), ({"x-api-key": "x" * 43}, 401)]:
        got, problem = shop.ask("GET", "orders", f"/orders?customer_id={customer(1)}", headers=headers)
        assert got == status and problem["status"] == status, problem


def test_a_wrong_value_on_the_command_line_is_named(shop):
    for arguments, code, words in [
        (("load", "--skew", "much"), 64, ["--skew", "0 to 10", "much"]),
        (("load", "--rate", "0"), 64, ["rate", "0"]),
        (("dead-letters", "show", "orders"), 64, ["orders/12", "\"orders\""]),
        (("dead-letters", "show", "orders/7"), 1, ["no dead letter 7"]),
        (("audit", "shop", "--ids", "/nowhere"), 1, ["/nowhere"]),
        (("restore", "orders", "/nowhere"), 1, ["orders is running"]),
        (("backup", "orders", "/nowhere/copy"), 1, ["/nowhere/copy"]),
        (("order", "NO-SUCH-SKU"), 0, ["CANCELLED", "NO-SUCH-SKU"]),
    ]:
        done = shop.cluster.run(*arguments)
        assert done.returncode == code, (arguments, done.returncode, done.stderr)
        assert all(word in done.stdout + done.stderr for word in words), (arguments, done.stdout, done.stderr)


def test_the_default_command_line_serves_a_newcomer(shop):
    text = shop.cluster.does("order")
    assert "CONFIRMED" in text, text
    text = shop.cluster.does("load", "--rate", "50", "--seconds", "1", "--customers", "20", "--products", "20")
    assert "50 accepted" in text, text
    text = shop.cluster.does("audit", "shop")
    assert "BROKEN" not in text and text.count("holds") >= 12, text
