"""A small cluster with the agents in it, a stand-in for remediation, and a service elsewhere that falls ill and is cured."""

import base64
import hashlib
import http.client
import json
import os
import queue
import shutil
import signal
import sys
import threading
import time
import uuid

import cbor2
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clusters import ROOT, Cluster, alive, opened, send, until
from shops import CONFIG
from test_risk import signed
from test_senses import Door
from test_telemetry import post

PORT = 8083
POLICY = """version: 1
name: ward
askers: [remediation]
autonomy:
  - {actions: [restart, scale], verdict: VERDICT}
otherwise: approve
confidence: {threshold: 0.5}
limits: {cooldown: 0s, actions-per-incident: 50, capacity-per-hour: 1000}
"""
CLUSTER = """version: 1
groups: [{name: ground, strategy: rest-for-one}]
listeners:
  - {name: metrics, port: 9464}
  - {name: carrier, port: 8090}
  - {name: triage, port: 8083}
  - {name: telemetry, port: 4318}
roles:
  - {name: broker, group: ground, executable: Broker, replacement: stop-first}
  - {name: carrier, executable: CarrierSimulator, listens: [carrier], after: [broker]}
  - {name: telemetry, executable: TelemetryAgent, listens: [telemetry], after: [broker]}
  - {name: risk, executable: RiskAgent, after: [broker]}
  - {name: triage, executable: TriageAgent, replicas: 2, listens: [triage], after: [broker], arguments: TERMS}
  - {name: remediation, executable: PYTHON, arguments: HANDS, after: [broker]}
"""
# A life in seconds instead of minutes; what follows from what is the same.
TERMS = {"settle-seconds": 0.2, "look-again-seconds": 0.5, "longest-look-seconds": 20, "calm-seconds": 600, "sure": 0.01}
PROCESSES = {"broker": "Broker", "supervisor": "Supervisor", "triage": "TriageAgent", "risk": "RiskAgent",
             "telemetry": "TelemetryAgent"}  # fmt: skip
MORE = {"action": "scale", "target": "carrier", "arguments": {"count": 2}, "text": "a second carrier",
        "inverse": {"action": "scale", "target": "carrier", "arguments": {"count": 1}}}  # fmt: skip
FRESH = {"action": "restart", "target": "carrier", "text": "a fresh carrier"}
FINDING = "failing/orders/orders-availability"
STILL_MORE = {**MORE, "arguments": {"count": 3}, "text": "three carriers"}


