"""The risk agent among real processes: verdicts, permissions, people, deaths, a broken policy, an engine outside."""

import ctypes
import ctypes.util
import base64
import hashlib
import http.server
import json
import os
import shutil
import signal
import threading
import time
import uuid

import cbor2
import pytest

import wire
from clusters import until
from shops import CONFIG
from test_remote import free_port, pair

POLICY = """version: 1
name: test
askers: [remediation]
autonomy:
  - {actions: [restart], confidence: 0.9, verdict: auto}
otherwise: approve
limits: {cooldown: 0s, capacity-per-hour: 20}
"""

CLUSTER = """version: 1
groups: [{name: ground, strategy: rest-for-one}]
listeners: [{name: carrier, port: 8090}]
roles:
  - {name: broker, group: ground, executable: Broker, replacement: stop-first, arguments: REMOTE}
  - {name: carrier, executable: CarrierSimulator, listens: [carrier], after: [broker]}
  - {name: risk, executable: RiskAgent, replicas: 2, after: [broker], arguments: ARGUMENTS}
"""


class Remote(wire.Peer):
    """An agent of another host: it joins by its own key, and stands for the role on the list."""

    def __init__(self, port, broker, own, secret, slot):
        self.port, self.keys = port, (broker, own, secret)
        super().__init__("", "", "", slot)

    def place(self):
        return f"tcp://127.0.0.1:{self.port}"

    def identify(self, dealer):
        dealer.curve_serverkey, dealer.curve_publickey, dealer.curve_secretkey = (key.encode() for key in self.keys)


class Office:
    """A small cluster with two replicas of the risk agent, and those who ask it."""

    def __init__(self, clusters, kintsugi, tmp_path, arguments=(), policy=POLICY):
        self.folder = tmp_path / "config"
        shutil.copytree(CONFIG, self.folder, ignore=shutil.ignore_patterns("canaries", "slo"))
        broker, broker_secret = pair(kintsugi)
        agent, agent_secret = pair(kintsugi)
        (tmp_path / "broker.key").write_text(broker_secret)
        port = free_port()
        remote = ["--remote-address", f"127.0.0.1:{port}", "--remote-key-file", f"{tmp_path}/broker.key"]
        (self.folder / "cluster.yaml").write_text(
            CLUSTER.replace("REMOTE", json.dumps(remote)).replace("ARGUMENTS", json.dumps(list(arguments))))
        with open(self.folder / "acl.yaml", "a") as access:
            access.write(f"keys:\n  - public: {json.dumps(agent)}\n    role: remediation\n")
        self.policy = self.folder / "policy" / "default.yaml"
        self.policy.write_text(policy)
        self.cluster = clusters(self.folder)
        # What is written into the folder counts at once.
        self.cluster.versioned = False
        self.cluster.up()
        self.operator = self.cluster.operator()
        self.remediation = Remote(port, broker, agent, agent_secret, "remediation@away.1")
        self.cluster.peers.append(self.remediation)
        self.remediation.join()
        until(lambda: self.standing()["isActive"], what="an active replica")

    def standing(self):
        done = self.cluster.run("risk", "--json")
        return json.loads(done.stdout)["standing"] if done.returncode == 0 else {"isActive": False}

    def ask(self, method, *arguments, peer=None):
        answer = (peer or self.operator).answer("risk", f"RiskDesk.{method}", *arguments, content="json")
        assert answer.status == "value", (answer.status, answer.body)
        return answer.body

    def state(self, role="carrier"):
        status = self.cluster.status()
        found = next(entry for entry in status["roles"] if entry["role"] == role)
        wanted = found["wanted"]
        text = cbor2.dumps([role, wanted, found["configuration"]])
        return hashlib.sha256(b"kintsugi cluster state 1\0" + text).hexdigest()

    def plan(self, action="restart", incident="I-1", confidence=0.95, **arguments):
        state = self.state()
        words = [{"name": name, "value": value} for name, value in sorted(arguments.items())]
        order = {"action": action, "door": "supervisor", "target": "carrier", "arguments": words}
        back = {**order, "arguments": [{"name": "count", "value": "1"}]}
        step = {
            "order": order, "state": state, "reversibility": "whole", "text": "",
            "blast": {"roles": ["carrier"], "capacity": 0.5, "touchesData": False},
            "inverse": {"text": "nothing to undo", **({} if action == "restart" else {"order": back})},
        }  # fmt: skip
        return {
            "incident": incident, "generation": 1, "category": "Resource_Limit", "confidence": confidence,
            "steps": [step], "substance": state, "text": "",
        }  # fmt: skip

    def judge(self, plan, step="judge-1"):
        return self.ask("judge", {
            "step": step, "plan": plan, "state": plan["steps"][0]["state"],
            "standing": {"incident": plan["incident"], "generation": 1, "isOver": False},
            "asker": {"kind": "agent", "name": "remediation"},
        })  # fmt: skip

    def permit(self, plan, step="act-1"):
        question = {"step": step, "plan": plan, "state": plan["steps"][0]["state"]}
        return self.ask("permit", question, peer=self.remediation)

    def act(self, plan, verdict, permission, /, **changed):
        order = {"order": plan["steps"][0]["order"], "plan": verdict["plan"], "step": 0, "capability": permission}
        answer = self.remediation.answer(
            "supervisor", "SupervisorDesk.act", {**order, **changed}, content="json", patience=20, wait=30)
        assert answer.status == "value", (answer.status, answer.body)
        return answer.body


