"""The doors of orders, inventory and the broker among real processes: what is permitted by Risk, seen by clients."""

import hashlib
import json
import os
import queue
import shutil
import signal
import urllib.request

import cbor2
import pytest

from clusters import opened, until
from shops import CONFIG, SKU, Shop, customer
from test_remote import free_port, pair
from test_risk import Remote

POLICY = """version: 1
name: test
askers: [remediation]
autonomy:
  - {actions: [pause-queue, drain-queue, redrive, breaker, shed-load], verdict: auto}
otherwise: approve
confidence: {threshold: 0.5}
limits: {cooldown: 0s, capacity-per-hour: 100, actions-per-incident: 20}
"""

CLUSTER = """version: 1
groups: [{name: ground, strategy: rest-for-one}]
listeners: [{name: carrier, port: 8090}, {name: orders, port: 8081}, {name: inventory, port: 8082},
  {name: metrics, port: 9464}, {name: telemetry, port: 4318}]
roles:
  - {name: broker, group: ground, executable: Broker, replacement: stop-first, arguments: REMOTE}
  - {name: inventory, executable: IMSActor, listens: [inventory], after: [broker]}
  - {name: orders, executable: OMSActor, listens: [orders], replicas: 2, after: [broker]}
  - {name: carrier, executable: CarrierSimulator, listens: [carrier], after: [broker]}
  - {name: risk, executable: RiskAgent, after: [broker]}
  - {name: telemetry, executable: TelemetryAgent, listens: [telemetry], after: [broker]}
"""


def words(arguments):
    return [{"name": name, "value": str(value)} for name, value in sorted(arguments.items())]


def heard(peer, door, method, *arguments):
    """The answer of a door; None where it was lost with the broker."""
    try:
        return peer.answer(door, method, *arguments, content="json", patience=2, wait=3)
    except queue.Empty:
        return None


