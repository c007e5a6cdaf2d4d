"""A person and the triage agent among real processes: reports, silences, wishes, and the journal that proves itself."""

import json
import signal
import subprocess

import pytest

from clusters import BUILD, until
from shops import QUIET


@pytest.fixture
def office(clusters):
    return clusters(QUIET).up()


def said(cluster, *arguments):
    """What a command that must succeed says to a program."""
    return json.loads(cluster.does(*arguments, "--json"))


def refused(cluster, *arguments, code=1):
    done = cluster.run(*arguments)
    assert done.returncode == code and done.stdout == "", done
    return done.stderr


def test_a_report_becomes_an_incident_that_a_person_leads_to_its_end(office):
    identity = said(office, "incident", "create", "orders hang", "--service", "orders", "--as", "ann")["incident"]
    shown = office.does("incident", "show", identity)
    assert "orders hang" in shown and "a person" not in refused(office, "incident", "show", "I-999")
    assert said(office, "incident", "comment", identity, "look at the queue", "--as", "ann")["feedback"]
    assert "nothing waits for an answer" in refused(office, "incident", "approve", identity)
    assert said(office, "incident", "take", identity, "--as", "bob")["owner"] == "bob"
    assert said(office, "incident", "resolve", identity, "mended")["stage"] == "resolved"
    assert "resolved" in refused(office, "incident", "escalate", identity)
    [listed] = [one for one in said(office, "incident", "list") if one["id"] == identity]
    assert listed["stage"] == "resolved" and said(office, "incident", "list", "--open") == []
    # All that was decided follows from its inputs, and from the same inputs again.
    replayed = said(office, "replay", identity)
    assert replayed["outcome"] == "equal" and replayed["entries"] >= 4
    assert {one["agent"] for one in said(office, "replay", identity, "--at", "+0s")["knowledge"]} >= {"triage", "risk"}
    # Who watches what has ended sees it all, and is let go.
    watched = office.does("incident", "watch", identity).splitlines()
    assert "opened: orders hang" in watched[0] and "says that it is mended" in watched[-1]


def test_a_silence_holds_alerts_back_until_it_is_ended(office):
    note = said(office, "alert", "silence", "--match", 'node="inventory"', "--for", "5m", "--reason", "work")
    assert [one["id"] for one in said(office, "alert", "silences")] == [note["id"]]
    held = said(office, "alert", "send", "slow", "--service", "inventory")
    assert held["disposition"] == "suppressed" and any("work" in one["text"] for one in held["reasons"])
    assert "work" in refused(office, "incident", "create", "inventory hangs", "--service", "inventory")
    office.does("alert", "unsilence", note["id"])
    assert said(office, "alert", "silences") == []
    refused(office, "alert", "unsilence", note["id"])
    refused(office, "alert", "silence", "--match", "nonsense")
    refused(office, "alert", "silence", code=64)
    # The first and the second are one; what holds nothing back any more opens an incident.
    until(lambda: any(one["alert"]["node"] == "inventory" and one["receipt"].get("incident")
                      for one in said(office, "alert", "list")), what="an incident")  # fmt: skip
    assert len({one["alert"]["fingerprint"] for one in said(office, "alert", "list")
                if one["alert"]["name"] == "slow"}) == 1  # fmt: skip
    assert "slow" in office.does("alert", "explain", "person/inventory/slow")


def test_noise_is_suppressed_with_its_alerts(office):
    identity = said(office, "incident", "create", "a hum", "--service", "orders")["incident"]
    assert said(office, "incident", "silence", identity, "--for", "10m")["stage"] == "suppressed"
    assert [one["id"] for one in said(office, "alert", "silences")] == [f"{identity}/1"]
    office.does("alert", "unsilence", identity)
    assert said(office, "alert", "silences") == []


def test_the_journal_proves_itself_with_and_without_its_cluster(office, tmp_path):
    identity = said(office, "incident", "create", "orders hang", "--service", "orders")["incident"]
    office.does("incident", "resolve", identity)
    assert said(office, "audit", "verify")["holds"] and said(office, "journal", "verify", identity)["holds"]
    file = tmp_path / "journal.jsonl"
    office.does("journal", "export", "--out", str(file))
    head = said(office, "journal", "verify", "--file", str(file))["head"]
    office.down()
    assert office.run("journal", "verify", "--file", str(file), "--head", head).returncode == 0
    lines = file.read_text().splitlines()
    file.write_text("\n".join(lines[:-1]) + "\n")
    assert office.run("journal", "verify", "--file", str(file)).returncode == 0
    assert "cut off" in office.run("journal", "verify", "--file", str(file), "--head", head).stdout
    entry = json.loads(lines[1])
    entry["number"] += 1
    file.write_text("\n".join([lines[0], json.dumps(entry), *lines[2:]]) + "\n")
    done = office.run("journal", "verify", "--file", str(file))
    assert done.returncode == 1 and "entry 2 " in done.stdout


def test_who_watches_sees_what_happens_from_now_on(office):
    office.does("incident", "create", "before", "--service", "orders")
    with subprocess.Popen([BUILD / "kintsugi", "incident", "watch", "--json", "--data", office.data],
                          stdout=subprocess.PIPE, text=True) as watching:  # fmt: skip
        try:
            identity = said(office, "incident", "list")[0]["id"]
            seen = []

            def comes():
                office.does("incident", "comment", identity, "are you there")
                seen.append(json.loads(watching.stdout.readline()))
                return any("command" in one["event"] for one in seen)

            until(comes, within=30, what="the comment")
            assert not any("opened" in one["event"] for one in seen)
        finally:
            watching.send_signal(signal.SIGTERM)