@pytest.fixture
def office(clusters, kintsugi, tmp_path):
    return lambda *arguments, **more: Office(clusters, kintsugi, tmp_path, arguments, **more)


def test_what_goes_alone_is_permitted_and_done_once_whoever_dies(office):
    office = office()
    plan = office.plan()
    verdict = office.judge(plan)
    assert verdict["outcome"] == "auto", verdict
    permitted = office.permit(plan)
    assert permitted.get("refusal") is None, permitted
    capability = permitted["capabilities"][0]

    before = office.cluster.pid("carrier")
    other = office.plan("scale", count="2")
    for changed in (
        {"capability": {"bytes": []}}, {"plan": "0" * 64}, {"step": 1}, {"order": other["steps"][0]["order"]},
    ):  # fmt: skip
        assert office.act(plan, verdict, capability, **changed)["outcome"] == "refused"
    assert office.cluster.pid("carrier") == before

    done = office.act(plan, verdict, capability)
    assert done["outcome"] == "done", done
    office.cluster.ready("carrier", 1)
    after = office.cluster.pid("carrier")
    assert after != before
    assert office.act(plan, verdict, capability) == done
    # Neither the death of the door nor that of the active replica makes it happen twice.
    supervisor = office.cluster.pid("supervisor")
    os.kill(supervisor, signal.SIGKILL)
    until(lambda: office.cluster.pid("supervisor") not in (None, supervisor), what="another supervisor")
    until(lambda: office.cluster.status(), what="its status")

    def again():
        answer = office.remediation.answer(
            "supervisor", "SupervisorDesk.act",
            {"order": plan["steps"][0]["order"], "plan": verdict["plan"], "step": 0, "capability": capability},
            content="json", patience=20, wait=30)  # fmt: skip
        return answer.status == "value" and "just started" not in answer.body["text"] and answer.body

    assert until(again, what="the next supervisor's answer") == done
    assert office.cluster.pid("carrier") == after


def test_an_order_without_a_capability_is_refused_and_only_remediation_is_permitted_anything(office):
    office = office()
    plan = office.plan()
    verdict = office.judge(plan)
    refused = office.act(plan, verdict, {"bytes": []})
    assert refused["outcome"] == "refused" and "expected a capability" in refused["text"]
    question = {"step": "act-1", "plan": plan, "state": plan["steps"][0]["state"]}
    answer = office.operator.answer("risk", "RiskDesk.permit", question, content="json")
    assert answer.status == "thrown" and "notForYou" in json.dumps(answer.body), answer
    answer = office.remediation.answer("risk", "RiskDesk.judge", {
        "step": "s", "plan": plan, "state": plan["substance"],
        "standing": {"incident": "I-1", "generation": 1, "isOver": False},
        "asker": {"kind": "agent", "name": "remediation"}}, content="json")  # fmt: skip
    assert answer.status == "thrown" and "notForYou" in json.dumps(answer.body), answer
    # The way round, over the name by which replicas pass questions on, is closed, too.
    answer = office.remediation.answer("risk", "RiskRelay.permit", question, "remediation@away.1", actor="relay", content="json")
    assert answer.status == "thrown" and "notForYou" in json.dumps(answer.body), answer


