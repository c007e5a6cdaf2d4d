"""docs/wire.md is exact: a client written from it alone joins, calls, serves, listens and publishes."""

import re
import sys

import cbor2
import pytest

import wire
from clusters import ROOT, until

PAGE = (ROOT / "docs" / "wire.md").read_text()


def section(name):
    """The text under a heading."""
    return re.search(rf"^#+ {name}\n(.*?)(?=^#)", PAGE, re.M | re.S).group(1)


def rows(name):
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in section(name).splitlines() if "|" in line]


def test_the_client_uses_the_offsets_of_the_page():
    sizes = {"B": 1, "H": 2, "I": 4, "Q": 8}
    page = [(row[2], int(row[0]), int(row[1])) for row in rows("Header") if row[0].isdigit()]
    assert page == [(name, offset, sizes[form]) for name, offset, form in wire.FIELDS]


def test_the_client_uses_the_kinds_and_statuses_of_the_page():
    assert {row[1]: int(row[0]) for row in rows("Kinds") if row[0].isdigit()} == wire.KINDS
    assert [row[1] for row in rows("Statuses") if row[0].isdigit()] == wire.STATUSES


def test_the_examples_of_the_page_are_what_the_client_sends():
    def example(name):
        text = re.search(rf"```text {name}\n(.*?)```", PAGE, re.S).group(1)
        return b"".join(
            bytes.fromhex(re.match(r"(?:[0-9a-f]{2}(?: |$))+", line).group(0)) for line in text.splitlines())

    call = wire.Header(
        "CALL", flags=wire.IDEMPOTENT, correlation=1, budget=5_000_000, role="echo", actor="main", method="Echo.add")
    assert example("ready") == wire.Header("READY").encode()
    assert cbor2.loads(example("ready-body")) == {
        "slot": "operator@desk.1", "spawn": 0, "session": 81985529216486895, "window": 0}
    assert example("call") == call.encode()
    assert cbor2.loads(example("call-body")) == [2, 0]


@pytest.mark.parametrize("content", ["packed", "json"])
def test_a_call_of_a_swift_actor(cluster, content):
    peer = cluster.operator()
    who = peer.call("echo", "Echo.whoami", content=content)
    assert who["caller"] == "operator@test.1"
    assert who["pid"] in {slot["pid"] for slot in cluster.slots("echo")}
    total = peer.call("echo", "Echo.add", 7, 0, content=content, slot=who["slot"])
    assert peer.call("echo", "Echo.add", 5, 0, content=content, slot=who["slot"]) == total + 5
    sent, same = (b"\x00\xff", b"\x00\xff") if content == "packed" else ("AP8=", "AP8=")
    assert peer.call("echo", "Echo.echo", sent, content=content) == same
    assert peer.deliver("echo", "Say", {"a": [1, None, True]}, content=content) == {"a": [1, None, True]}


@pytest.mark.parametrize("content", ["packed", "json"])
def test_a_thrown_error_comes_with_its_name_and_its_content(cluster, content):
    error = {"refused": {"reason": "not today", "code": 7}}
    answer = cluster.operator().answer("echo", "Echo.fail", error, content=content)
    assert (answer.status, answer.body) == ("thrown", ["EchoError", error])


def test_every_other_end_of_a_call_has_its_status(cluster):
    peer = cluster.operator()
    assert peer.answer("echo", "Echo.nothing").status == "noSuchMethod"
    assert peer.answer("echo", "Echo.whoami", actor="nobody").status == "noSuchActor"
    assert peer.answer("echo", "Echo.add", "two", 0).status == "badArguments"
    assert peer.answer("echo", "Echo.add", 1).status == "badArguments"
    assert peer.answer("echo", "Echo.add", 1, 0, raw=b"\xff\xff").status == "badArguments"
    assert peer.answer("echo", "Echo.whoami", slot="echo@local.9").status == "unavailable"
    assert peer.answer("nobody", "Echo.whoami").status == "denied"
    assert peer.begin("echo", "Unheard", 1, flags=wire.DELIVERY)[1].get(timeout=5).status == "noSuchMethod"
    assert peer.answer("echo", "Echo.echo", b"x" * (16 << 20)).status == "tooLarge"
    assert peer.answer("echo", "Echo.whoami").status == "value"


def test_a_call_whose_deadline_passed_is_not_carried_out(clusters, config):
    cluster = clusters(config(("replicas: 2", "replicas: 1"))).up()
    peer = cluster.operator()
    before = peer.call("echo", "Echo.add", 0, 0)
    # As many as the worker takes at once: what comes after them waits at the broker, longer than its deadline.
    busy = [peer.begin("echo", "Echo.add", [0, 600])[1] for _ in range(64)]
    late = peer.begin("echo", "Echo.add", [1000, 0], patience=0.2)[1]
    assert late.get(timeout=5).status == "late"
    assert {answers.get(timeout=5).status for answers in busy} == {"value"}
    assert peer.call("echo", "Echo.add", 0, 0) == before


