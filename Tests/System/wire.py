"""A client of the bus in Python, written from docs/wire.md alone: what it needs stands there."""

import dataclasses
import itertools
import json
import queue
import random
import struct
import threading
import time

import cbor2
import zmq
import zmq.utils.monitor

VERSION = 1
KINDS = {
    "READY": 1, "WELCOME": 2, "REFUSED": 3, "HEARTBEAT": 4, "CREDIT": 5, "CALL": 6, "REPLY": 7, "CANCEL": 8,
    "DRAIN": 9, "BYE": 10, "EVENT": 11, "DEATH": 12,
}  # fmt: skip
STATUSES = [
    "value", "thrown", "failed", "noSuchActor", "noSuchMethod", "badArguments", "late", "overloaded", "lost",
    "unavailable", "denied", "poison", "cancelled", "malformed", "tooLarge", "contractMismatch",
]  # fmt: skip
CONTENTS = ["packed", "json", "opaque"]
IDEMPOTENT = 1
DELIVERY = 2

# Name, offset, format: the page's table, which test_wire.py compares with this one.
FIELDS = [
    ("version", 0, "B"), ("kind", 1, "B"), ("flags", 2, "H"), ("content", 4, "B"), ("status", 5, "B"),
    ("deaths", 6, "B"), ("correlation", 8, "Q"), ("incarnation", 16, "Q"), ("budget", 24, "Q"), ("number", 32, "Q"),
    ("trace high", 40, "Q"), ("trace low", 48, "Q"), ("span", 56, "Q"), ("signature", 64, "I"),
    ("trace flags", 68, "B"), ("role length", 69, "B"), ("slot length", 70, "B"), ("actor length", 71, "B"),
    ("method length", 72, "B"), ("sender length", 73, "B"),
]  # fmt: skip
NAMES = ["role", "slot", "actor", "method", "sender"]
SIZE = 80


class NotAFrame(Exception):
    """Bytes that are no header."""


@dataclasses.dataclass
class Header:
    """The first part of every frame."""

    kind: str
    flags: int = 0
    content: str = "packed"
    status: str = "value"
    deaths: int = 0
    correlation: int = 0
    incarnation: int = 0
    budget: int = 0
    number: int = 0
    signature: int = 0
    role: str = ""
    slot: str = ""
    actor: str = ""
    method: str = ""
    sender: str = ""

    def encode(self) -> bytes:
        names = [getattr(self, name).encode() for name in NAMES]
        values = {
            "version": VERSION, "kind": KINDS[self.kind], "flags": self.flags,
            "content": CONTENTS.index(self.content), "status": STATUSES.index(self.status), "deaths": self.deaths,
            "correlation": self.correlation, "incarnation": self.incarnation, "budget": self.budget,
            "number": self.number, "signature": self.signature,
            **{f"{name} length": len(text) for name, text in zip(NAMES, names)},
        }  # fmt: skip
        head = bytearray(SIZE)
        for name, offset, form in FIELDS:
            struct.pack_into("<" + form, head, offset, values.get(name, 0))
        return bytes(head) + b"".join(names)

    @staticmethod
    def decode(data: bytes) -> "Header":
        if len(data) < SIZE or data[0] != VERSION:
            raise NotAFrame(data[:SIZE].hex())
        values = {name: struct.unpack_from("<" + form, data, offset)[0] for name, offset, form in FIELDS}
        kinds = {number: name for name, number in KINDS.items()}
        header = Header(kinds[values["kind"]])
        for name in ["flags", "deaths", "correlation", "incarnation", "budget", "number", "signature"]:
            setattr(header, name, values[name])
        header.content = CONTENTS[values["content"]]
        header.status = STATUSES[values["status"]]
        place = SIZE
        for name in NAMES:
            length = values[f"{name} length"]
            setattr(header, name, data[place : place + length].decode())
            place += length
        if place != len(data):
            raise NotAFrame(data.hex())
        return header


@dataclasses.dataclass
class Answer:
    """How a call ended."""

    status: str
    body: object
    number: int = 0
    deaths: int = 0


class CallFailed(Exception):
    """A call without a value."""

    def __init__(self, answer: Answer):
        super().__init__(f"{answer.status}: {answer.body!r}")
        self.answer = answer


class Refused(Exception):
    """The broker does not take this peer."""


def read_body(header: Header, body: bytes):
    if header.content == "json":
        return json.loads(body)
    return cbor2.loads(body) if header.content == "packed" else body.decode()