def test_a_replica_that_stands_by_answers_for_the_active_one_and_takes_over_when_that_is_killed(office):
    office = office()
    plan = office.plan()
    verdict = office.judge(plan)
    before = office.standing()
    # Both replicas are asked in turn: whichever it is, the caller is known.
    for number in range(6):
        assert office.judge(office.plan(incident=f"J-{number}"), step=f"j-{number}")["outcome"] == "auto"
        assert office.permit(office.plan(incident=f"J-{number}"), step=f"k-{number}").get("refusal") is None
    active = before["active"]
    pid = next(slot["pid"] for slot in office.cluster.slots("risk") if slot["name"] == active)
    os.kill(pid, signal.SIGKILL)
    after = until(
        lambda: (now := office.standing())["isActive"] and now["active"] != active and now, what="another active one")
    assert after["policy"] == before["policy"] and after["publicKey"] == before["publicKey"]

    def same():
        answer = office.operator.answer("risk", "RiskDesk.verdicts", {"incident": "I-1", "limit": 1}, content="json")
        return answer.status == "value" and answer.body[0]["verdict"] == verdict

    until(same, what="the verdict of before")
    assert office.judge(plan) == verdict


def test_a_broken_policy_leaves_the_last_good_one_in_force_over_restarts(office):
    office = office()
    good = office.standing()["policy"]
    office.policy.write_text(POLICY.replace("cooldown", "cooldwon"))
    standing = until(lambda: (now := office.standing())["mistakes"] and now, what="the mistake")
    assert standing["policy"] == good and "default.yaml:7: limits.cooldwon" in standing["mistakes"][0]
    office.cluster.does("restart", "risk")
    standing = until(lambda: (now := office.standing())["isActive"] and now, what="an active replica")
    assert standing["policy"] == good and standing["mistakes"]
    assert office.judge(office.plan())["outcome"] == "auto"
    office.policy.write_text(POLICY + "# mended\n")
    until(lambda: (now := office.standing())["policy"] not in (None, good) and not now["mistakes"], what="the new policy")


def sodium():
    return ctypes.CDLL(ctypes.util.find_library("sodium") or "libsodium.so.23")


def signed(answer, seed):
    """The answer with its proof, made from the documentation alone."""
    statement = cbor2.dumps([
        "kintsugi approval 1", answer["id"], answer["answer"], answer["incident"], answer["generation"],
        bytes.fromhex(answer["plan"]), bytes.fromhex(answer["state"]), answer["person"], answer["given"],
        answer.get("feedback")])  # fmt: skip
    public, secret, signature = (ctypes.create_string_buffer(size) for size in (32, 64, 64))
    name = uuid.UUID(answer["id"]).int
    library = sodium()
    library.crypto_sign_seed_keypair(public, secret, seed)
    library.crypto_sign_detached(signature, None, statement, ctypes.c_ulonglong(len(statement)), secret)
    return {
        **answer, "id": {"high": name >> 64, "low": name & (1 << 64) - 1},
        "proof": {"kind": "signature", "bytes": list(signature.raw)}}  # fmt: skip


