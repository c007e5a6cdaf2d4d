"""Processes that die or stand still under load: what is lost, what is not, and who comes back."""

import os
import pathlib
import signal
import subprocess
import time

import pytest

import wire
from clusters import BUILD, alive, only, until


def replaced(cluster, role, number, old):
    """Waits until another process is ready in the slot; its pid."""

    def ready():
        slot = cluster.slot(role, number)
        return slot and slot["state"] == "ready" and slot["pid"] not in (None, old) and slot["pid"]

    return until(ready, 20, f"the replacement of {role}.{number}")


def bare_start():
    """Seconds from fork to the first word of an executable of ours that does nothing, as a measure of the machine."""
    begin = time.monotonic()
    for _ in range(5):
        subprocess.run([BUILD / "kintsugi", "--version"], stdout=subprocess.DEVNULL, check=True)
    return (time.monotonic() - begin) / 5


@pytest.mark.parametrize("kind", ["--idempotent", "--plain"])
def test_a_killed_worker_costs_at_most_what_it_had_in_hand(cluster, kind):
    load = cluster.load(kind, "--rate", "400", "--work", "20")
    for turn in range(3):
        victim = cluster.pid("echo", 1 + turn % 2)
        os.kill(victim, signal.SIGKILL)
        replaced(cluster, "echo", 1 + turn % 2, victim)
    counts = load.result()
    if kind == "--idempotent":
        only(counts)
    else:
        # 400 calls a second of 20 ms each: some eight are in hand at any moment, four with each worker.
        only(counts, "lost")
        assert 0 < counts["lost"] <= 3 * 64, counts
    status = cluster.slot("echo", 1)
    assert status["restarts"] == 2 and "signal 9 (KILL) from outside" in status["lastReason"]


def test_a_killed_worker_is_replaced_within_a_few_bare_starts(clusters, config):
    cluster = clusters(config(("replicas: 2", "replicas: 1"))).up()
    peer = cluster.operator()
    bare = bare_start()
    times = []
    for _ in range(10):
        old = peer.call("echo", "Echo.whoami")["pid"]
        begin = time.monotonic()
        os.kill(old, signal.SIGKILL)
        assert peer.call("echo", "Echo.whoami", flags=wire.IDEMPOTENT)["pid"] != old
        times.append(time.monotonic() - begin)
    times.sort()
    assert times[5] < 20 * bare, (times, bare)


def test_a_stopped_worker_is_replaced_and_cannot_answer_later(cluster):
    load = cluster.load("--idempotent", "--rate", "200", "--work", "10", "--patience", "8000")
    victim = cluster.pid("echo", 1)
    os.kill(victim, signal.SIGSTOP)
    replaced(cluster, "echo", 1, victim)
    # Back among the living, if it still is: its life is over at the broker.
    try:
        os.kill(victim, signal.SIGCONT)
    except ProcessLookupError:
        pass
    until(lambda: not alive(victim), what="the end of the stopped worker")
    counts = load.result()
    only(counts)
    assert cluster.lines("supervisor.1", "hung"), "the supervisor says why"


def test_a_stopped_broker_is_replaced_and_workers_rejoin(cluster):
    workers = {slot["pid"] for slot in cluster.slots("echo")}
    load = cluster.load("--idempotent", "--rate", "200", "--patience", "15000")
    # Its first answer to the supervisor.
    until(lambda: cluster.slot("echo", 1).get("queued") is not None, what="the broker's word")
    victim = cluster.pid("broker")
    os.kill(victim, signal.SIGSTOP)
    replaced(cluster, "broker", 1, victim)
    peer = cluster.operator()
    assert peer.call("echo", "Echo.whoami", flags=wire.IDEMPOTENT)
    only(load.result())
    assert {slot["pid"] for slot in cluster.slots("echo")} == workers
    assert not alive(victim)


def test_a_broker_that_stood_still_for_a_moment_blames_nobody(cluster):
    workers = {slot["pid"] for slot in cluster.slots("echo")}
    load = cluster.load("--idempotent", "--rate", "200", "--patience", "8000")
    broker = cluster.pid("broker")
    os.kill(broker, signal.SIGSTOP)
    begin = time.monotonic()
    until(lambda: time.monotonic() - begin > 0.6, what="a pause below what counts as silence")
    os.kill(broker, signal.SIGCONT)
    peer = cluster.operator()
    assert peer.call("echo", "Echo.whoami")
    only(load.result())
    assert cluster.pid("broker") == broker
    assert {slot["pid"] for slot in cluster.slots("echo")} == workers


@pytest.mark.parametrize("kind", ["--idempotent", "--deliver", "--plain"])
def test_a_killed_broker_loses_only_plain_calls_in_flight(cluster, kind):
    workers = {slot["pid"] for slot in cluster.slots("echo")}
    # A delivery has no time of its own at the worker.
    load = cluster.load(kind, "--rate", "300", "--work", "20", "--patience", "15000")
    for _ in range(2):
        victim = cluster.pid("broker")
        os.kill(victim, signal.SIGKILL)
        replaced(cluster, "broker", 1, victim)
        until(lambda: cluster.slot("echo", 1).get("queued") is not None, what="the new broker's word")
    counts = load.result()
    if kind == "--plain":
        only(counts, "lost")
        assert counts["lost"] <= 2 * 64, counts
    else:
        only(counts)
    assert {slot["pid"] for slot in cluster.slots("echo")} == workers


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_dead_or_stopped_supervisor_costs_no_call_and_its_successor_adopts(cluster, number):
    first = cluster.pid("echo", 1)
    os.kill(first, signal.SIGKILL)
    replaced(cluster, "echo", 1, first)
    before = {slot["name"]: (slot["pid"], slot["restarts"]) for slot in cluster.workers()}
    assert before["echo@local.1"][1] == 1
    load = cluster.load("--plain", "--rate", "300", "--work", "5")
    victim = cluster.pid("supervisor")
    os.kill(victim, number)
    until(lambda: cluster.pid("supervisor") not in (None, victim) and cluster.slots(), 30, "the new supervisor")
    until(lambda: not alive(victim), what="the end of the old one")
    cluster.ready("echo", 2)
    after = {slot["name"]: (slot["pid"], slot["restarts"]) for slot in cluster.workers()}
    assert after == before
    # It does its work: what dies now is replaced.
    only(load.result())
    os.kill(after["echo@local.2"][0], signal.SIGKILL)
    replaced(cluster, "echo", 2, after["echo@local.2"][0])