class Ward:
    """The cluster, and all that a test asks of it."""

    def __init__(self, clusters, tmp_path, verdict="auto", triage="", terms=(), replaced=()):
        folder = tmp_path / "config"
        tmp_path.mkdir(exist_ok=True)
        shutil.copytree(CONFIG, folder, ignore=shutil.ignore_patterns("canaries"))
        self.hands = tmp_path / "hands"
        self.hands.mkdir(parents=True)
        self.directions = {"plans": [MORE], "hold": [], "expectation": {"ended": [FINDING], "settleSeconds": 1.0}}
        self.direct()
        arguments = [word for name, value in {**TERMS, **dict(terms)}.items()
                     for word in (f"--incidents-{name}", str(value))]  # fmt: skip
        plan = CLUSTER.replace("TERMS", json.dumps(arguments)).replace("PYTHON", sys.executable).replace(
            "HANDS", json.dumps([str(ROOT / "Tests" / "System" / "hands.py"), str(self.hands)]))
        (folder / "cluster.yaml").write_text(plan)
        (folder / "policy" / "default.yaml").write_text(POLICY.replace("VERDICT", verdict))
        shipped = folder / "triage" / "default.yaml"
        for old, new in replaced:
            assert old in shipped.read_text(), old
            shipped.write_text(shipped.read_text().replace(old, new))
        (folder / "triage" / "test.yaml").write_text(f"version: 1\n{triage}")
        self.cluster: Cluster = clusters(folder).up()
        self.operator = self.cluster.operator()
        until(lambda: self.condition()["writer"], 20, "a replica that writes")
        self.cluster.ready("triage", 2)
        mistakes = self.cluster.lines("triage.1", "not understood")
        assert not mistakes, mistakes
        # The supervisor's and telemetry's own doors, too: what comes before them waits for nobody.
        until(lambda: self.status(), what="the supervisor on the bus")

    # What is asked.

    def ask(self, role, method, *arguments, content="json"):
        """The answer of a desk, or nothing while there is none."""
        try:
            answer = self.operator.answer(role, method, *arguments, content=content, patience=5, wait=6)
        except queue.Empty:
            return None
        return answer.body if answer.status == "value" else None

    def condition(self):
        return self.ask("triage", "TriageDesk.condition") or {"writer": None}

    def status(self):
        return self.ask("supervisor", "SupervisorDesk.status")

    def wanted(self, role="carrier"):
        status = self.status()
        return status and next(entry["wanted"] for entry in status["roles"] if entry["role"] == role)

    def incidents(self, **query):
        return self.ask("triage", "TriageDesk.incidents", {"stages": [], "onlyOpen": False, "limit": 50, **query})

    def incident(self, name):
        return self.ask("triage", "TriageDesk.incident", name)

    def alerts(self, **query):
        return self.ask("triage", "TriageDesk.alerts", {"onlyFiring": False, "limit": 1_000, **query})

    def only(self, within=40):
        """The one incident there is."""
        found = until(lambda: self.incidents(), within, "an incident")
        assert len(found) == 1, [(each["id"], each["title"], each["stage"]) for each in found]
        return found[0]["id"]

    def stage(self, name, *stages, within=60):
        """Waits until the incident stands there; all of it."""

        def there():
            incident = self.incident(name)
            if incident and incident["stage"] in (*ENDS, "escalated") and incident["stage"] not in stages:
                raise AssertionError(f"{name} is {incident['stage']}: {incident['note']}\n{self.story(name)}")
            return incident if incident and incident["stage"] in stages else None

        try:
            return until(there, within, f"{name} {' or '.join(stages)}")
        except AssertionError as late:
            raise AssertionError(f"{late}\n{self.story(name)}") from None

    def errand(self, name, errand, within=30):
        """Waits until that is in hand; all of the incident."""

        def there():
            incident = self.incident(name)
            return incident if incident and (incident.get("step") or {}).get("errand") == errand else None

        try:
            return until(there, within, f"{errand} of {name}")
        except AssertionError as late:
            raise AssertionError(f"{late}\n{self.story(name)}") from None

    def command(self, incident, kind, person="ann", text="", order=None, **more):
        wish = {"id": order or str(uuid.uuid4()), "incident": incident,
                "command": {"kind": kind, "person": person, "text": text}}  # fmt: skip
        return self.operator.answer("triage", "TriageDesk.command", wish, content="json", **more)

    def answer(self, incident, what, feedback=None):
        """This host's person agrees to the plan in question, or does not."""
        answer = {
            "id": str(uuid.uuid4()), "answer": what, "incident": incident["id"], "generation": incident["generation"],
            "plan": incident["verdict"]["plan"], "state": incident["offers"][0]["state"], "person": "operator",
            "given": time.time_ns(), **({"feedback": feedback} if feedback else {}),
        }  # fmt: skip
        seed = base64.b64decode((self.cluster.data / "people" / "operator.key").read_text())
        return until(lambda: self.ask("risk", "RiskDesk.answer", signed(answer, seed)), what="the receipt of Risk")

    # The journal.

    def journal(self, incident=None):
        """All entries, each with its input and its result read; every link is checked."""
        found, after = [], 0
        while True:
            query = {"after": after, "limit": 200}
            page = until(lambda: self.page(query), what="a page of the journal")[0]
            if not page:
                break
            found += page
            after = page[-1]["sequence"]
        verify(found)
        mine = [entry for entry in found if incident in (None, entry["incident"])]
        return [{**entry, "input": cbor2.loads(entry["input"]), "result": cbor2.loads(entry["result"])} for entry in mine]

    def page(self, query):
        answer = self.ask("triage", "TriageDesk.journal", query, content="packed")
        return None if answer is None else [answer]

    def story(self, incident):
        """What happened to an incident, for people who read a failure."""
        try:
            return "\n".join(
                f"{e['input']['actor']:>20} {next(iter(e['input']['event'])) if isinstance(e['input']['event'], dict) else e['input']['event']:<10}"
                f" {e['result']['stage']:<18} {e['result'].get('errand') or '':<13} {e['result']['note'][:140]}"
                for e in self.journal(incident))  # fmt: skip
        except AssertionError as error:
            return f"no story: {error}"

    # The door for alerts.

    def tell(self, path, body, within=10, **headers):
        door = http.client.HTTPConnection("127.0.0.1", PORT + self.cluster.offset, timeout=within)
        try:
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            door.request("POST", path, raw, {"content-type": "application/json",
                                             **{name.replace("_", "-"): value for name, value in headers.items()}})  # fmt: skip
            answer = door.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else None
        finally:
            door.close()

    # The hands, and what they did.

    def direct(self, **changed):
        self.directions.update(changed)
        new = self.hands / "new"
        new.write_text(json.dumps(self.directions))
        new.rename(self.hands / "directions.json")

    def record(self, text, *values):
        with opened(f"file:{self.hands}/record.sqlite?mode=ro", uri=True, timeout=10) as file:
            return file.execute(text, values).fetchall()

    def uses(self):
        """What was done through the supervisor's door: its own record, one for each capability; (action, arguments)."""
        uses = {}
        for line in (self.cluster.data / "supervisor" / "capabilities.log").read_text().splitlines():
            entry = cbor2.loads(base64.b64decode(line.split(" ")[1]))
            words = {word["name"]: word["value"] for word in entry["order"]["arguments"]}
            uses[str(entry["use"]["id"])] = (entry["order"]["action"], entry["order"]["target"], words.get("count"))
        return list(uses.values())

    # Deaths.

    def pids(self, role):
        return self.cluster.processes(PROCESSES[role])

    def signal(self, role, number):
        pids = self.pids(role)
        for pid in pids:
            send(pid, number)
        return pids

    def kill(self, role):
        """Ends all processes of a role, and waits until they are gone."""
        pids = self.signal(role, signal.SIGKILL)
        assert pids, f"nobody is {role}"
        until(lambda: not any(map(alive, pids)), what=f"the end of {role}")
        return pids


