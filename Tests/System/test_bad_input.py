"""What a cluster does with input that no peer of ours sends: it stays up, bounded, and serves the others."""

import itertools
import os
import random
import resource
import socket
import struct
import threading
import time

import cbor2
import pytest
import zmq

import wire
from clusters import memory, only, until

DOORS = ["calls.sock", "publish.sock", "topics.sock"]
ROOM = 160 << 20


@pytest.fixture
def steady(cluster):
    """A cluster under a little load; afterwards nothing may have failed, died or grown."""
    for peer in [cluster.operator("warm")]:
        for _ in range(200):
            peer.call("echo", "Echo.echo", b"x" * 1000)
    before = {slot["name"]: slot["pid"] for slot in cluster.slots()}
    sizes = {name: memory(pid) for name, pid in before.items()}
    load = cluster.load("--plain", "--rate", "100")
    yield cluster
    counts = load.result()
    only(counts)
    assert counts["longest"] < 1_000, counts
    assert {slot["name"]: slot["pid"] for slot in cluster.slots()} == before
    grown = {name: memory(pid) - sizes[name] for name, pid in before.items()}
    assert max(grown.values()) < ROOM, grown


def greeting(mechanism=b"PLAIN"):
    """The first 64 bytes of ZMTP 3.0."""
    return b"\xff" + bytes(8) + b"\x7f" + b"\x03\x00" + mechanism.ljust(20, b"\0") + b"\0" + bytes(31)


def command(name, body, claimed=None):
    """A ZMTP command frame; it may claim another size than it has."""
    content = bytes([len(name)]) + name + body
    if claimed is not None:
        return b"\x06" + struct.pack(">Q", claimed) + content
    return bytes([0x04, len(content)]) + content if len(content) < 256 else (
        b"\x06" + struct.pack(">Q", len(content)) + content)


def hello(user, secret):
    return command(b"HELLO", bytes([len(user)]) + user.encode() + bytes([len(secret)]) + secret.encode())


def initiate(kind=b"DEALER"):
    return command(b"INITIATE", b"\x0bSocket-Type" + struct.pack(">I", len(kind)) + kind)


def raw(chance, secret):
    """One connection's bytes that no client of ours would send."""
    entry = greeting() + hello("operator", secret)
    return chance.choice([
        lambda: chance.randbytes(chance.randrange(1, 4_000)),
        lambda: greeting()[: chance.randrange(1, 64)],
        lambda: greeting(b"NULL") + initiate(),
        lambda: greeting(b"CURVE") + chance.randbytes(200),
        lambda: greeting(b"NOISE") + chance.randbytes(200),
        lambda: greeting() + hello("operator", "0" * 64) + initiate(),
        lambda: greeting() + hello("echo@local.1#3", secret) + initiate(),
        lambda: greeting() + hello("operator", secret)[: chance.randrange(3, 60)],
        lambda: greeting() + command(b"HELLO", bytes(10), claimed=2 << 30),
        lambda: greeting() + command(b"HELLO", bytes([200]) + b"x" * 20),
        lambda: entry + initiate(b"ROUTER"),
        lambda: entry + initiate(b"PUB")[:-2],
        # What follows is let in: a message that claims 2 GiB, one that has too many parts, one that is cut.
        lambda: entry + initiate() + b"\x02" + struct.pack(">Q", 2 << 30) + bytes(1_000),
        lambda: entry + initiate() + b"\x01\x01a" * 2_000 + b"\x00\x00",
        lambda: entry + initiate() + b"\x01\x50" + chance.randbytes(0x50) + b"\x00\x03abc",
        lambda: entry + initiate() + b"\x01\x50" + chance.randbytes(20),
        lambda: entry + initiate() + chance.randbytes(500),
    ])()  # fmt: skip


def spray(cluster, seconds, seed):
    """Garbage on every socket for so long; how many connections there were."""
    chance = random.Random(seed)
    secret = cluster.secret
    end = time.monotonic() + seconds
    held = []
    for count in itertools.count():
        if time.monotonic() > end:
            break
        door = socket.socket(socket.AF_UNIX)
        door.setblocking(False)
        try:
            door.connect(str(cluster.data / "run" / chance.choice([*DOORS, "control.sock"])))
            door.send(raw(chance, secret))
        except (BlockingIOError, BrokenPipeError, ConnectionResetError):
            pass
        held.append(door)
        if len(held) > 50:
            held.pop(chance.randrange(len(held))).close()
    for door in held:
        door.close()
    return count


def garbage(steady, seconds):
    counts = []
    threads = [
        threading.Thread(target=lambda seed=seed: counts.append(spray(steady, seconds, seed))) for seed in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) > 100 * seconds, counts
    warnings = [line for line in steady.lines("broker.1") if line["level"] in ("warning", "error")]
    assert len(warnings) < 50 + seconds, "lines of one kind are limited"


