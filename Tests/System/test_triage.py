"""The triage agent among real processes: every door, whole lives of incidents, people, storms."""

import concurrent.futures
import datetime
import hashlib
import hmac
import os
import signal
import time
import urllib.request

import pytest

from clusters import memory, opened, until
from wards import MORE, STILL_MORE

KEY = "R0UT1NG"
HOOKS = (
    "hooks: [{name: ci, secret-file: ci}]\npagerduty: [{name: pager, digest: "
    + hashlib.sha256(b"kintsugi routing key 1\0" + KEY.encode()).hexdigest() + "}]\n"
)  # fmt: skip
SOON = ("lasting: 60s", "lasting: 1s")


def instant(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).isoformat().replace("+00:00", "Z")


def webhook(*names, service="shelf", status="firing", began=None, severity="critical"):
    """As Alertmanager posts it."""
    began = began or time.time() - 5
    return {"version": "4", "status": status, "receiver": "kintsugi", "groupKey": "{}", "alerts": [
        {"status": status, "labels": {"alertname": name, "service": service, "severity": severity},
         "annotations": {"summary": f"{name} of {service}"}, "startsAt": instant(began),
         **({"endsAt": instant(time.time())} if status == "resolved" else {})} for name in names]}  # fmt: skip


def proof(secret, body, at=None):
    at = int(time.time()) if at is None else at
    return f"t={at},v1={hmac.new(secret, f'{at}.'.encode() + body, hashlib.sha256).hexdigest()}"


def replicas_again(ward, old):
    """Waits until other processes serve, and one of them writes."""

    def there():
        new = ward.pids("triage")
        return len(new) == 2 and not set(new) & set(old) and ward.condition().get("writer")

    until(there, 30, "two other replicas")


def test_what_any_door_took_is_on_disk_when_it_says_so(wards):
    ward = wards(triage=HOOKS, replaced=[SOON])
    secrets = ward.cluster.data / "secrets"
    secrets.mkdir()
    (secrets / "ci").write_text("hush\n")
    hooked = b'{"name": "pipeline failed", "service": "forge", "severity": "critical"}'
    event = {"specversion": "1.0", "id": "1", "source": "/lab", "type": "broken"}
    posted = [{"labels": {"alertname": "Slow", "service": "gate", "severity": "critical"}, "startsAt": instant(time.time())}]
    pager = {"routing_key": KEY, "event_action": "trigger", "dedup_key": "d",
             "payload": {"summary": "down", "source": "mill", "severity": "critical"}}  # fmt: skip
    before = ward.pids("triage")
    answers = [
        ward.tell("/v1/alertmanager", webhook("Full")),
        ward.tell("/api/v2/alerts", posted),
        ward.tell("/v1/events", {**event, "data": {"name": "x", "service": "lab", "severity": "critical"}},
                  content_type="application/cloudevents+json"),
        ward.tell("/v1/events", b'{"service": "lab", "severity": "critical"}', ce_specversion="1.0", ce_id="2",
                  ce_source="/lab", ce_type="burnt"),
        ward.tell("/v2/enqueue", pager),
        ward.tell("/v1/hooks/ci", hooked, x_kintsugi_signature=proof(b"hush", hooked)),
    ]  # fmt: skip
    ward.kill("triage")
    assert all(200 <= status < 300 for status, _ in answers), answers
    replicas_again(ward, before)
    kept = until(lambda: ward.alerts(), what="the alerts")
    # That the replicas died is noticed, too.
    assert sorted(each["alert"]["source"] for each in kept if each["alert"]["source"] != "telemetry") == [
        "alertmanager", "cloudevents", "cloudevents", "pagerduty", "prometheus", "webhook"], kept

    def incident():
        return [each["receipt"].get("incident") for each in ward.alerts() if each["alert"]["node"] == "shelf"]

    name = until(lambda: (found := incident()) and found[0], what="the incident of what lasts")
    before = ward.kill("triage")
    replicas_again(ward, before)
    assert until(lambda: ward.incident(name), what="the incident")["id"] == name
    assert incident() == [name]
    ward.journal()