class Porter:
    """A shop with its doors, Risk, and an agent of remediation that is permitted things by it."""

    def __init__(self, clusters, kintsugi, tmp_path):
        folder = tmp_path / "config"
        shutil.copytree(CONFIG, folder, ignore=shutil.ignore_patterns("canaries", "slo"))
        broker, broker_secret = pair(kintsugi)
        agent, agent_secret = pair(kintsugi)
        (tmp_path / "broker.key").write_text(broker_secret)
        port = free_port()
        remote = ["--remote-address", f"127.0.0.1:{port}", "--remote-key-file", f"{tmp_path}/broker.key"]
        (folder / "cluster.yaml").write_text(CLUSTER.replace("REMOTE", json.dumps(remote)))
        with open(folder / "acl.yaml", "a") as access:
            access.write(f"keys:\n  - public: {json.dumps(agent)}\n    role: remediation\n")
        (folder / "policy" / "default.yaml").write_text(POLICY)
        self.shop = Shop(clusters(folder))
        self.cluster = self.shop.cluster
        self.operator = self.cluster.operator()
        self.remediation = Remote(port, broker, agent, agent_secret, "remediation@away.1")
        self.cluster.peers.append(self.remediation)
        self.remediation.join()
        until(lambda: json.loads(self.cluster.run("risk", "--json").stdout)["standing"]["isActive"], what="Risk")
        self.incidents = 0

    def sight(self, door, action, target):
        answer = self.operator.answer(door, "ActionDesk.sight", action, target, content="json")
        assert answer.status == "value", (answer.status, answer.body)
        return answer.body

    def state(self, door, action, target):
        settings = [word for pair in self.sight(door, action, target)["settings"] for word in (pair["name"], pair["value"])]
        text = cbor2.dumps([action, door, target, *settings])
        return hashlib.sha256(b"kintsugi door state 1\0" + text).hexdigest()

    def permitted(self, door, action, target, /, **arguments):
        """The order with the capability that Risk gives for it, for the state that there is now."""
        self.incidents += 1
        incident = f"I-{self.incidents}"
        order = {"action": action, "door": door, "target": target, "arguments": words(arguments)}
        back = {**order, "arguments": self.sight(door, action, target)["settings"]}
        if action in ("drain-queue", "redrive"):
            back = {**order, "action": "redrive" if action == "drain-queue" else "drain-queue", "arguments": []}
        state = self.state(door, action, target)
        step = {
            "order": order, "state": state, "reversibility": "whole", "text": "",
            "blast": {"roles": [target], "capacity": 0.0, "touchesData": False},
            "inverse": {"text": "back", "order": back},
        }  # fmt: skip
        plan = {
            "incident": incident, "generation": 1, "category": "Resource_Limit", "confidence": 0.95,
            "steps": [step], "substance": state, "text": "",
        }  # fmt: skip
        verdict = self.operator.answer("risk", "RiskDesk.judge", {
            "step": f"judge-{incident}", "plan": plan, "state": state,
            "standing": {"incident": incident, "generation": 1, "isOver": False},
            "asker": {"kind": "agent", "name": "remediation"}}, content="json").body  # fmt: skip
        assert verdict["outcome"] == "auto", verdict
        question = {"step": f"act-{incident}", "plan": plan, "state": state}
        permitted = self.remediation.answer("risk", "RiskDesk.permit", question, content="json").body
        assert permitted.get("refusal") is None, permitted
        return {"order": order, "plan": verdict["plan"], "step": 0, "capability": permitted["capabilities"][0]}

    def perform(self, order, peer=None):
        def done():
            # Nobody has heard of it, or nobody can tell: the same again is harmless.
            answer = heard(peer or self.remediation, order["order"]["door"], "ActionDesk.perform", order)
            return answer if answer and answer.status in ("value", "denied") else None

        answer = until(done, what="an answer of the door")
        assert answer.status == "value", (answer.status, answer.body)
        return answer.body

    def does(self, door, action, target, /, **arguments):
        answer = self.perform(self.permitted(door, action, target, **arguments))
        assert answer["outcome"] == "done", answer
        return answer["text"]

    def waiting(self, door, target):
        return {figure["name"]: int(figure["value"]) for figure in self.sight(door, "drain-queue", target)["figures"]}

    def acted(self, gauge, value, label="", replicas=2):
        """Waits until every replica shows that it acts on what is set."""

        def all_of_them():
            with urllib.request.urlopen(f"http://127.0.0.1:{9464 + self.cluster.offset}/metrics", timeout=10) as page:
                lines = [line for line in page.read().decode().splitlines() if line.startswith(gauge + "{") and label in line]
            return len(lines) == replicas and all(float(line.rsplit(" ", 1)[1]) == value for line in lines)

        # A second to act, a second until it is told, and the pages of a busy machine.
        until(all_of_them, 5, f"{gauge} to be {value}")

    def statuses(self, count):
        """What so many new orders are answered with."""
        body = {"customer_id": customer(1), "items": [{"sku": SKU, "quantity": 1}]}
        return [self.shop.ask("POST", "orders", "/orders", body) for _ in range(count)]


@pytest.fixture
def porter(clusters, kintsugi, tmp_path):
    return Porter(clusters, kintsugi, tmp_path)