class Peer:
    """One connection to the broker; a thread of its own keeps it alive."""

    def __init__(self, run, user, secret, slot, spawn=0, window=0, session=None, methods=None):
        self.run, self.user, self.secret, self.slot, self.spawn = run, user, secret, slot, spawn
        self.window, self.methods = window, methods or {}
        self.session = session or random.getrandbits(64)
        self.incarnation = 0
        self.refusals: list[tuple[str, str]] = []
        self.cancelled: list[int] = []
        self.progress = 0
        self.bytes_read = 0
        self.beating = True
        self.reading = True
        self.drained = threading.Event()
        self.context = zmq.Context()
        self._correlations = itertools.count(1)
        self._open: dict[int, queue.Queue] = {}
        self.deaths: dict[int, int] = {}
        self._joined = threading.Event()
        self._outbox: queue.SimpleQueue = queue.SimpleQueue()
        self._stop = threading.Event()
        bell = f"inproc://{id(self)}"
        self._bell = self.context.socket(zmq.PUSH)
        self._heard_bell = self.context.socket(zmq.PULL)
        self._heard_bell.bind(bell)
        self._bell.connect(bell)
        self._bell_lock = threading.Lock()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def join(self, within=5):
        """Waits until the broker has let us in."""
        deadline = time.monotonic() + within
        while not self._joined.wait(0.02):
            for reason, text in self.refusals:
                if reason in ("identity", "outdated", "held"):
                    raise Refused(f"{reason}: {text}")
            if time.monotonic() > deadline:
                raise Refused("no welcome")
        return self

    def place(self):
        return f"ipc://{self.run}/calls.sock"

    def connect(self) -> zmq.Socket:
        dealer = self.context.socket(zmq.DEALER)
        dealer.setsockopt(zmq.LINGER, 200)
        dealer.setsockopt(zmq.IMMEDIATE, 1)
        dealer.setsockopt(zmq.RECONNECT_IVL, 5)
        dealer.setsockopt(zmq.RECONNECT_IVL_MAX, 200)
        self.identify(dealer)
        return dealer

    def identify(self, dealer):
        dealer.plain_username = self.user.encode()
        dealer.plain_password = self.secret.encode()

    def _work(self):
        dealer = self.connect()
        monitor = dealer.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED)
        dealer.connect(self.place())
        poller = zmq.Poller()
        for socket in (dealer, monitor, self._heard_bell):
            poller.register(socket, zmq.POLLIN)
        said = time.monotonic()
        while not self._stop.is_set():
            ready = dict(poller.poll(100))
            if monitor in ready:
                self._connection(dealer, zmq.utils.monitor.recv_monitor_message(monitor)["event"])
            if self._heard_bell in ready:
                self._heard_bell.recv()
            while not self._outbox.empty():
                dealer.send_multipart(self._outbox.get())
            if dealer in ready and self.reading:
                head, *rest = dealer.recv_multipart()
                self._frame(dealer, Header.decode(head), rest[0] if rest else b"")
            if self.beating and self._joined.is_set() and time.monotonic() - said > 0.2:
                said = time.monotonic()
                self.progress += 1
                self._beat()
        while not self._outbox.empty():
            dealer.send_multipart(self._outbox.get())
        dealer.disable_monitor()
        dealer.close()

    def _beat(self):
        self.put(Header("HEARTBEAT", incarnation=self.incarnation, number=self.progress, budget=self.bytes_read))

    def _connection(self, dealer, event):
        if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
            self._ready(dealer)
        else:
            self._joined.clear()

    def _ready(self, dealer):
        body = {"slot": self.slot, "spawn": self.spawn, "session": self.session, "window": self.window}
        dealer.send_multipart([Header("READY").encode(), cbor2.dumps(body)])

    def _frame(self, dealer, header: Header, body: bytes):
        if header.kind == "WELCOME":
            self.incarnation = header.incarnation
            self.welcome = cbor2.loads(body)
            self.bytes_read = 0
            self._joined.set()
        elif header.kind == "REFUSED":
            self.refusals.append((header.method, body.decode()))
            if header.method in ("unknown", "fenced"):
                self._joined.clear()
                self._ready(dealer)
        elif header.kind == "REPLY" and header.correlation in self._open:
            answer = Answer(header.status, read_body(header, body), header.number, header.deaths)
            self._open.pop(header.correlation).put(answer)
        elif header.kind == "DEATH":
            self.deaths[header.correlation] = header.deaths
        elif header.kind == "CALL":
            self._serve(header, body)
        elif header.kind == "CANCEL":
            self.cancelled.append(header.correlation)
        elif header.kind == "DRAIN":
            self.drained.set()
        elif header.kind == "HEARTBEAT":
            prompt = header.number > self.bytes_read + (1 << 20)
            self.bytes_read = header.number
            if prompt:
                self._beat()

    def _serve(self, call: Header, body: bytes):
        reply = Header(
            "REPLY", correlation=call.correlation, number=call.number, incarnation=call.incarnation,
            content=call.content,
        )  # fmt: skip
        method = self.methods.get(call.method)
        if method is None:
            reply.status, reply.content = "noSuchMethod", "opaque"
            return self.put(reply, call.method.encode())
        value = method(call, read_body(call, body))
        if value is not None:
            self.put(reply, json.dumps(value).encode() if call.content == "json" else cbor2.dumps(value))

    def put(self, header, body: bytes = b""):
        """Sends one frame."""
        self._outbox.put([header if isinstance(header, bytes) else header.encode(), body])
        # A ØMQ socket belongs to one thread at a time: the lock hands it on.
        with self._bell_lock:
            self._bell.send(b"")

    def begin(self, role, method, arguments, *, content="packed", flags=0, patience=5.0, slot="", actor="main",
              raw=None, deaths=0):  # fmt: skip
        """Sends a call and returns its number and the place where its answer will be."""
        correlation = next(self._correlations)
        self._open[correlation] = answers = queue.Queue()
        header = Header(
            "CALL", flags=flags, content=content, correlation=correlation, budget=int(patience * 1e6), role=role,
            slot=slot, actor="" if flags & DELIVERY else actor, method=method, deaths=deaths,
        )  # fmt: skip
        body = json.dumps(arguments).encode() if content == "json" else cbor2.dumps(arguments)
        self.put(header, body if raw is None else raw)
        return correlation, answers

    def answer(self, role, method, *arguments, wait=10, **options) -> Answer:
        """Calls, and returns whatever came of it."""
        return self.begin(role, method, list(arguments), **options)[1].get(timeout=wait)

    def call(self, role, method, *arguments, **options):
        """Calls, and returns the value."""
        answer = self.answer(role, method, *arguments, **options)
        if answer.status != "value":
            raise CallFailed(answer)
        return answer.body

    def deliver(self, role, kind, body, wait=10, **options):
        """Delivers a message and returns its answer."""
        answer = self.begin(role, kind, body, flags=DELIVERY, **options)[1].get(timeout=wait)
        if answer.status != "value":
            raise CallFailed(answer)
        return answer.body

    def cancel(self, correlation):
        self.put(Header("CANCEL", correlation=correlation))

    def close(self, bye=True):
        if bye and self._joined.is_set():
            self.put(Header("BYE", incarnation=self.incarnation))
        self._stop.set()
        self._thread.join(timeout=5)
        self._bell.close(0)
        self._heard_bell.close(0)
        self.context.destroy(linger=200)