def test_what_is_no_alert_is_refused_and_what_cannot_be_kept_is_to_be_sent_again(wards):
    ward = wards(triage=HOOKS)
    secrets = ward.cluster.data / "secrets"
    secrets.mkdir()
    (secrets / "ci").write_text("hush")
    body = b'{"name": "x"}'
    whole = webhook("Full")
    huge = webhook("Full")
    huge["alerts"][0]["labels"]["long"] = "x" * (1 << 20)
    assert ward.tell("/v1/alertmanager", b'{"version": "4", "alerts": [')[0] == 400
    assert ward.tell("/v1/alertmanager", b'{{ template "all" . }}')[0] == 400
    assert ward.tell("/v1/alertmanager", {**whole, "version": "3"})[0] == 400
    assert ward.tell("/v1/alertmanager", huge)[0] == 422
    assert ward.tell("/v1/hooks/ci", body, x_kintsugi_signature=proof(b"hush", body, int(time.time()) - 900))[0] == 401
    assert ward.tell("/v1/hooks/ci", body, x_kintsugi_signature=proof(b"loud", body))[0] == 401
    assert ward.tell("/v1/hooks/ci", body)[0] == 401
    assert ward.tell("/v2/enqueue", {"routing_key": "other", "event_action": "trigger", "payload": {}})[0] == 400
    assert ward.alerts() == []

    # Somebody holds the file: nothing can be kept, and the sender is told so.
    with opened(ward.cluster.data / "triage.sqlite", isolation_level=None) as file:
        file.execute("BEGIN IMMEDIATE")
        status, answer = ward.tell("/v1/alertmanager", whole, within=30)
        assert 500 <= status < 600, (status, answer)
        file.execute("ROLLBACK")
    until(lambda: ward.tell("/v1/alertmanager", whole, within=30)[0] == 200, 30, "an alert that is taken")
    assert len(ward.alerts()) == 1

    # The replica that writes stands still: no answer of success before another one writes.
    writer = ward.condition()["writer"]
    pid = next(slot["pid"] for slot in ward.cluster.slots("triage") if slot["name"] == writer)
    os.kill(pid, signal.SIGSTOP)

    def taken():
        try:
            status, _ = ward.tell("/v1/alertmanager", webhook("Late"), within=5)
        except OSError:
            return False
        assert status == 200 or 500 <= status < 600, status
        return status == 200

    until(taken, 40, "an alert that is taken by another")
    kept = until(lambda: ward.alerts(), what="the alerts")
    assert sorted(each["alert"]["name"] for each in kept if each["alert"]["source"] == "alertmanager") == ["Full", "Late"]


def test_failures_become_an_incident_that_ends_with_a_fix_that_is_verified(wards, patients):
    ward = wards()
    patient = patients(ward)
    # One process that dies and is replaced at once is no incident, and nothing is done about it.
    old = ward.cluster.pid("carrier")
    os.kill(old, signal.SIGKILL)
    until(lambda: any(each["alert"]["node"] == "carrier" for each in ward.alerts() or []), 20, "word of the death")
    assert ward.incidents() == [] and ward.wanted() == 1
    patient.falls_ill()
    name = ward.only()
    incident = ward.stage(name, "resolved", within=90)
    assert incident["verification"]["verdict"] == "holds" and incident["generation"] == 1
    assert incident["opening"]["source"] == "telemetry"
    assert abs(incident["opening"]["began"] - patient.fell) < 5_000_000_000
    assert ward.uses() == [("scale", "carrier", "2")]
    assert len(ward.cluster.ready("carrier", 2)) == 2
    errands = [entry["result"].get("errand") for entry in ward.journal(name)]
    passed = [errand for place, errand in enumerate(errands) if errand and errand not in errands[:place]]
    assert [errand for errand in passed if errand != "pause"] == ["evidence", "plan", "verdict", "execution", "verification"]
    # Each was begun once, however often it was asked for.
    assert ward.record("SELECT count(*) FROM works") == [(2,)]
    # All of it counts as work that was done, so that the agent is no trouble to itself.
    with urllib.request.urlopen(f"http://127.0.0.1:{9464 + ward.cluster.offset}/metrics", timeout=10) as answer:
        page = answer.read().decode()
    steps = [line for line in page.splitlines() if line.startswith("agent_steps_total{") and 'agent="triage"' in line]
    assert steps and all('outcome="ok"' in line for line in steps), steps
    done = ward.cluster.run("journal", "verify")
    # The command line's own check, where it has one.
    assert done.returncode == 0 or 'unknown command "journal"' in done.stderr, done.stderr


