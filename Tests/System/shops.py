"""The shop that is shipped, in a cluster of a test's own: its doors, its load, its faults, its auditor."""

import atexit
import http.client
import json
import pathlib
import random
import shutil
import subprocess
import tempfile
import threading
import time

from clusters import BUILD, ROOT, Cluster, opened, until

CONFIG = ROOT / "config"


def quiet():
    """What is shipped without its synthetic customers, for tests that count orders."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="kintsugi-config-"))
    atexit.register(shutil.rmtree, folder)
    shutil.copytree(CONFIG, folder / "config", ignore=shutil.ignore_patterns("canaries"))
    return folder / "config"


QUIET = quiet()
EXECUTABLES = {"broker": "Broker", "supervisor": "Supervisor", "orders": "OMSActor", "inventory": "IMSActor",
               "carrier": "CarrierSimulator"}  # fmt: skip
PORTS = {"orders": 8081, "inventory": 8082, "carrier": 8090}
SKU = "SKU-000001"


def customer(number):
    return f"5eed0000-0000-7000-8000-{number:012x}"


class Shop:
    """A running shop, with its stock and its customers."""

    def __init__(self, cluster: Cluster, stock=1_000_000):
        self.cluster = cluster
        self.data = cluster.data
        cluster.up()
        cluster.does("seed", "--products", "20", "--customers", "20", "--stock", str(stock))
        self.key = (self.data / "keys" / "local.key").read_text().strip()

    # Its doors.

    def ask(self, method, service, path, body=None, headers=None, within=10):
        """One request; the status and the answer, which is JSON where it is anything."""
        door = http.client.HTTPConnection("127.0.0.1", PORTS[service] + self.cluster.offset, timeout=within)
        try:
            every = {"x-api-key": self.key, **(headers or {})}
            if body is not None:
                every["content-type"] = "application/json"
            door.request(method, path, None if body is None else json.dumps(body), every)
            answer = door.getresponse()
            text = answer.read()
            isJSON = "json" in (answer.getheader("content-type") or "")
            return answer.status, json.loads(text) if text and isJSON else text.decode() or None
        finally:
            door.close()

    def place(self, quantity=1, sku=SKU, key=None, number=1):
        status, answer = self.ask(
            "POST", "orders", "/orders",
            {"customer_id": customer(number), "items": [{"sku": sku, "quantity": quantity}]},
            {"idempotency-key": key} if key else None)  # fmt: skip
        assert status == 201, answer
        return answer["order_id"]

    def order(self, identifier):
        status, answer = self.ask("GET", "orders", f"/orders/{identifier}")
        return answer if status == 200 else None

    def decided(self, identifier, within=10):
        return until(
            lambda: (order := self.order(identifier)) and order["status"] != "PENDING_INVENTORY" and order,
            within, f"the decision about {identifier}")  # fmt: skip

    def behave(self, mode, **more):
        status, answer = self.ask("PUT", "carrier", "/behaviour", {"mode": mode, **more})
        assert status == 200, answer

    def stock(self, sku=SKU):
        return self.ask("GET", "inventory", f"/inventory/{sku}")[1]["quantity"]

    # Its load, its faults, its auditor.

    def load(self, rate, seconds, seed=1):
        return Load(self, rate, seconds, seed)

    def audit(self, *loads, patience=60):
        """What must always hold, holds; and every order that was accepted is there."""
        ids = self.data / "accepted"
        ids.write_text("".join(load.ids.read_text() for load in loads))
        done = self.cluster.run("audit", "shop", "--json", "--patience", str(patience), "--ids", str(ids), timeout=300)
        assert done.stdout, done.stderr
        report = json.loads(done.stdout)
        broken = [finding for finding in report["findings"] if finding["count"]]
        assert not broken and report["waiting"] == 0 and done.returncode == 0, (broken, report["waiting"])
        return report

    def kill(self, role):
        """Ends one process of a role, as chance would; what of it is left."""
        for pid in self.cluster.processes(EXECUTABLES[role])[:1]:
            subprocess.run(["kill", "-9", str(pid)], check=False)


class Load:
    """The load generator beside a test."""

    def __init__(self, shop, rate, seconds, seed):
        self.ids = shop.data / f"ids-{seed}"
        self.process = subprocess.Popen(
            [BUILD / "kintsugi", "load", "--rate", str(rate), "--seconds", str(seconds), "--seed", str(seed),
             "--customers", "20", "--products", "20", "--ids", self.ids, "--json", "--data", shop.data],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # fmt: skip

    def result(self):
        out, err = self.process.communicate(timeout=300)
        assert out, err
        return json.loads(out)


class Chaos:
    """Ends a random process again and again until it is told to stop."""

    def __init__(self, shop, seed, every=0.5, roles=tuple(EXECUTABLES)):
        self.killed = []
        self.chance = random.Random(seed)
        self.enough = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(shop, every, roles))
        self.thread.start()

    def run(self, shop, every, roles):
        while not self.enough.wait(every):
            role = self.chance.choice(roles)
            shop.kill(role)
            self.killed.append((time.monotonic(), role))

    def end(self):
        self.enough.set()
        self.thread.join()
        return [role for _, role in self.killed]


def fill(shop, count):
    """Puts so many confirmed orders of many customers into the file of a stopped service, as it would have."""
    with opened(shop.data / "orders.sqlite") as file:
        file.execute("PRAGMA synchronous = OFF")
        file.execute("PRAGMA cache_size = -400000")
        file.execute(
            """
            WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
            INSERT INTO orders (id, customer_id, items, total, status, created_at, updated_at)
            SELECT printf('00000000-0000-7000-9000-%012x', n), printf('00000000-0000-7000-8000-%012x', n / 20 * 7919 % 500009),
                '[{"sku":"SKU-000001","quantity":1,"price":525,"name":"Cup"}]', 525, 'CONFIRMED',
                1700000000000000000 + n * 1000000, 1700000000000000000 + n * 1000000 FROM numbers
            """, (count,))  # fmt: skip


def listing(shop, count=60):
    """How long a customer's twenty orders take over a connection that stays: the median, in seconds."""
    door = http.client.HTTPConnection("127.0.0.1", PORTS["orders"] + shop.cluster.offset, timeout=10)
    times = []
    for _ in range(count):
        began = time.perf_counter()
        door.request("GET", f"/orders?customer_id={customer(1)}", headers={"x-api-key": shop.key})
        answer = door.getresponse()
        orders = json.loads(answer.read())["orders"]
        times.append(time.perf_counter() - began)
        assert len(orders) == 20, orders
    door.close()
    return sorted(times)[count // 2]


def snapshot(shop, target: pathlib.Path):
    """Copies the files of all services at one moment, as the power would leave them."""
    pids = [pid for name in ("OMSActor", "IMSActor", "CarrierSimulator") for pid in shop.cluster.processes(name)]
    subprocess.run(["kill", "-STOP", *map(str, pids)], check=True)
    try:
        until(lambda: all(state(pid) == "T" for pid in pids), what="everybody to stand still")
        target.mkdir(parents=True)
        for name in ("orders", "inventory", "carrier"):
            for end in ("", "-wal"):
                source = shop.data / f"{name}.sqlite{end}"
                if source.exists():
                    (target / source.name).write_bytes(source.read_bytes())
    finally:
        subprocess.run(["kill", "-CONT", *map(str, pids)], check=True)


def state(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