def test_a_paused_queue_leaves_orders_pending_until_it_is_resumed_whoever_dies(porter):
    shop = porter.shop
    order = porter.permitted("orders", "pause-queue", "inventory", paused="true")
    done = porter.perform(order)
    assert done["outcome"] == "done", done
    porter.acted("orders_queue_paused", 1, 'target="inventory"')
    placed = [shop.place() for _ in range(5)]
    # Both replicas answer for it, whichever is asked, and every process of the role is replaced.
    for pid in [slot["pid"] for slot in porter.cluster.slots("orders")]:
        os.kill(pid, signal.SIGKILL)
        until(lambda gone=pid: gone not in [slot["pid"] for slot in porter.cluster.slots("orders")], what="its end")
    porter.cluster.ready("orders", 2)
    placed += [shop.place() for _ in range(5)]
    for _ in range(4):
        assert porter.perform(order) == done
    assert porter.waiting("orders", "inventory")["waiting"] == 10
    assert {shop.order(one)["status"] for one in placed} == {"PENDING_INVENTORY"}
    shown = json.loads(porter.cluster.does("door", "show", "orders", "--json"))
    assert len(shown) == 8
    paused = next(one for one in shown if one["action"] == "pause-queue" and one["sight"]["target"] == "inventory")
    assert paused["sight"]["settings"] == words({"paused": "true"})
    assert paused["state"] == porter.state("orders", "pause-queue", "inventory")
    assert "paused=true" in porter.cluster.does("door", "show", "orders")

    porter.does("orders", "pause-queue", "inventory", paused="false")
    for one in placed:
        assert shop.decided(one)["status"] == "CONFIRMED"
    # The first order again: what it was told then, and nothing is paused by it.
    assert porter.perform(order) == done
    assert porter.sight("orders", "pause-queue", "inventory")["settings"] == words({"paused": "false"})
    shop.audit()


def test_what_is_drained_waits_in_the_dead_letters_and_comes_back(porter):
    shop = porter.shop
    porter.does("inventory", "pause-queue", "orders", paused="true")
    porter.acted("inventory_queue_paused", 1, replicas=1)
    placed = [shop.place() for _ in range(4)]
    until(lambda: porter.waiting("inventory", "orders")["waiting"] == 4, what="the answers")
    assert "4 messages" in porter.does("inventory", "drain-queue", "orders")
    assert porter.waiting("inventory", "orders") == {"waiting": 0, "dead": 4}
    porter.does("inventory", "pause-queue", "orders", paused="false")
    assert "1 dead letters" in porter.does("inventory", "redrive", "orders", limit="1")
    until(lambda: sum(shop.order(one)["status"] == "CONFIRMED" for one in placed) == 1, what="one order")
    assert porter.waiting("inventory", "orders")["dead"] == 3
    assert "3 dead letters" in porter.does("inventory", "redrive", "orders")
    for one in placed:
        assert shop.decided(one)["status"] == "CONFIRMED"
    shop.audit()


def test_half_of_the_new_orders_are_turned_away_and_nothing_else(porter):
    shop = porter.shop
    first = shop.place()
    porter.does("orders", "shed-load", "orders", percent="50")
    porter.acted("orders_load_shed_percent", 50)
    answers = porter.statuses(200)
    refused = [problem for status, problem in answers if status == 429]
    # Evenly at each replica, so that at most one at each is owed.
    assert abs(len(refused) - 100) <= 2, len(refused)
    assert {status for status, _ in answers} == {201, 429}
    assert refused[0]["status"] == 429 and "try again" in refused[0]["detail"]
    # Reading is never turned away, and neither are synthetic customers.
    assert all(shop.order(first) for _ in range(20))
    synthetic = {"customer_id": customer(1), "items": [{"sku": "CANARY-000001", "quantity": 1}]}
    assert {shop.ask("POST", "orders", "/orders", synthetic)[0] for _ in range(40)} == {201}
    porter.does("orders", "shed-load", "orders", percent="0")
    porter.acted("orders_load_shed_percent", 0)
    assert {status for status, _ in porter.statuses(20)} == {201}
    porter.does("inventory", "shed-load", "inventory", percent="95")
    until(lambda: shop.ask("PUT", "inventory", f"/inventory/{SKU}", {"add": 1})[0] == 429, 1, what="a refusal")
    assert shop.ask("GET", "inventory", f"/inventory/{SKU}")[0] == 200