class Publisher:
    """Publishes with a number for each topic."""

    def __init__(self, run, user, secret, slot):
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.PUB)
        self.socket.plain_username, self.socket.plain_password = user.encode(), secret.encode()
        self.slot = slot
        self.numbers: dict[str, int] = {}
        self.socket.connect(f"ipc://{run}/publish.sock")

    def publish(self, topic, value, sender=None, skip=0):
        number = self.numbers[topic] = self.numbers.get(topic, 0) + 1 + skip
        header = Header("EVENT", number=number, sender=sender or self.slot)
        self.socket.send_multipart([topic.encode(), header.encode(), cbor2.dumps(value)])

    def close(self):
        self.context.destroy(linger=0)


class Subscriber:
    """Listens, and counts what did not arrive."""

    def __init__(self, run, user, secret, *prefixes):
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.SUB)
        self.socket.plain_username, self.socket.plain_password = user.encode(), secret.encode()
        self.seen: dict[tuple[str, str], int] = {}
        self.missed = 0
        for prefix in prefixes:
            self.socket.subscribe(prefix)
        self.socket.connect(f"ipc://{run}/topics.sock")

    def next(self, within=5.0):
        """The next event as (topic, sender, value), or None."""
        if not self.socket.poll(int(within * 1000)):
            return None
        topic, head, body = self.socket.recv_multipart()
        header = Header.decode(head)
        key = (header.sender, topic.decode())
        last = self.seen.get(key)
        if last is not None and header.number > last:
            self.missed += header.number - last - 1
        self.seen[key] = header.number
        return topic.decode(), header.sender, read_body(header, body)

    def close(self):
        self.context.destroy(linger=0)
