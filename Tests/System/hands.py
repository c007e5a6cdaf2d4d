#!/usr/bin/env python3
"""Stands in for the remediation agent in tests: a worker in Python that does what a file in its folder says.

`directions.json` is read anew at each question: `plans` (orders to offer, the best first), `hold` (points at which nothing
goes on: plan, permit, act, report, undo), `fail` (a sentence: the execution fails before it has done anything), `late`
(seconds by method), `die` (a point at which it kills itself, once for each work). `record.sqlite` is its memory.
"""

import base64
import hashlib
import json
import os
import pathlib
import queue
import signal
import sqlite3
import sys
import threading
import time

import cbor2

import wire
from clusters import until

TABLES = """
CREATE TABLE IF NOT EXISTS questions (method TEXT, step TEXT, count INTEGER, PRIMARY KEY (method, step));
CREATE TABLE IF NOT EXISTS works (id TEXT PRIMARY KEY, kind TEXT, question TEXT, permit TEXT, answer TEXT,
    halted INTEGER DEFAULT 0, died INTEGER DEFAULT 0, number INTEGER);
CREATE TABLE IF NOT EXISTS effects (work TEXT, step INTEGER, text TEXT, outcome TEXT, at INTEGER, PRIMARY KEY (work, step));
"""


class Record:
    """What was asked and what was done, on disk."""

    def __init__(self, folder):
        self.lock = threading.RLock()
        self.file = sqlite3.connect(pathlib.Path(folder) / "record.sqlite", check_same_thread=False, isolation_level=None)
        self.file.executescript(TABLES)

    def run(self, text, *values):
        with self.lock:
            return self.file.execute(text, values).fetchall()

    def count(self, method, step):
        self.run("INSERT INTO questions VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1", method, step)

    def work(self, work):
        found = self.run("SELECT kind, question, permit, answer, halted, died FROM works WHERE id = ?", work)
        if not found:
            return None
        kind, question, permit, answer, halted, died = found[0]
        return {"kind": kind, "question": json.loads(question), "permit": permit and json.loads(permit),
                "answer": answer and json.loads(answer), "halted": halted, "died": died}  # fmt: skip

    def begin(self, work, kind, question):
        """Whether it was not begun before."""
        with self.lock:
            if self.work(work):
                return False
            self.run("INSERT INTO works (id, kind, question, number) SELECT ?, ?, ?, count(*) FROM works",
                     work, kind, json.dumps(question))  # fmt: skip
            return True

    def finish(self, work, answer):
        self.run("UPDATE works SET answer = ? WHERE id = ?", json.dumps(answer), work)

    def effects(self, work):
        return self.run("SELECT step, text, outcome, at FROM effects WHERE work = ? ORDER BY step", work)


