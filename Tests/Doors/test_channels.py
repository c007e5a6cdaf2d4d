"""What leaves for people is read by the libraries that others use for it, and what comes back is told from forgeries."""

import hashlib
import hmac
import json
import time
import urllib.parse

import pytest
from peers import AT, PLAN, SIGNING, STATE, Sample, Service, item
from slack_sdk import WebClient
from slack_sdk.models.blocks import Block
from slack_sdk.signature import Clock, SignatureVerifier


def slack(places, **more):
    service = places(Service, usual=(200, {}, {"ok": True, "ts": "1900000000.000100", "channel": "C1"}))
    chat = {"name": "chat", "kind": "slack-app", "secret-file": "token", "channel": "C1", "url": service.url}
    return service, places(Sample, places.folder, [chat], **more)


# --- Slack


class Then(Clock):
    def __init__(self, at):
        self.at = at

    def now(self):
        return self.at


def test_what_slack_signs_is_taken_and_nothing_else(places):
    _, ours = slack(places)
    value = f"1 approve I-1 1 {PLAN} {STATE}"
    payload = {"type": "block_actions", "user": {"id": "U1", "name": "äda"}, "trigger_id": "T1",
               "container": {"message_ts": "1.0"}, "actions": [
                   {"action_id": "kintsugi-approve", "action_ts": "2.0", "value": value, "type": "button"}]}  # fmt: skip
    body = urllib.parse.urlencode({"payload": json.dumps(payload)})
    signer = SignatureVerifier(SIGNING, clock=Then(AT))

    def ask(body, at=AT, signed=None, now=AT):
        signature = signer.generate_signature(timestamp=str(at), body=signed or body)
        return ours("slack", body=body, timestamp=str(at), signature=signature, now=now * 10**9)

    first = ask(body)
    assert first["outcome"] == "wish" and first["action"] == "approve" and first["person"] == "U1"
    assert (first["plan"], first["state"]) == (PLAN, STATE)
    # The same again, signed anew or replayed, is the same wish.
    assert ask(body)["text"] == ask(body, at=AT + 1)["text"] == first["text"]
    for offset, outcome in [(300, "wish"), (301, "refused 401"), (-300, "wish"), (-301, "refused 401")]:
        assert ask(body, now=AT + offset)["outcome"] == outcome
        # Slack's own library says the same of what is too old.
        theirs = SignatureVerifier(SIGNING, clock=Then(AT + offset))
        signature = signer.generate_signature(timestamp=str(AT), body=body)
        assert theirs.is_valid(body, str(AT), signature) == (outcome == "wish")
    for place in range(0, len(body), 37):
        altered = body[:place] + ("A" if body[place] != "A" else "B") + body[place + 1 :]
        assert ask(altered, signed=body)["outcome"] == "refused 401"
    again = urllib.parse.urlencode({"payload": json.dumps(payload, separators=(",", ":"))})
    assert ask(again, signed=body)["outcome"] == "refused 401"
    assert SignatureVerifier("other").generate_signature(timestamp=str(AT), body=body) and (
        ours("slack", body=body, timestamp=str(AT), now=AT * 10**9,
             signature=SignatureVerifier("other").generate_signature(timestamp=str(AT), body=body))["outcome"]
        == "refused 401")  # fmt: skip