def test_a_cancelled_call_ends_at_the_worker(clusters, config):
    cluster = clusters(config(("replicas: 2", "replicas: 1"))).up()
    peer = cluster.operator()
    correlation, _ = peer.begin("echo", "Echo.add", [0, 60_000], patience=90)
    until(lambda: (cluster.slot("echo") or {}).get("inFlight") == 1, what="the call in the worker's hand")
    assert peer.deliver("echo", "Cancelled", None) == 0
    peer.cancel(correlation)
    until(lambda: peer.deliver("echo", "Cancelled", None) == 1, what="the cancellation at the worker")
    until(lambda: cluster.slot("echo")["inFlight"] == 0, what="the worker's room")


SCRIBE = """  - name: scribe
    executable: {python}
    arguments: ["{script}"]
    after: [broker]
"""
SCRIBE_ACCESS = "  scribe: {}\n"


@pytest.fixture
def scribes(clusters, config):
    """A cluster with a role in Python, which the Swift worker may call."""
    script = ROOT / "Tests" / "System" / "scribe.py"
    folder = config(roles=SCRIBE.format(python=sys.executable, script=script), access=SCRIBE_ACCESS)
    access = (folder / "acl.yaml").read_text()
    (folder / "acl.yaml").write_text(access.replace("  echo:\n", "  echo:\n    call: [scribe]\n"))
    return clusters(folder).up()


def test_a_worker_in_python_serves_a_swift_caller(scribes):
    written = scribes.operator().deliver("echo", "Relay", ["gold"])
    assert written["text"] == "dlog"
    assert written["by"].startswith("echo@local.") and written["slot"] == "scribe@local.1"


def test_a_worker_in_python_drains_and_is_replaced_like_any_other(scribes):
    peer = scribes.operator()
    first = scribes.slot("scribe")["pid"]
    scribes.does("restart", "scribe")
    scribes.ready("scribe", 1)
    assert scribes.slot("scribe")["pid"] != first
    assert peer.call("scribe", "Scribe.write", "seam")["text"] == "maes"
    assert any("exited with code 0" in line["how"] for line in scribes.lines("supervisor.1", "worker stopped"))


def test_topics_both_ways_and_gaps_are_counted(cluster):
    run, secret = cluster.data / "run", cluster.secret
    publisher = wire.Publisher(run, "operator", secret, "operator@news.1")
    subscriber = wire.Subscriber(run, "operator", secret, "news.")
    try:
        # A subscription takes a moment to travel: events go out until the first one comes in.
        def first():
            publisher.publish("news.seam", "early")
            return subscriber.next(within=0.05)

        until(first, what="the first event")
        publisher.publish("news.seam", "before the gap")
        publisher.publish("news.seam", "after the gap", skip=3)
        publisher.publish("news.other", "another topic")
        while (event := subscriber.next())[0] != "news.other":
            last = event
        assert last == ("news.seam", "operator@news.1", "after the gap")
        assert subscriber.missed == 3
        # A Swift publisher opens its socket with its first event, which goes to nobody.
        peer = cluster.operator()

        def from_swift():
            peer.deliver("echo", "Publish", "from swift")
            return subscriber.next(within=0.05)

        topic, sender, value = until(from_swift, what="an event of the Swift worker")
        assert (topic, value) == ("news.echo", "from swift") and sender.startswith("echo@local.")
    finally:
        publisher.close()
        subscriber.close()


def test_nobody_publishes_what_he_may_not_or_in_another_name(cluster):
    run, secret = cluster.data / "run", cluster.secret
    publisher = wire.Publisher(run, "operator", secret, "operator@news.1")
    subscriber = wire.Subscriber(run, "operator", secret, "")
    try:
        def first():
            publisher.publish("news.seam", "allowed")
            # Metrics of others come, too: they say nothing about this publisher's connection.
            return (subscriber.next(within=0.05) or [""])[0] == "news.seam"

        until(first, what="the first event of this publisher")
        publisher.publish("cluster.down", "not his topic")
        publisher.publish("news.seam", "not his name", sender="echo@local.1")
        publisher.publish("news.end", "allowed")
        heard = []

        def ended():
            topic, _, value = subscriber.next() or ("", "", "")
            heard.append(value if topic.startswith("news.") else topic)
            return topic == "news.end"

        until(ended, what="the last event")
        assert "not his topic" not in heard and "not his name" not in heard
        assert cluster.lines("broker.1", "a publication was not passed on")
    finally:
        publisher.close()
        subscriber.close()