class Hands:
    """The desk of the remediation agent."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.record = Record(folder)
        self.threads = {}
        self.peer = None

    @property
    def directions(self):
        return json.loads((self.folder / "directions.json").read_text())

    def start(self, peer):
        """Joins, and goes on with what was begun in an earlier life."""
        self.peer = peer
        peer.join()
        for work, in self.record.run("SELECT id FROM works WHERE answer IS NULL"):
            self.go_on(work)

    # The doors. They answer at once: the thread that calls them carries all frames.

    def methods(self):
        return {f"RemediationDesk.{name}": self.door(name, method) for name, method in (
            ("plan", self.plan), ("execute", self.execute), ("undo", self.undo), ("halt", self.halt))} | {
            "RemediationDesk.state": self.state}  # fmt: skip

    def door(self, name, method):
        def answer(call, arguments):
            self.record.count(name, arguments[0]["step"])
            value = method(arguments[0])
            late = self.directions.get("late", {}).get(name)
            if not late:
                return value
            threading.Timer(late, self.reply, (call, value)).start()

        return answer

    def reply(self, call, value):
        header = wire.Header("REPLY", correlation=call.correlation, number=call.number, incarnation=call.incarnation,
                             content=call.content)  # fmt: skip
        self.peer.put(header, json.dumps(value).encode() if call.content == "json" else cbor2.dumps(value))

    def ask(self, work, kind, question):
        """Begins what was not begun, and says how far it is."""
        if self.record.begin(work, kind, question):
            self.go_on(work)
        answer = self.record.work(work)["answer"]
        return answer or {"underway": {"text": f"{kind} of {work}"}}

    def go_on(self, work):
        kind = self.record.work(work)["kind"]
        run = {"plan": self.make_plans, "execute": self.carry_out, "back": self.take_back}[kind]
        self.threads[work] = threading.Thread(target=run, args=(work,), daemon=True)
        self.threads[work].start()

    def plan(self, question):
        return self.ask(question["step"], "plan", question)

    def execute(self, question):
        return self.ask(question["execution"], "execute", question)

    def undo(self, question):
        return self.ask(question["step"], "back", question)

    def halt(self, question):
        execution = question["execution"]
        if self.record.begin(execution, "execute", question):
            # It was never begun, and never will be.
            self.record.finish(execution, done("refused", "it was halted before it began"))
        self.record.run("UPDATE works SET halted = 1 WHERE id = ?", execution)
        return self.ask(question["step"], "back", question)

    def state(self, call, arguments):
        threading.Thread(target=lambda: self.reply(call, self.now(arguments[0]["steps"][0]["order"]["target"])[0])).start()

    # The work, each in a thread of its own.

    def make_plans(self, work):
        self.point(work, "plan")
        question = self.record.work(work)["question"]
        directions = self.directions
        offers = [self.offer(question, directions, order) for order in directions["plans"]]
        self.record.finish(work, {"offers": {"_0": offers}} if offers else {"none": {"text": "nothing is left to try"}})

    def offer(self, question, directions, order):
        state, _ = self.now(order["target"])
        step = {
            "order": spelled(order), "state": state, "reversibility": "whole", "text": order.get("text", ""),
            "blast": {"roles": [order["target"]], "capacity": 0.5, "touchesData": False},
            "inverse": {"order": spelled(order["inverse"]), "text": "as it was"} if "inverse" in order
            else {"text": "nothing to undo"},
        }  # fmt: skip
        best = (question["diagnosis"]["hypotheses"] or [{"category": "Resource_Limit"}])[0]
        expectation = {"nodes": [], "objectives": [], "ended": [], "since": time.time_ns(), "settleSeconds": 10.0,
                       "deadlineSeconds": 60.0, "leastEvents": 1, **directions.get("expectation", {})}  # fmt: skip
        return {
            "plan": {"incident": question["incident"], "generation": question["generation"],
                     "category": best["category"], "confidence": directions.get("confidence", 0.95), "steps": [step],
                     "substance": hashlib.sha256(json.dumps(order, sort_keys=True).encode()).hexdigest(),
                     "text": order.get("text", f"{order['action']} {order['target']}")},
            "state": state, "origin": "directions", "diff": "", "expectation": expectation,
        }  # fmt: skip

    def carry_out(self, work):
        self.point(work, "permit")
        failure = self.directions.get("fail")
        if failure:
            return self.record.finish(work, done("undone", failure))
        plan = self.record.work(work)["question"]["plan"]
        self.finish(work, *self.perform(work, plan, stops=lambda: self.record.work(work)["halted"]))

    def finish(self, work, outcome, text):
        self.point(work, "report")
        self.record.finish(work, done(outcome, text, self.record.effects(work)))

    def perform(self, work, plan, stops=lambda: False):
        """Permission and effect of each step; how it ended."""
        permit = self.permitted(work, plan)
        if permit.get("refusal"):
            return "refused", permit["refusal"]
        for number, step in enumerate(plan["steps"]):
            self.point(work, "act")
            if stops():
                return ("undone" if self.reversed_steps(work, plan) else "refused"), "it was halted"
            if any(row[0] == number and row[2] == "done" for row in self.record.effects(work)):
                continue
            answer = self.act(step["order"], permit["capabilities"][number], number)
            self.point(work, "record")
            self.record.run("INSERT OR REPLACE INTO effects VALUES (?, ?, ?, ?, ?)", work, number, answer["text"],
                            answer["outcome"], time.time_ns())  # fmt: skip
            if answer["outcome"] != "done":
                return ("stuck" if answer["outcome"] == "unknown" else "refused"), answer["text"]
        return "done", "all steps took effect"

    def permitted(self, work, plan):
        """The same question each time, and the first answer kept."""
        kept = self.record.work(work)["permit"]
        if kept and "answer" in kept:
            return kept["answer"]
        if kept is None:
            state, _ = self.now(plan["steps"][0]["order"]["target"])
            kept = {"question": {"step": work, "plan": plan, "state": state}}
            self.record.run("UPDATE works SET permit = ? WHERE id = ?", json.dumps(kept), work)
        answer = self.insist("risk", "RiskDesk.permit", kept["question"])
        self.record.run("UPDATE works SET permit = ? WHERE id = ?", json.dumps({**kept, "answer": answer}), work)
        return answer

    def act(self, order, capability, number):
        plan = cbor2.loads(cbor2.loads(bytes_of(capability))[0])[6].hex()
        while True:
            answer = self.insist("supervisor", "SupervisorDesk.act",
                                 {"order": order, "plan": plan, "step": number, "capability": capability})  # fmt: skip
            if "just started" not in answer["text"]:
                return answer

    def reversed_steps(self, work, plan):
        """The way back from what took effect, each step with the state that its door will see."""
        took = {row[0] for row in self.record.effects(work) if row[2] == "done"}
        steps = []
        for number, step in reversed(list(enumerate(plan["steps"]))):
            if number in took and step["inverse"].get("order"):
                order = step["inverse"]["order"]
                state, _ = self.now(order["target"])
                steps.append({**step, "order": order, "state": state, "inverse": {"text": "the way back", "order": step["order"]}})
        return steps

    def take_back(self, work):
        question = self.record.work(work)["question"]
        execution = question["execution"]
        # What was begun comes to its own end first.
        until(lambda: self.record.work(execution)["answer"], 600, f"the end of {execution}")
        self.point(work, "undo")
        kept = self.record.work(work)["permit"]
        plan = kept["question"]["plan"] if kept else {
            **question["plan"], "steps": self.reversed_steps(execution, question["plan"]), "text": "the way back"}  # fmt: skip
        took = [row for row in self.record.effects(execution) if row[2] == "done"]
        if not plan["steps"]:
            return self.record.finish(work, done("undone" if took else "refused", "there was nothing to take back"))
        outcome, text = self.perform(work, plan)
        self.finish(work, "undone" if outcome == "done" else "stuck", text)

    # What it knows of others.

    def now(self, role):
        """The state of a role as its door sees it, and how many workers it shall have."""
        status = self.insist("supervisor", "SupervisorDesk.status")
        found = next(entry for entry in status["roles"] if entry["role"] == role)
        wanted = found["wanted"]
        text = cbor2.dumps([role, wanted, found["configuration"]])
        return hashlib.sha256(b"kintsugi cluster state 1\0" + text).hexdigest(), wanted

    def insist(self, role, method, *arguments):
        """Asks until there is an answer; what is asked begins nothing twice."""

        until(lambda: self.peer, what="the connection")

        def answered():
            try:
                answer = self.peer.answer(role, method, *arguments, content="json", patience=20, wait=21)
            except queue.Empty:
                return None
            return [answer.body] if answer.status == "value" else None

        return until(answered, 600, f"an answer of {role}")[0]

    def point(self, work, name):
        """A place at which the test may hold it, or let it die."""
        if self.directions.get("die") == name and not self.record.work(work)["died"]:
            self.record.run("UPDATE works SET died = 1 WHERE id = ?", work)
            os.kill(os.getpid(), signal.SIGKILL)
        until(lambda: name not in self.directions.get("hold", []), 600, f"the word to go on at {name}")


def spelled(order):
    words = [{"name": name, "value": str(value)} for name, value in sorted(order.get("arguments", {}).items())]
    return {"action": order["action"], "door": "supervisor", "target": order["target"], "arguments": words}


def bytes_of(capability):
    return base64.b64decode(capability["bytes"])


def done(outcome, text, effects=()):
    steps = [{"step": step, "outcome": "done" if said == "done" else "failed", "text": words, "began": at, "ended": at}
             for step, words, said, at in effects]  # fmt: skip
    now = time.time_ns()
    return {"done": {"_0": {"outcome": outcome, "steps": steps, "text": text, "began": min([now, *(s["began"] for s in steps)]),
                            "ended": now}}}  # fmt: skip


def main():
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    secret = os.read(3, 65).decode().strip()
    slot, start = os.environ["KINTSUGI_SLOT"], int(os.environ["KINTSUGI_SPAWN"])
    hands = Hands(sys.argv[1])
    peer = wire.Peer(os.environ["KINTSUGI_RUN"], f"{slot}#{start}", secret, slot, spawn=start, window=32,
                     methods=hands.methods())  # fmt: skip
    hands.start(peer)
    os.write(4, b"ready\n")
    signal.sigwait({signal.SIGTERM})
    peer.put(wire.Header("DRAIN", incarnation=peer.incarnation))
    drained = peer.drained.wait(timeout=5)
    peer.close()
    sys.exit(0 if drained else 1)


if __name__ == "__main__":
    main()