def test_a_worker_that_dies_while_nobody_supervises_is_replaced_by_the_next_supervisor(cluster):
    supervisor, worker = cluster.pid("supervisor"), cluster.pid("echo", 1)
    os.kill(supervisor, signal.SIGKILL)
    os.kill(worker, signal.SIGKILL)
    until(lambda: cluster.slots(), 30, "the new supervisor")
    replaced(cluster, "echo", 1, worker)


@pytest.mark.parametrize("kind", ["--plain", "--idempotent", "--deliver"])
def test_a_roll_fails_no_call(cluster, kind):
    before = {slot["pid"] for slot in cluster.slots("echo")}
    load = cluster.load(kind, "--rate", "400", "--work", "20")
    cluster.does("roll", "echo")
    slots = cluster.ready("echo", 2)
    only(load.result())
    assert not before & {slot["pid"] for slot in slots}


def test_scaling_up_and_down_fails_no_call(cluster):
    load = cluster.load("--plain", "--rate", "400", "--work", "20")
    for count in [5, 1, 3]:
        cluster.does("scale", "echo", str(count))
        cluster.ready("echo", count)
    only(load.result())


def test_a_message_that_kills_its_worker_is_poison_after_three_deaths(cluster):
    load = cluster.load("--idempotent", "--rate", "100", "--patience", "15000")
    peer = cluster.operator()
    correlation, answers = peer.begin("echo", "Crash", None, flags=wire.DELIVERY, patience=60)
    answer = answers.get(timeout=60)
    assert (answer.status, answer.deaths) == ("poison", 3)
    assert peer.deaths[correlation] == 2
    until(lambda: sum(slot["restarts"] for slot in cluster.slots("echo")) == 3, what="the third replacement")
    cluster.ready("echo", 2)
    only(load.result())


def test_the_count_of_deaths_comes_from_the_sender(cluster):
    answer = cluster.operator().begin("echo", "Crash", None, flags=wire.DELIVERY, deaths=3)[1].get(timeout=5)
    assert answer.status == "poison"
    assert sum(slot["restarts"] for slot in cluster.slots("echo")) == 0


def test_a_plain_call_that_kills_its_worker_is_lost_at_once(cluster):
    answer = cluster.operator().answer("echo", "Echo.crash")
    assert answer.status == "lost"
    until(lambda: sum(slot["restarts"] for slot in cluster.slots("echo")) == 1, what="the replacement")
    cluster.ready("echo", 2)


def test_a_blocked_pool_is_taken_for_hung_and_replaced(clusters, config):
    cluster = clusters(config(("replicas: 2", "replicas: 1"))).up()
    victim = cluster.pid("echo")
    answer = cluster.operator().answer("echo", "Echo.block", 60_000, patience=30, wait=20)
    assert answer.status == "lost"
    replaced(cluster, "echo", 1, victim)
    assert "hung" in cluster.slot("echo")["lastReason"]


def test_a_worker_beyond_its_memory_limit_is_replaced(clusters, config):
    cluster = clusters(config(("replicas: 2", "replicas: 1"), ("memory_limit: 256MiB", "memory_limit: 96MiB"))).up()
    victim = cluster.pid("echo")
    peer = cluster.operator()
    assert peer.deliver("echo", "Fill", 128) is None
    replaced(cluster, "echo", 1, victim)
    assert "memory" in cluster.slot("echo")["lastReason"]
    assert pathlib.Path(f"/proc/{cluster.pid('broker')}").exists()


CRASHING = """  - name: loop
    executable: EchoActor
    environment: {KINTSUGI_ECHO_REFUSE: "true"}
    after: [broker]
    slow_retry: 2s
    intensity: {faults: 3, within: 30s}
    backoff: {base: 100ms, longest: 400ms}
"""


def test_a_crash_loop_backs_off_is_given_up_loudly_and_harms_nobody(clusters, config):
    cluster = clusters(config(roles=CRASHING, access="  loop: {}\n")).start()
    cluster.ready("echo", 2)
    load = cluster.load("--plain", "--rate", "200")
    until(lambda: cluster.slot("loop")["state"] == "failed", 20, "giving up")
    assert cluster.lines("supervisor.1", "waiting before the next start")
    assert [line["level"] for line in cluster.lines("supervisor.1", "ROLE GIVEN UP")] == ["error"]
    assert "Given up for now: loop." in cluster.does("status")
    given_up = len(cluster.lines("supervisor.1", "worker given up"))
    # The slow retry, and then the operator's word.
    until(lambda: len(cluster.lines("supervisor.1", "worker given up")) > given_up, 20, "the slow retry")
    starts = len(cluster.lines("supervisor.1", '"worker started","fields":{"slot":"loop@'))
    cluster.run("restart", "loop")
    until(
        lambda: len(cluster.lines("supervisor.1", '"worker started","fields":{"slot":"loop@')) > starts + 1, 20,
        "new attempts by the operator's word")
    only(load.result())
    assert [slot["restarts"] for slot in cluster.slots("echo")] == [0, 0]
