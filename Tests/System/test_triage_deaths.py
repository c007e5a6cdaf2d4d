"""Every party of an incident is killed at every step: the incident ends well, and nothing happens twice."""

import os
import signal
import subprocess
import time

import pytest

from clusters import until
from wards import FINDING, FRESH, Ward

# Who is killed, at which step. A step is held while its killer waits: by the hands, or by stopping who would answer it.
PARTIES = ["triage", "risk", "telemetry", "broker", "supervisor"]
STEPS = ["evidence", "plan", "verdict", "approval", "execution", "verification", "undo"]
HOLDS = {"plan": "plan", "execution": "act", "undo": "undo"}
ANSWERS = {"evidence": "telemetry", "verification": "telemetry", "verdict": "risk"}


def held(deaths):
    """What the hands hold so that each of these deaths finds its step in hand."""
    before = {**HOLDS, "verdict": "plan", "verification": "report"}
    return [before[step] for _, step in deaths if step in before]


def kill_at(ward, name, party, step, later):
    """Kills the party while that step is in hand, and lets the step go on to where the later deaths wait."""
    stopped = []
    if step in ANSWERS:
        if held([(party, step)]):
            ward.errand(name, "plan" if step == "verdict" else "execution")
        if step == "evidence":
            # Shortly before it is asked for: who has stopped is replaced within seconds.
            due = ward.errand(name, "pause")["step"]["deadline"] - 400_000_000
            until(lambda: time.time_ns() >= due, 30, "the end of the pause")
        stopped = ward.signal(ANSWERS[step], signal.SIGSTOP)
        ward.direct(hold=held(later))
    ward.errand(name, step)
    ward.kill(party)
    ward.direct(hold=held(later))
    for pid in stopped:
        subprocess.run(["kill", "-CONT", str(pid)], check=False, stderr=subprocess.DEVNULL)


def life(ward, patient, *deaths):
    """One incident with these deaths, in the order of its steps; it must end well, and nothing happen twice."""
    known = [each["id"] for each in until(lambda: [ward.incidents()], what="the incidents")[0]]
    wanted, uses, old = ward.wanted(), len(ward.uses()), ward.cluster.pid("carrier")
    isUndone = any(step == "undo" for _, step in deaths)
    helps = {"ended": [FINDING], "settleSeconds": 1.0, "deadlineSeconds": 90.0}
    ward.direct(hold=held(deaths), plans=[FRESH], expectation=helps)
    patient.cure = lambda ward: len(ward.uses()) > uses and ward.cluster.pid("carrier") not in (None, old)
    if isUndone:
        ward.direct(plans=[up(wanted + 1), up(wanted + 2)], expectation={**helps, "deadlineSeconds": 1.0})
        patient.cure = lambda ward: (ward.wanted() or 0) >= wanted + 2
    patient.falls_ill()
    name = until(lambda: next((each["id"] for each in ward.incidents() or [] if each["id"] not in known), None), 60, "an incident")
    for number, (party, step) in enumerate(deaths):
        kill_at(ward, name, party, step, deaths[number + 1:])
        if step == "undo":
            ward.direct(expectation=helps)
        if step == "approval":
            approved(ward, name)
    incident = ward.stage(name, "resolved", within=150)
    done = ward.uses()[uses:]
    counts = (wanted + 1, wanted, wanted + 2)
    assert done == ([("scale", "carrier", str(count)) for count in counts] if isUndone else [("restart", "carrier", None)]), done
    assert incident["actions"] == 1 + isUndone, incident["actions"]
    ward.journal()
    return incident


def terms(steps):
    """Where its evidence is to be caught, an incident waits before it looks."""
    return {"settle-seconds": 25} if "evidence" in steps else {}


def approved(ward, name):
    def answered():
        incident = ward.incident(name)
        if not incident or incident["stage"] != "awaiting_approval":
            return incident and incident["stage"] in ("executing", "verifying", "resolved")
        ward.answer(incident, "approve")
        return None

    until(answered, 60, "an approval that counts")


def up(count):
    order = {"action": "scale", "target": "carrier", "arguments": {"count": count}}
    return {**order, "text": f"{count} carriers", "inverse": {**order, "arguments": {"count": count - 1}}}


@pytest.mark.parametrize("deaths", [
    (("telemetry", "evidence"), ("broker", "plan"), ("risk", "verdict")),
    (("triage", "execution"), ("supervisor", "execution")),
], ids=["until it is permitted", "while it is done"])  # fmt: skip
def test_whoever_is_killed_at_a_step_the_incident_ends_and_nothing_happens_twice(wards, patients, deaths):
    ward = wards(terms=terms([step for _, step in deaths]))
    # The hands die, too, when they have acted and not yet written so down.
    ward.direct(die="record")
    life(ward, patients(ward), *deaths)
    assert len(ward.incidents()) == 1 and ward.record("SELECT count(*) FROM works WHERE died") == [(1,)]


@pytest.fixture(scope="module")
def table():
    """How each of the deaths ended; at the end as a table, also in the file that KINTSUGI_TABLES names."""
    ends = {}
    yield ends
    if not ends:
        return
    steps = [step for step in STEPS if any(step == each for _, each in ends)]
    rows = [f"| {party} | " + " | ".join(ends.get((party, step), "") for step in steps) + " |" for party in PARTIES]
    lines = ["| killed at | " + " | ".join(steps) + " |", "|---" * (len(steps) + 1) + "|", *rows]
    text = "\nSeconds from the first failure to the end of the incident.\n\n" + "\n".join(lines) + "\n"
    print(text)
    if path := os.environ.get("KINTSUGI_TABLES"):
        with open(path, "a") as file:
            file.write(text)


@pytest.mark.soak
@pytest.mark.parametrize("step", STEPS)
def test_every_party_is_killed_at_every_step(clusters, patients, tmp_path, table, step):
    ward, patient, failures = None, None, []
    for party in PARTIES:
        if ward is None:
            ward = Ward(clusters, tmp_path / party, verdict="approve" if step == "approval" else "auto", terms=terms([step]),
                        replaced=[("changes: 6", "changes: 100")])  # fmt: skip
            patient = patients(ward)
        began = time.monotonic()
        try:
            life(ward, patient, (party, step))
            table[party, step] = f"{time.monotonic() - began:.0f}"
        except AssertionError as error:
            # The next one gets a cluster of its own.
            table[party, step] = "FAILED"
            failures.append(f"{party} at {step}: {error}")
            print(failures[-1], flush=True)
            patient.end()
            ward.cluster.down()
            ward = None
    assert not failures, "\n".join(failures)