def test_to_reject_opens_a_window_that_brings_the_feedback(places):
    service, ours = slack(places)
    signer = SignatureVerifier(SIGNING)

    def ask(payload):
        body = urllib.parse.urlencode({"payload": json.dumps(payload)})
        now = str(int(time.time()))
        return ours("slack", body=body, timestamp=now, signature=signer.generate_signature(timestamp=now, body=body))

    value = f"1 reject I-1 1 {PLAN} {STATE}"
    pressed = ask({"type": "block_actions", "user": {"id": "U1"}, "trigger_id": "T1",
                   "actions": [{"action_id": "kintsugi-reject", "action_ts": "2.0", "value": value}]})  # fmt: skip
    assert pressed["action"] == "ask" and pressed["outcome"] == "sent"
    (opened,) = service.bodies("/views.open")
    assert opened["trigger_id"] == "T1" and opened["view"]["private_metadata"] == value
    assert [block.type for block in Block.parse_all(opened["view"]["blocks"])] == ["input"]
    view = {**opened["view"], "id": "V1", "state": {"values": {"feedback": {"text": {"value": "zu viel\n<&>"}}}}}
    said = ask({"type": "view_submission", "user": {"id": "U1"}, "view": view})
    assert (said["action"], said["feedback"], said["plan"]) == ("reject", "zu viel\n<&>", PLAN)