def test_garbage_on_every_socket(steady):
    garbage(steady, 4)


@pytest.mark.soak
def test_garbage_on_every_socket_for_a_minute(steady):
    garbage(steady, 60)


def frames(chance):
    """Headers of every wrong kind."""
    good = wire.Header("CALL", correlation=7, role="echo", actor="main", method="Echo.whoami").encode()
    yield b""
    yield good[:79]
    yield good[:-1]
    yield good + b"x"
    for version in (0, 2, 255):
        yield bytes([version]) + good[1:]
    for kind in range(256):
        yield good[:1] + bytes([kind]) + good[2:]
    for place in (4, 5):
        yield good[:place] + b"\xff" + good[place + 1 :]
    for place in range(69, 74):
        yield good[:place] + b"\xff" + good[place + 1 :]
    yield good[:80] + b"\xff\xfe\xfd\xfc" + good[84:]
    for _ in range(2_000):
        yield chance.randbytes(chance.randrange(0, 200))
    for _ in range(2_000):
        changed = bytearray(good)
        for _ in range(chance.randrange(1, 5)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        yield bytes(changed)


def test_wrong_headers_of_an_authenticated_peer(steady):
    peer = steady.operator("wrong")
    for frame in frames(random.Random(1)):
        peer.put(frame, b"\x80")
    # BYE and DRAIN were among them: whoever is put out joins again.
    until(lambda: ("malformed", "a header of another version than 1") in peer.refusals, what="the refusal")
    until(lambda: not peer._outbox.qsize(), what="the end of the frames")
    peer.close(bye=False)
    assert steady.operator("right").call("echo", "Echo.whoami")
    assert len(steady.lines("broker.1", "a frame with a header")) < 10


def test_wrong_frames_on_the_topic_sockets(steady):
    context = zmq.Context()
    chance = random.Random(2)
    publisher = context.socket(zmq.PUB)
    publisher.plain_username, publisher.plain_password = b"operator", steady.secret.encode()
    publisher.connect(f"ipc://{steady.data}/run/publish.sock")
    subscriber = wire.Subscriber(steady.data / "run", "operator", steady.secret, "news.")
    good = wire.Header("EVENT", number=1, sender="operator@a.1").encode()
    try:
        for frame in frames(chance):
            publisher.send_multipart([b"news.a", frame])
            publisher.send_multipart([b"news.a", frame, b"x"])
            publisher.send_multipart([chance.randbytes(20), good, b"x"])
            publisher.send_multipart([b"news.a", good, b"x", b"y"])

        def last():
            publisher.send_multipart([b"news.end", good, b"\xf6"])
            while subscriber.socket.poll(20):
                if subscriber.socket.recv_multipart()[0] == b"news.end":
                    return True
            return False

        until(last, what="a good event among the bad")
        assert len(steady.lines("broker.1", "a publication was not passed on")) < 10
    finally:
        subscriber.close()
        context.destroy(linger=0)


def crowd(cluster, count, words):
    """Opens so many connections that say `words` and stay."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard < count + 1_000:
        pytest.fail(f"{hard} descriptors are not enough for this test itself: raise the hard limit (ulimit -Hn)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    doors = []
    for index in range(count):
        door = socket.socket(socket.AF_UNIX)
        # It waits where the door's queue is full, but not for ever.
        door.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 10, 0))
        try:
            door.connect(str(cluster.data / "run" / DOORS[index % 3]))
            door.sendall(words)
        except (BrokenPipeError, ConnectionResetError):
            pass
        doors.append(door)
    return doors


def besieged(cluster, count):
    whole = greeting() + hello("operator", cluster.secret) + initiate(b"DEALER")
    for name, words in [("whole", whole), ("half", greeting()[:20])]:
        doors = crowd(cluster, count, words)
        assert cluster.operator(f"among-{name}").call("echo", "Echo.whoami")
        for door in doors:
            door.close()
        assert cluster.operator(f"after-{name}").call("echo", "Echo.whoami")


def test_two_thousand_connections_and_as_many_half_open_ones(steady):
    besieged(steady, 2_000)


@pytest.mark.soak
def test_ten_thousand_connections_and_as_many_half_open_ones(steady):
    besieged(steady, 10_000)


@pytest.mark.parametrize("size, count", [(64, 20_000), (100_000, 7_000)])
def test_a_client_that_never_reads_its_replies(steady, size, count):
    context = zmq.Context()
    deaf = context.socket(zmq.DEALER)
    deaf.sndhwm, deaf.rcvhwm = 0, 1
    deaf.plain_username, deaf.plain_password = b"operator", steady.secret.encode()
    deaf.connect(f"ipc://{steady.data}/run/calls.sock")
    ready = {"slot": "operator@deaf.1", "spawn": 0, "session": 1, "window": 0}
    body = cbor2.dumps([b"x" * size])
    broker = steady.pid("broker")
    try:
        deaf.send_multipart([wire.Header("READY").encode(), cbor2.dumps(ready)])
        for number in range(count):
            call = wire.Header("CALL", correlation=number, role="echo", actor="main", method="Echo.echo")
            deaf.send_multipart([call.encode(), body])
        # Whoever joins now has all of these calls before it at the broker's door.
        assert steady.operator("other").call("echo", "Echo.whoami", wait=20, patience=20)
        assert memory(broker) < 300 << 20
        assert steady.pid("broker") == broker
    finally:
        context.destroy(linger=0)


def test_wrong_old_and_stolen_secrets(cluster):
    run, secret = cluster.data / "run", cluster.secret

    def admitted(user, password, slot, **options):
        peer = cluster.peer(user, password, slot, join=False, **options)
        try:
            return bool(peer.join(within=1))
        except wire.Refused as refusal:
            return str(refusal)

    assert admitted("operator", secret, "operator@right.1") is True
    assert admitted("operator", "0" * 64, "operator@wrong.1") == "no welcome"
    # One user's secret is no other's, and one role's slot no other's.
    assert admitted("echo@local.1#99", secret, "echo@local.1") == "no welcome"
    assert admitted("operator", secret, "echo@local.1").startswith("identity")
    assert admitted("operator", secret, "no slot's name").startswith("identity")
    with pytest.raises(wire.Refused, match="held"):
        cluster.peer("operator", secret, "operator@right.1").join()
    cluster.does("down")
    cluster.up()
    assert (run / "operator.secret").read_text().strip() != secret
    assert admitted("operator", secret, "operator@old.1") == "no welcome"
    assert admitted("operator", cluster.secret, "operator@new.1") is True


def birth_secret(pid):
    """A worker's secret is nowhere to be found: not in its environment, its arguments or its files."""
    texts = [open(f"/proc/{pid}/{name}", "rb").read() for name in ("environ", "cmdline")]
    return [text for text in texts if any(len(word) == 64 and all(c in b"0123456789abcdef" for c in word)
                                          for word in text.replace(b"=", b"\0").split(b"\0"))]  # fmt: skip


def test_secrets_stand_in_no_environment_and_only_the_owner_reads_the_operators(cluster):
    for slot in cluster.slots():
        assert not birth_secret(slot["pid"])
    assert (cluster.data / "run" / "operator.secret").stat().st_mode & 0o777 == 0o600
    assert (cluster.data / "run").stat().st_mode & 0o777 == 0o700


def test_a_slot_has_one_holder_and_a_second_registration_is_refused(cluster):
    first = cluster.operator("twice", window=4, methods={"Who.am": lambda call, body: "first"})
    assert cluster.operator("caller").call("operator", "Who.am") == "first"
    with pytest.raises(wire.Refused, match="held"):
        cluster.operator("twice", window=4, methods={"Who.am": lambda call, body: "second"})
    told = until(lambda: cluster.lines("broker.1", "a peer was refused"), what="a line about the refusal")
    assert [line for line in told if line["reason"] == "held" and "operator@twice.1" in line["why"]], told
    assert cluster.operator("caller2").call("operator", "Who.am") == "first"
    # The same process again is a reconnection: its earlier life is over.
    again = cluster.operator(
        "twice", window=4, session=first.session, methods={"Who.am": lambda call, body: "again"})
    assert again.incarnation > first.incarnation
    first.close(bye=False)
    assert cluster.operator("caller3").call("operator", "Who.am") == "again"


def test_a_worker_of_an_earlier_life_cannot_answer(cluster):
    held = []
    worker = cluster.operator("worker", window=4, methods={"Slow.one": lambda call, body: held.append(call)})
    caller = cluster.operator("caller")
    answers = caller.begin("operator", "Slow.one", [])[1]
    until(lambda: held, what="the call")
    worker.beating = False
    answer = answers.get(timeout=5)
    assert answer.status == "lost"
    until(lambda: ("fenced" in [reason for reason, _ in worker.refusals]), what="the fence")
    call = held[0]
    worker.put(
        wire.Header("REPLY", correlation=call.correlation, number=call.number, incarnation=call.incarnation), b"\xf5")
    assert caller.call("echo", "Echo.whoami")
    assert answers.empty()


def test_a_worker_whose_progress_stands_still_is_fenced_though_it_beats(cluster):
    worker = cluster.operator("worker", window=4, methods={"Slow.one": lambda call, body: None})
    worker.beating = False
    caller = cluster.operator("caller")
    answers = caller.begin("operator", "Slow.one", [])[1]
    stop = threading.Event()

    def beat():
        while not stop.wait(0.2):
            worker.put(wire.Header("HEARTBEAT", number=0))

    thread = threading.Thread(target=beat)
    thread.start()
    try:
        begin = time.monotonic()
        assert answers.get(timeout=5).status == "lost"
        assert time.monotonic() - begin > 1.5
    finally:
        stop.set()
        thread.join()