ENDS = ("resolved", "suppressed", "failed")


def verify(entries):
    """The chain of the journal, by what is written of it."""
    beginning = hashlib.sha256(b"kintsugi journal 1\0").hexdigest()
    last, ends = beginning, {}
    for number, entry in enumerate(entries, 1):
        name = entry["incident"]
        count, before = ends.get(name, (0, beginning))
        own = cbor2.dumps([entry["sequence"], name, entry["number"], entry["input"], entry["result"],
                           bytes.fromhex(entry["previous"]), bytes.fromhex(entry["before"])])  # fmt: skip
        assert entry["sequence"] == number and entry["number"] == count + 1, entry
        assert entry["previous"] == last and entry["before"] == before, entry
        assert entry["digest"] == hashlib.sha256(b"kintsugi journal entry 1\0" + own).hexdigest(), entry
        last = entry["digest"]
        ends[name] = (count + 1, last)


class Patient:
    """A service elsewhere that reports over OTLP: well at first, then ill until something cures it."""

    def __init__(self, ward, cure=lambda ward: (ward.wanted() or 0) >= 2):
        self.ward, self.cure = ward, cure
        self.door = Door(ward.cluster, 50)
        self.seconds = 0
        self.falls = threading.Event()
        self.cured = False
        self.fell = None
        self.enough = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        until(lambda: self.seconds >= 8 or not self.thread.is_alive(), 60, "a service that is well")

    def falls_ill(self):
        """It has a new version, and fails from now on."""
        self.ward.cluster.does("signals", "note", "version 7 of orders", "--service", "orders", "--commit", "abc123")
        self.fell = time.time_ns()
        self.cured = False
        self.falls.set()

    def run(self):
        while not self.enough.is_set():
            isIll = self.falls.is_set() and not self.cured
            if isIll and self.cure(self.ward):
                self.cured, isIll = True, False
            try:
                self.door.second(0.2 if isIll else 0)
                self.trace(4 if isIll else 0)
            except (OSError, AssertionError, http.client.HTTPException):
                # Nobody takes reports while telemetry is away; the next one tells all.
                continue
            self.seconds += 1

    def trace(self, failing):
        """Twenty requests, of which so many fail by themselves."""
        request = ExportTraceServiceRequest()
        resource = request.resource_spans.add()
        for name, value in (("service.name", "orders"), ("service.instance.id", "elsewhere")):
            resource.resource.attributes.add(key=name).value.string_value = value
        spans = resource.scope_spans.add().spans
        for number in range(20):
            now = time.time_ns()
            span = spans.add(trace_id=os.urandom(16), span_id=os.urandom(8), name="POST /orders", kind=2,
                             start_time_unix_nano=now - 10_000_000, end_time_unix_nano=now)  # fmt: skip
            if number < failing:
                span.status.code, span.status.message = 2, "no carrier took it"
        assert post(self.ward.cluster, "/v1/traces", request.SerializeToString())[0] == 200

    def end(self):
        self.enough.set()
        self.thread.join(30)