def test_slacks_own_library_reads_every_message_within_the_limits(places):
    service, ours = slack(places)
    long = "<!channel> & \U0001f600 ä " * 3_000
    facts = {"cause": "Config_Error in orders", "plan": "back to 5 s", "verdict": "approve: large", "link": "https://c/1"}
    ours.send(item("approvalNeeded", **facts))
    ours.send(item("approvalNeeded", title=long, text=long, cause=long, plan=long, verdict=long, link="https://c/1"))
    ours.send(*[item(title=f"{n} {long}", number=n, incident=f"I-{n}") for n in range(200)])
    ours.send(item("resolved", text=""), words="payer", thread="1900000000.000100")
    bodies = service.bodies("/chat.postMessage")
    assert len(bodies) == 4
    for body in bodies:
        blocks = Block.parse_all(body["blocks"])
        assert len(blocks) == len(body["blocks"]) <= 50
        for block in blocks:
            block.validate_json()
        sizes = [len(block["text"]["text"].encode("utf-16-le")) // 2 for block in body["blocks"] if "text" in block]
        assert max(sizes) <= 3_000 and sum(sizes) <= 13_000
        assert "<!channel>" not in json.dumps(body) and body["text"] and len(body["text"]) < 4_000
    buttons = [e for b in bodies[0]["blocks"] if b["type"] == "actions" for e in b["elements"]]
    assert [b["value"] for b in buttons][:2] == [f"1 {a} I-1 1 {PLAN} {STATE}" for a in ("approve", "reject")]
    assert all(name in json.dumps(bodies[0]) for name in ("Config_Error in orders", "back to 5 s", "approve: large"))
    named = json.dumps(bodies[2])
    assert all(f"I-{n} " in named for n in range(30)) and "left out" in named or all(f"I-{n} " in named for n in range(200))
    assert bodies[3]["thread_ts"] == "1900000000.000100" and "thread_ts" not in bodies[0]
    # The stand-in answers as Slack's library wants it.
    assert WebClient(token="xoxb-1", base_url=service.url + "/").chat_postMessage(channel="C1", text="x")["ts"]
    theirs, mine = service.requests[-1], service.requests[0]
    assert theirs[1] == mine[1] and theirs[2]["Authorization"] == mine[2]["Authorization"] == "Bearer xoxb-1"


def test_what_slack_may_have_heard_already_is_looked_for_first(places):
    service, ours = slack(places)
    service.answers = [None]
    lost = ours.send(item())
    assert (lost["outcome"], lost["mayHaveArrived"]) == ("later", True)
    (sent,) = service.bodies("/chat.postMessage")
    there = {"ok": True, "messages": [{"ts": "7.0"}, {"ts": "9.5", "metadata": sent["metadata"]}]}
    service.answers = [(200, {}, there)]
    assert ours.send(item(), isRepeat=True) | {"text": "9.5"} == {"outcome": "sent", "text": "9.5"}
    assert len(service.bodies("/chat.postMessage")) == 1 and "/conversations.history?" in service.requests[-1][1]
    # Where it is not found, or Slack does not say, it is told rather than not.
    service.answers = [(200, {}, {"ok": False, "error": "missing_scope"})]
    assert ours.send(item(), isRepeat=True)["outcome"] == "sent"
    assert len(service.bodies("/chat.postMessage")) == 2


@pytest.mark.parametrize(
    "answer, outcome, after",
    [((429, {"Retry-After": "30"}, {"ok": False, "error": "ratelimited"}), "later", 30),
     ((200, {"Retry-After": "7"}, {"ok": False, "error": "ratelimited"}), "later", 7),
     ((200, {}, {"ok": False, "error": "channel_not_found"}), "never", None),
     ((200, {}, b"<html>"), "later", 0), ((503, {}, b"busy"), "later", 0), ((404, {}, b"no"), "never", None)],
)  # fmt: skip
def test_slacks_refusals_are_told_apart(places, answer, outcome, after):
    service, ours = slack(places)
    service.answers = [answer]
    found = ours.send(item())
    assert found["outcome"] == outcome and found.get("after") == (None if after is None else after * 10**9)
    assert "xoxb-1" not in json.dumps(found)


def test_a_webhook_of_slack_gets_the_same_blocks_and_its_address_is_never_shown(places):
    service = places(Service, usual=(200, {}, b"ok"))
    chat = {"name": "chat", "kind": "slack-hook", "secret-file": "url"}
    ours = places(Sample, places.folder, [chat], secrets={"url": service.url + "/services/T0/B0/hidden"})
    assert ours.send(item("approvalNeeded"))["outcome"] == "sent"
    assert [b.type for b in Block.parse_all(service.bodies()[0]["blocks"])] == ["header", "section", "section", "actions", "context"]
    service.answers = [(404, {}, b"no_service"), None]
    found = [ours.send(item()), ours.send(item())]
    assert [f["outcome"] for f in found] == ["never", "later"] and "hidden" not in json.dumps(found)


# --- PagerDuty and our own webhook


def test_one_incident_is_one_alert_of_pagerduty(places):
    service = places(Service, usual=(202, {}, {"status": "success", "dedup_key": "I-1"}))
    ours = places(Sample, places.folder, [{"name": "pager", "kind": "pagerduty", "secret-file": "key", "url": service.url + "/v2/enqueue"}])  # fmt: skip
    for priority in (1, 2, 3, 4):
        ours.send(item(priority=priority, title="x" * 3_000, cause="c"), channel="pager")
    ours.send(item(), channel="pager", acknowledges=True)
    ours.send(item("resolved"), channel="pager")
    bodies = service.bodies("/v2/enqueue")
    assert {body["dedup_key"] for body in bodies} == {"I-1"} and {b["routing_key"] for b in bodies} == {"routing-key"}
    assert [body["event_action"] for body in bodies] == ["trigger"] * 4 + ["acknowledge", "resolve"]
    payloads = [body["payload"] for body in bodies[:4]]
    assert [p["severity"] for p in payloads] == ["critical", "error", "warning", "info"]
    assert all(len(p["summary"]) <= 1_024 and p["source"] and p["custom_details"]["cause"] == "c" for p in payloads)
    for status, outcome in [(429, "later"), (500, "later"), (400, "never")]:
        service.answers = [(status, {}, {"status": "no"})]
        assert ours.send(item(), channel="pager")["outcome"] == outcome


def test_our_webhook_is_signed_over_the_bytes_that_arrive(places):
    service = places(Service)
    ours = places(Sample, places.folder, [{"name": "ours", "kind": "webhook", "secret-file": "hook", "url": service.url}])
    assert ours.send(item(title="ä"), item(number=2), channel="ours", key="k 1")["outcome"] == "sent"
    _, _, headers, body = service.requests[0]
    seconds, signature = (part.split("=")[1] for part in headers["X-Kintsugi-Signature"].split(","))
    right = hmac.new(b"hush", f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    assert signature == right and abs(int(seconds) - time.time()) < 60 and headers["X-Kintsugi-Key"] == "k 1"
    assert [each["notice"]["id"] for each in json.loads(body)["notices"]] == ["I-1/n1", "I-1/n2"]