def test_an_open_breaker_stops_bookings_and_a_closed_one_asks_whatever_happens(porter):
    shop = porter.shop
    porter.does("orders", "breaker", "carrier", to="open")
    porter.acted("orders_breaker_held", 2)

    def bookings():
        with opened(f"file:{shop.data}/carrier.sqlite?mode=ro", uri=True) as file:
            return file.execute("SELECT count(*) FROM parcels").fetchone()[0]

    placed = [shop.place() for _ in range(20)]
    for one in placed:
        assert shop.decided(one)["status"] == "CONFIRMED"
    until(lambda: porter.waiting("orders", "carrier")["waiting"] == 20, what="the wishes")
    # Long enough for each of them to have been sent, were anything sent.
    for _ in range(50):
        assert shop.order(placed[0])
    assert bookings() == 0 and porter.waiting("orders", "carrier")["waiting"] == 20
    porter.does("orders", "breaker", "carrier", to="closed")
    until(lambda: porter.waiting("orders", "carrier")["waiting"] == 0, 3, what="the bookings")
    assert bookings() == 20
    porter.does("orders", "breaker", "carrier", to="auto")
    porter.acted("orders_breaker_held", 0)
    changes = until(
        lambda: len(found := json.loads(porter.cluster.does("signals", "changes", "--json"))["changes"]) >= 3 and found,
        what="what telemetry heard of it")  # fmt: skip
    assert [change["author"].split(" for ")[1] for change in changes[:3]] == ["incident I-3", "incident I-2", "incident I-1"]
    assert all(change["kind"] == "action" and "carrier" in change["nodes"] for change in changes[:3])
    shop.audit()


def test_the_broker_holds_calls_to_a_role_and_forgets_that_when_it_dies(porter):
    porter.does("broker", "pause-queue", "inventory", paused="true")
    assert porter.sight("broker", "pause-queue", "inventory")["settings"] == words({"paused": "true"})
    late = porter.operator.answer("inventory", "ServiceDesk.health", content="json", patience=0.5)
    assert late.status == "late", late
    _, answers = porter.operator.begin("inventory", "ServiceDesk.health", [], content="json", patience=30)
    until(lambda: porter.waiting("broker", "inventory")["waiting"] == 1, what="the call to wait")
    assert "1 calls" in porter.does("broker", "drain-queue", "inventory")
    assert answers.get(timeout=5).status == "overloaded"
    _, answers = porter.operator.begin("inventory", "ServiceDesk.health", [], content="json", patience=30)
    until(lambda: porter.waiting("broker", "inventory")["waiting"] == 1, what="the call to wait")
    porter.does("broker", "pause-queue", "inventory", paused="false")
    assert answers.get(timeout=5).status == "value"
    # A pause is the broker's memory, and its record of uses is not.
    order = porter.permitted("broker", "pause-queue", "inventory", paused="true")
    done = porter.perform(order)
    assert done["outcome"] == "done", done
    before = porter.cluster.pid("broker")
    os.kill(before, signal.SIGKILL)
    until(lambda: porter.cluster.pid("broker") not in (None, before), what="another broker")

    def unpaused():
        answer = heard(porter.operator, "broker", "ActionDesk.sight", "pause-queue", "inventory")
        return answer and answer.status == "value" and answer.body["settings"] == words({"paused": "false"})

    until(unpaused, what="a broker with nothing paused")
    assert porter.perform(order) == done
    assert unpaused()


def test_nothing_is_done_without_a_capability_for_exactly_this(porter):
    order = porter.permitted("orders", "shed-load", "orders", percent="10")
    for changed in (
        {"capability": {"bytes": []}}, {"plan": "0" * 64}, {"step": 1},
        {"order": {**order["order"], "arguments": words({"percent": "20"})}},
        {"order": {**order["order"], "arguments": words({"percent": "99"})}},
    ):  # fmt: skip
        assert porter.perform({**order, **changed})["outcome"] == "refused"
    # Another state than the one that was judged.
    other = porter.permitted("orders", "shed-load", "orders", percent="20")
    assert porter.perform(order)["outcome"] == "done"
    refused = porter.perform(other)
    assert refused["outcome"] == "refused" and "state" in refused["text"]
    # Other agents are not even let through to the door.
    assert porter.sight("orders", "shed-load", "orders")["settings"] == words({"percent": "10"})