def test_a_person_rejects_with_a_reason_another_plan_is_agreed_to_and_a_moved_state_voids_it(wards, patients):
    ward = wards(verdict="approve")
    patient = patients(ward, lambda ward: (ward.wanted() or 0) >= 3)
    patient.falls_ill()
    name = ward.only()
    incident = ward.errand(name, "approval")
    assert incident["stage"] == "awaiting_approval" and ward.uses() == []
    ward.direct(plans=[MORE, STILL_MORE])
    receipt = ward.answer(incident, "reject", "two are not enough")
    assert receipt["counts"], receipt
    until(lambda: (now := ward.incident(name)) and now["generation"] == 2, 20, "another look")
    incident = until(
        lambda: (now := ward.errand(name, "approval")) and now["generation"] == 2 and now, 20, "the other plan")
    # What was refused is not offered again, and what the person said is known.
    assert incident["offers"][0]["plan"]["text"] == "three carriers"
    assert any("two are not enough" in said for said in incident["feedback"])
    assert [each["fate"] for each in incident["earlier"]] == ["rejected"]
    # The state moves between the word and the deed: the word does not hold for it.
    ward.direct(hold=["permit"])
    assert ward.answer(incident, "approve")["standing"]["outcome"] == "granted"
    ward.errand(name, "execution")
    ward.cluster.does("scale", "carrier", "2")
    ward.direct(hold=[], plans=[{**STILL_MORE, "inverse": {key: MORE[key] for key in ("action", "target", "arguments")}}])
    incident = until(
        lambda: (now := ward.errand(name, "approval")) and now["replans"] == 1 and now, 30, "a plan for the state that is")
    assert ward.uses() == [] and incident["generation"] == 2
    assert ward.answer(incident, "approve")["standing"]["outcome"] == "granted"
    incident = ward.stage(name, "resolved", within=90)
    assert ward.uses() == [("scale", "carrier", "3")] and incident["approval"]["people"] == ["operator"]


def test_a_fix_that_does_not_help_is_taken_back_and_the_next_one_is_tried(wards, patients):
    ward = wards()
    ward.direct(plans=[MORE, STILL_MORE], expectation={"ended": [], "settleSeconds": 1.0, "deadlineSeconds": 2.0})
    # An answer that comes too late is asked for again, and nothing is undone twice.
    ward.direct(late={"undo": 6})
    patient = patients(ward, lambda ward: (ward.wanted() or 0) >= 3)
    patient.falls_ill()
    name = ward.only()
    ward.stage(name, "undoing")
    until(lambda: ward.record("SELECT 1 FROM questions WHERE method = 'undo' AND count >= 2"), 20, "the same question again")
    ward.direct(late={})
    ward.direct(expectation={"ended": [], "settleSeconds": 1.0, "deadlineSeconds": 60.0})
    incident = ward.stage(name, "resolved", within=90)
    assert ward.uses() == [("scale", "carrier", "2"), ("scale", "carrier", "1"), ("scale", "carrier", "3")]
    assert [each["fate"] for each in incident["earlier"]] == ["notHelped"] and incident["generation"] == 2
    assert incident["actions"] == 2 and ward.wanted() == 3
    ward.journal()