def test_this_hosts_person_agrees_by_a_signature_and_nobody_else_does(office):
    office = office()
    plan = office.plan("scale", count="2")
    verdict = office.judge(plan)
    assert verdict["outcome"] == "approve"
    assert "agree still" in office.permit(plan)["refusal"]
    answer = {
        "id": str(uuid.uuid4()), "answer": "approve", "incident": "I-1", "generation": 1, "plan": verdict["plan"],
        "state": verdict["state"], "person": "operator", "given": time.time_ns(),
    }  # fmt: skip
    forged = office.ask("answer", signed(answer, bytes(32)))
    assert not forged["counts"] and forged.get("person") is None
    seed = base64.b64decode((office.cluster.data / "people" / "operator.key").read_text())
    receipt = office.ask("answer", signed(answer, seed))
    assert receipt["counts"] and receipt["standing"]["outcome"] == "granted", receipt
    permitted = office.permit(plan)
    assert permitted.get("refusal") is None
    assert office.act(plan, verdict, permitted["capabilities"][0])["outcome"] == "done"
    office.cluster.ready("carrier", 2)
    # The way back was judged with the plan, and needs nobody's word.
    back = office.plan("scale", count="1")
    permitted = office.permit(back, step="act-2")
    assert permitted.get("refusal") is None, permitted
    message = cbor2.loads(cbor2.loads(base64.b64decode(permitted["capabilities"][0]["bytes"]))[0])
    assert office.act(back, {"plan": message[6].hex()}, permitted["capabilities"][0])["outcome"] == "done"
    office.cluster.ready("carrier", 1)


def test_a_verdict_is_explained_by_its_incident_and_the_past_is_judged_by_another_policy(office, tmp_path):
    office = office()
    office.judge(office.plan())
    office.judge(office.plan("scale", incident="I-2", count="2"), step="judge-2")
    said = office.cluster.does("policy", "explain", "I-2")
    assert said.startswith("approve: plan ") and "no row is about it" in said
    assert office.cluster.run("policy", "explain", "I-9").returncode == 66
    record = {"category": "Resource_Limit", "confidence": 0.95, "wasRight": True}
    office.ask("learn", {"incident": "I-2", "generation": 1, "record": record, "truth": "verification"})

    other = tmp_path / "other"
    other.mkdir()
    (other / "p.yaml").write_text(POLICY.replace("actions: [restart]", "actions: [scale]"))
    done = office.cluster.run("policy", "test", "--with", str(other))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "approve would be auto (it ended fix verified)" in done.stdout
    assert "auto would be approve (it ended not known)" in done.stdout
    assert "2 of 2 verdicts would be others, 1 of them milder" in done.stdout
    (other / "p.yaml").write_text(POLICY.replace("actions: [restart]", "actions: [patch]"))
    done = office.cluster.run("policy", "test", "--with", str(other), "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["milder"] == 0


class Engine(http.server.BaseHTTPRequestHandler):
    """Answers as OPA does, with what the test wants."""

    said = {"result": {"outcome": "auto", "reasons": []}}
    status = 200
    hold = threading.Event()
    asked: list = []

    def do_POST(self):
        self.asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        if type(self).status == 0:
            # No answer until the test is over.
            self.hold.wait(30)
        body = json.dumps(self.said).encode()
        self.send_response(self.status or 200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


def test_an_engine_outside_is_asked_and_whatever_is_no_answer_denies(office):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Engine)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/v1/data/kintsugi/verdict"
        office = office("--policy-opa", url, "--policy-opa-deadline", "500ms")
        plan = office.plan("scale", count="2")
        assert office.judge(plan, "one")["outcome"] == "auto"
        sent = Engine.asked[-1]["input"]
        assert sent["plan"] == plan and sent["circumstances"]["asker"] == {"kind": "agent", "name": "remediation"}
        Engine.said = {"result": {"outcome": "approve", "reasons": ["it is late"], "approvers": 2}}
        verdict = office.judge(plan, "two")
        assert verdict["outcome"] == "approve" and verdict["approvers"] == 2
        assert "it is late" in json.dumps(verdict["reasons"])
        for step, (status, said) in enumerate([(500, Engine.said), (200, {}), (200, {"result": {"outcome": "yes"}})]):
            Engine.status, Engine.said = status, said
            assert office.judge(plan, f"bad-{step}")["outcome"] == "deny"
        Engine.status = 0
        began = time.monotonic()
        assert office.judge(plan, "late")["outcome"] == "deny"
        assert time.monotonic() - began < 3
    finally:
        Engine.hold.set()
        Engine.status, Engine.said = 200, {"result": {"outcome": "auto", "reasons": []}}
        server.shutdown()
