"""What leaves for people is read by the libraries that others use for it, and what comes back is told from forgeries."""

import email
import email.policy
import hashlib
import hmac
import json
import signal
import subprocess
import threading
import time
import urllib.parse

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from conftest import BUILD
from peers import Service
from slack_sdk import WebClient
from slack_sdk.models.blocks import Block
from slack_sdk.signature import Clock, SignatureVerifier

SIGNING = "8f742231b10e8888abcd99yyyzzz85a5"
PLAN, STATE = "a" * 64, "b" * 64
AT = 1_900_000_000


class Sample:
    """Our channels, in a process of their own."""

    def __init__(self, folder, channels, **more):
        self.folder, self.data = folder, folder / "data"
        (self.data / "secrets").mkdir(parents=True, exist_ok=True)
        for name, secret in {"signing": SIGNING, "token": "xoxb-1", "key": "routing-key", "hook": "hush",
                             "links": "a secret for links", "password": "geheim", **more.pop("secrets", {})}.items():  # fmt: skip
            (self.data / "secrets" / name).write_text(secret + "\n")
        names = [channel["name"] for channel in channels]
        self.configuration = folder / "comms.yaml"
        self.configuration.write_text(json.dumps({
            "version": 1, "link": "https://console.example.org", "channels": channels,
            "routes": [{"audience": "engineers", "channels": names}],
            "slack": {"secret-file": "signing", "people": {"U1": "ada"}}, "mail-links": {"secret-file": "links"}, **more,
        }))  # fmt: skip
        self.begin()

    def begin(self):
        self.process = subprocess.Popen(
            [BUILD / "ChannelSample", self.configuration, self.data],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def __call__(self, call, **more):
        self.process.stdin.write(json.dumps({"call": call, **more}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        return json.loads(line)

    def send(self, *items, channel="chat", key="I-1/n1>chat", **more):
        return self("send", channel=channel, key=key, items=list(items), **more)

    def outcomes(self, incident="I-1", channel="mail"):
        found = self("notifications", incident=incident)["notifications"]
        return [each["outcome"] for each in found if each["channel"] == channel]

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate(timeout=30)

    def end(self):
        if self.process.poll() is None:
            self.process.communicate(timeout=30)


def item(kind="opened", title="orders are slow", text="p99 above 1 s", number=1, incident="I-1", priority=2, **facts):
    asked = {"plan": PLAN, "state": STATE} if kind == "approvalNeeded" else {}
    notice = {"id": f"{incident}/n{number}", "incident": incident, "generation": 1, "kind": kind, "priority": priority,
              "title": title, "text": text, "at": AT * 10**9, **asked}  # fmt: skip
    return {"notice": notice, "facts": facts}


def until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        threading.Event().wait(0.05)


@pytest.fixture
def places(tmp_path):
    """Makes services and processes, and ends them."""
    made = []

    def make(kind, *arguments, **more):
        made.append(kind(*arguments, **more))
        return made[-1]

    make.folder = tmp_path
    yield make
    for each in reversed(made):
        each.end() if isinstance(each, Sample) else each.stop()


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


# --- Mail


class Box:
    """Keeps what comes, as bytes; `hold` is asked before an answer."""

    def __init__(self, hold=None):
        self.mails, self.hold = [], hold

    async def handle_DATA(self, server, session, envelope):
        self.mails.append(envelope.content)
        return self.hold() if self.hold else "250 OK"


class Server(Controller):
    def __init__(self, box, port=0, **more):
        super().__init__(box, hostname="127.0.0.1", port=port, **more)
        self.start()

    def _trigger_server(self):
        # The port that the system gave is known now.
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def mail(port, **more):
    return {"name": "mail", "kind": "mail", "server": "127.0.0.1", "port": port, "tls": "none",
            "from": "kintsugi@example.org", "to": ["ada@example.org"], "patience": "50ms", **more}  # fmt: skip


def test_pythons_own_parser_reads_our_mails_as_one_thread(places):
    box = Box()
    server = places(Server, box)
    ours = places(Sample, places.folder, [mail(server.port, person="ada")])
    title = "Bestellungen langsam – größer\r\nBcc: eve@example.org"
    body = "ä\n.\n.dot\nFrom me\n" + "long " * 500 + "<b>&"
    first = ours.send(item("approvalNeeded", title, body, cause="c"), channel="mail", key="one")
    second = ours.send(item("resolved", title, body), channel="mail", key="two", thread=first["text"])
    ours.send(item("approvalNeeded", title, body, cause="c"), channel="mail", key="one", isRepeat=True)
    read = [email.message_from_bytes(raw, policy=email.policy.default) for raw in box.mails]
    assert [m["Message-ID"] for m in read] == [first["text"], second["text"], first["text"]]
    assert read[0]["In-Reply-To"] is None
    assert read[1]["In-Reply-To"] == read[1]["References"] == first["text"]
    for raw, parsed in zip(box.mails, read, strict=True):
        assert not parsed.defects and all(len(line) <= 78 for line in raw.split(b"\r\n")) and raw.isascii()
        assert b"\n" not in raw.replace(b"\r\n", b"") and parsed["Auto-Submitted"] == "auto-generated"
        assert parsed["Bcc"] is None and "größer Bcc: eve@example.org" in parsed["Subject"]
        assert parsed["Date"].datetime.timestamp() == AT and parsed["To"] == "<ada@example.org>"
        parts = {part.get_content_type(): part.get_content() for part in parsed.iter_parts()}
        assert body in parts["text/plain"].replace("\r\n", "\n")
        assert "&lt;b&gt;&amp;" in parts["text/html"] and "<b>&" not in parts["text/html"]
    lines = read[0].get_body(("plain",)).get_content().splitlines()
    links = {line.split(": ")[0]: line.split("/mail/")[1] for line in lines if "/mail/" in line}
    found = ours("open", token=links["Approve"])
    assert (found["outcome"], found["person"], found["action"]) == ("link", "ada", "approve")
    assert (found["plan"], found["state"]) == (PLAN, STATE)
    assert ours("open", token=links["Reject"])["text"] != found["text"]
    assert ours("open", token=links["Approve"], now=2**62)["outcome"] == "refused"


def certificate(folder):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    import ssl

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def test_a_password_goes_over_tls_alone(places):
    context = certificate(places.folder)
    seen = []

    def check(_server, _session, _envelope, _mechanism, data):
        seen.append((data.login, data.password))
        return AuthResult(success=data.password == b"geheim")

    box = Box()
    safe = places(Server, box, tls_context=context, require_starttls=True, auth_required=True, authenticator=check)
    plain = places(Server, box)
    user = {"user": "kintsugi", "secret-file": "password", "tls": "starttls",
            "authorities": str(places.folder / "cert.pem")}  # fmt: skip
    ours = places(Sample, places.folder, [
        mail(safe.port, **user), {**mail(plain.port, **user), "name": "plain"},
        {**mail(safe.port, **user, ), "name": "stranger", "authorities": "/etc/ssl/certs/ca-certificates.crt"}])  # fmt: skip
    assert ours.send(item(), channel="mail")["outcome"] == "sent" and seen == [(b"kintsugi", b"geheim")]
    for channel in ("plain", "stranger"):
        assert ours.send(item(), channel=channel) | {"text": ""} == {"outcome": "later", "text": "", "after": 0, "mayHaveArrived": False}  # fmt: skip
    (ours.data / "secrets" / "password").write_text("wrong")
    wrong = ours.send(item(), channel="mail")
    assert wrong["outcome"] == "later" and "wrong" not in wrong["text"] and len(box.mails) == 1


@pytest.mark.parametrize("code, outcome", [("451 later", "later"), ("552 too large", "never")])
def test_a_mail_servers_refusals_are_told_apart(places, code, outcome):
    server = places(Server, Box(lambda: code))
    ours = places(Sample, places.folder, [mail(server.port)])
    found = ours.send(item(), channel="mail")
    assert found["outcome"] == outcome and found.get("mayHaveArrived") in (None, False) and code[:3] in found["text"]


def test_a_server_that_dies_half_way_loses_nothing_and_its_repetition_is_the_same_mail(places):
    box = Box()
    server = places(Server, box)
    port = server.port

    def die():
        # It has the mail, and its word never comes.
        for handler in list(server.server.sockets):
            handler.close()
        for task in __import__("asyncio").all_tasks(server.loop):
            task.cancel()
        return "250 OK"

    box.hold = die
    ours = places(Sample, places.folder, [mail(port)])
    ours("notice", notice=item()["notice"])
    ours("notice", notice=item("resolved", number=2)["notice"])
    until(lambda: len(box.mails) == 1)
    server.stop(no_assert=True)
    box.hold = None
    places(Server, box, port)
    until(lambda: ours.outcomes() == ["sent", "sent"])
    ids = [email.message_from_bytes(raw)["Message-ID"] for raw in box.mails]
    assert len(ids) == 3 and ids[0] == ids[1] != ids[2]


def test_we_die_half_way_and_nothing_is_lost(places):
    held = threading.Event()
    box = Box(lambda: held.wait(30) and "250 OK")
    server = places(Server, box)
    ours = places(Sample, places.folder, [mail(server.port)])
    assert ours("notice", notice=item()["notice"])["outcome"] == "taken"
    until(lambda: len(box.mails) == 1)
    ours.kill()
    held.set()
    ours.begin()
    assert ours("notice", notice=item()["notice"])["outcome"] == "taken"
    until(lambda: ours.outcomes() == ["sent"])
    assert len({email.message_from_bytes(raw)["Message-ID"] for raw in box.mails}) == 1 and len(box.mails) == 2