def test_the_same_alert_a_thousand_times_is_one_incident_and_a_later_episode_follows_it(wards):
    ward = wards(replaced=[SOON], terms={"longest-look-seconds": 1}.items())
    began = time.time() - 30
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ward.tell("/v1/alertmanager", webhook("Full", began=began)), range(1_000)))
    assert all(status == 200 for status, _ in answers), [each for each in answers if each[0] != 200][:3]
    first = ward.only()
    kept = [each for each in ward.alerts() if each["alert"]["name"] == "Full"]
    assert len(kept) == 1 and kept[0]["deliveries"] == 1_000

    # The agents' own trouble while they handle it is a line in its journal, and nothing else.
    assert ward.tell("/v1/alertmanager", webhook("Slow", service="risk", severity="warning"))[0] == 200

    def noted():
        return [entry["input"]["event"]["noted"] for entry in ward.journal(first)
                if isinstance(entry["input"]["event"], dict) and "noted" in entry["input"]["event"]]  # fmt: skip

    until(lambda: any("Slow of risk" in text["_0"] for text in noted()), what="a line in the journal")
    assert len(ward.incidents()) == 1 and ward.incident(first)["generation"] == 1

    assert ward.tell("/v1/alertmanager", webhook("Full", status="resolved", began=began))[0] == 200
    order = "once"
    for _ in range(3):
        assert ward.command(first, {"resolve": {}}, order=order).body["stage"] == "resolved"
    entries = len(ward.journal(first))
    assert ward.command(first, {"resolve": {}}).status == "thrown"
    status, answer = ward.tell("/v1/alertmanager", webhook("Full", began=began))
    assert status == 200 and answer["receipts"][0]["disposition"] == "resolved", answer
    assert len(ward.incidents()) == 1 and len(ward.journal(first)) == entries

    assert ward.tell("/v1/alertmanager", webhook("Full", began=time.time()))[0] == 200
    second = until(lambda: next((each["id"] for each in ward.incidents() if each["id"] != first), None), what="another incident")
    assert ward.incident(second)["opening"]["follows"] == first


@pytest.mark.parametrize("count, batch", [(5_000, 100), pytest.param(100_000, 500, marks=pytest.mark.soak)])
def test_a_storm_of_one_cause_is_one_incident_and_a_person_is_answered_meanwhile(wards, count, batch):
    ward = wards(replaced=[SOON], terms={"longest-look-seconds": 1}.items())
    assert ward.tell("/v1/alertmanager", webhook("First"))[0] == 200
    name = ward.only()
    began = time.monotonic()

    def send(first):
        names = [f"shelf-{number}" for number in range(first, first + batch)]
        return until(lambda: ward.tell("/v1/alertmanager", webhook(*names), within=60)[0] == 200, 60, "a batch that is taken")

    most, latencies = 0, []
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        batches = [pool.submit(send, first) for first in range(0, count, batch)]
        while not all(each.done() for each in batches):
            asked = time.monotonic()
            answer = ward.command(name, {"comment": {"_0": "we see it"}}, wait=10)
            assert answer.status == "value", answer
            latencies.append(time.monotonic() - asked)
            most = max(most, *map(memory, ward.pids("triage")))
        assert all(each.result() for each in batches)
    took = time.monotonic() - began
    assert ward.command(name, {"acknowledge": {}}).body["acknowledged"]
    latencies.sort()
    print(f"{count} alerts in {took:.1f} s, {count / took:.0f} a second; {len(latencies)} words of a person, the median after "
          f"{latencies[len(latencies) // 2] * 1e3:.0f} ms, the last after {latencies[-1] * 1e3:.0f} ms; "
          f"{most / (1 << 20):.0f} MiB")  # fmt: skip
    assert [each["id"] for each in ward.incidents()] == [name]
    # The incident is told when there are twice as many; each of them is on disk.
    assert until(lambda: ward.incident(name), what="the incident")["alerts"]["total"] > count / 2
    with opened(f"file:{ward.cluster.data}/triage.sqlite?mode=ro", uri=True) as file:
        assert file.execute("SELECT count(*) FROM alerts WHERE incident = ?", (name,)).fetchone()[0] == count + 1
    assert most < 200 << 20, most
