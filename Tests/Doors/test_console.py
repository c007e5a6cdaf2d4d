"""The console's API as a browser finds it: sessions, changes, and what is refused."""

import base64
import http.client
import json
import struct
import time
import uuid

import pytest
from nacl.signing import SigningKey


def until(condition, seconds=20):
    # Polls for what another process does.
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to pass in time"
        # Polls: the pace of looking.
        time.sleep(0.05)


def unpadded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Browser:
    """What a page does, without the page."""

    def __init__(self, shop):
        self.host = shop.url("console").removeprefix("http://")
        self.cookie = self.word = self.key = self.grant = None

    def ask(self, method, path, body=None, headers=None, word=True):
        connection = http.client.HTTPConnection(self.host, timeout=20)
        sent = dict(headers or {})
        if body is not None:
            sent["content-type"] = "application/json"
        if self.cookie:
            sent["cookie"] = self.cookie
        if word and self.word and method != "GET":
            sent["x-kintsugi-session"] = self.word
        connection.request(method, path, None if body is None else json.dumps(body), sent)
        answer = connection.getresponse()
        text = answer.read()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, json.loads(text) if text.startswith((b"{", b"[")) else text, found

    def enter(self, link):
        values = dict(part.split("=", 1) for part in link.split("/#")[1].split("&"))
        self.key = SigningKey(unpadded(values["key"]))
        self.grant = json.loads(unpadded(values["grant"]))
        status, said, headers = self.ask("POST", "/api/session", self.grant)
        if status == 201:
            self.cookie = headers["set-cookie"].split(";")[0]
            self.word = said["word"]
        return status, said, headers


def link(shop):
    return shop.does("console").strip()


@pytest.fixture
def browser(shop):
    browser = Browser(shop)
    assert browser.enter(link(shop))[0] == 201
    return browser


def test_a_link_is_good_for_once_and_its_session_ends_where_it_is_ended(shop):
    browser = Browser(shop)
    assert browser.ask("GET", "/api/now")[0] == 401
    text = link(shop)
    status, said, headers = browser.enter(text)
    assert status == 201 and said["person"] == "operator" and "admin" in said["roles"]
    cookie = headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/" in cookie
    assert Browser(shop).enter(text)[0] == 403
    assert browser.ask("GET", "/api/session")[1]["person"] == "operator"
    assert browser.ask("DELETE", "/api/session")[0] == 204
    assert browser.ask("GET", "/api/session")[0] == 401


@pytest.mark.parametrize("change", ["person", "expires", "publicKey", "signature"])
def test_an_altered_grant_begins_no_session(shop, change):
    browser = Browser(shop)
    values = dict(part.split("=", 1) for part in link(shop).split("/#")[1].split("&"))
    grant = json.loads(unpadded(values["grant"]))
    other = {"person": "somebody", "expires": str(int(grant["expires"]) + 1),
             "publicKey": base64.b64encode(bytes(32)).decode(), "signature": base64.b64encode(bytes(64)).decode()}
    grant[change] = other[change]
    assert browser.ask("POST", "/api/session", grant)[0] == 403
    # What was tried, and who, is on record.
    seer = Browser(shop)
    until(lambda: seer.enter(link(shop))[0] == 201)
    acts = seer.ask("GET", "/api/audit")[1]["acts"]
    assert any(act["act"] == "sign in" and act["outcome"] != "done" for act in acts)


def test_a_cookie_that_was_changed_by_one_letter_is_nobodys(browser):
    for place in (20, len(browser.cookie) - 1):
        other = Browser.__new__(Browser)
        other.host, other.word = browser.host, browser.word
        letter = "0" if browser.cookie[place] != "0" else "1"
        other.cookie = browser.cookie[:place] + letter + browser.cookie[place + 1:]
        assert other.ask("GET", "/api/session")[0] == 401


def test_another_sites_page_changes_nothing_with_the_cookie_alone(browser):
    report = {"title": "from elsewhere"}
    assert browser.ask("POST", "/api/incidents", report, word=False)[0] == 403
    assert browser.ask("POST", "/api/incidents", report, {"x-kintsugi-session": "0" * 64}, word=False)[0] == 403


def test_an_incident_is_reported_commented_and_over_and_its_post_mortem_is_there(browser):
    script = "<script>alert(document.domain)</script>"
    status, said, _ = browser.ask("POST", "/api/incidents", {"title": script, "service": "orders"})
    assert status == 201
    incident = said["id"]
    path = f"/api/incidents/{incident}"
    wish = {"id": str(uuid.uuid4()), "kind": "comment", "text": script}
    assert browser.ask("POST", f"{path}/commands", wish)[0] == 200
    assert browser.ask("POST", f"{path}/commands", wish)[0] == 200
    entries = browser.ask("GET", f"{path}/journal")[1]["entries"]
    assert sum(entry["kind"] == "command" for entry in entries) == 1
    assert browser.ask("GET", f"{path}/at/1")[1]["stage"] == "open"
    assert browser.ask("GET", f"{path}/at/100000")[0] == 404
    assert browser.ask("POST", f"{path}/commands", {"id": str(uuid.uuid4()), "kind": "resolve"})[0] == 200
    until(lambda: any(
        line["incident"] == incident for line in browser.ask("GET", "/api/postmortems")[1]["postmortems"]))
    document = browser.ask("GET", f"/api/postmortems/{incident}")[1]
    assert document["title"] == script
    acts = browser.ask("GET", "/api/audit")[1]["acts"]
    assert {"create", "comment", "resolve"} <= {act["act"] for act in acts}


def text(value):
    raw = value.encode()
    assert len(raw) < 256
    return (bytes([0x60 | len(raw)]) if len(raw) < 24 else bytes([0x78, len(raw)])) + raw


def data(value):
    return (bytes([0x40 | len(value)]) if len(value) < 24 else bytes([0x58, len(value)])) + value


def number(value):
    if value < 24:
        return bytes([value])
    for head, form, most in ((0x18, ">B", 1 << 8), (0x19, ">H", 1 << 16), (0x1A, ">I", 1 << 32), (0x1B, ">Q", 1 << 64)):
        if value < most:
            return bytes([head]) + struct.pack(form, value)
    raise ValueError(value)


def test_an_answer_that_nobody_asked_for_or_that_another_key_signed_does_not_count(browser):
    now = time.time_ns()
    plan, state = "ab" * 32, "cd" * 32
    answer = {"id": str(uuid.uuid4()), "answer": "approve", "generation": 1, "plan": plan, "state": state,
              "given": str(now), "feedback": None}
    statement = (bytes([0x80 | 10]) + text("kintsugi approval 1") + text(answer["id"]) + text("approve") + text("I-99")
                 + number(1) + data(bytes.fromhex(plan)) + data(bytes.fromhex(state)) + text("operator") + number(now)
                 + b"\xf6")
    del answer["feedback"]
    own = base64.b64encode(browser.key.sign(statement).signature).decode()
    other = base64.b64encode(SigningKey.generate().sign(statement).signature).decode()
    said = browser.ask("POST", "/api/incidents/I-99/answer", answer | {"signature": own})[1]
    # The proof is believed; the plan is one that nobody judged.
    assert said["counts"] is False and said["person"] == "operator", said
    said = browser.ask("POST", "/api/incidents/I-99/answer", answer | {"id": str(uuid.uuid4()), "signature": other})[1]
    assert said["counts"] is False and said.get("person") is None, said


def test_a_page_may_load_nothing_from_elsewhere_and_runs_no_script_but_its_own(shop):
    connection = http.client.HTTPConnection(shop.url("console").removeprefix("http://"), timeout=20)
    connection.request("GET", "/")
    answer = connection.getresponse()
    body = answer.read()
    policy = answer.getheader("content-security-policy")
    assert answer.status == 200 and b"<html" in body
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
    tag = answer.getheader("etag")
    connection.request("GET", "/", headers={"if-none-match": tag})
    assert connection.getresponse().status == 304


def test_events_come_as_they_happen_and_from_where_one_was(browser):
    def events(last=None):
        connection = http.client.HTTPConnection(browser.host, timeout=20)
        headers = {"cookie": browser.cookie} | ({"last-event-id": str(last)} if last else {})
        connection.request("GET", "/api/events", headers=headers)
        answer = connection.getresponse()
        assert answer.status == 200
        identity = None
        while True:
            line = answer.readline().decode().rstrip("\r\n")
            if line.startswith("id: "):
                identity = int(line[4:])
            elif line.startswith("data: ") and identity is not None:
                yield identity, json.loads(line[6:])
                identity = None

    listening = events()
    said = browser.ask("POST", "/api/incidents", {"title": "seen at once"})[1]["id"]
    seen = next(entry for entry in listening if entry[1]["incident"] == said)
    assert browser.ask("POST", f"/api/incidents/{said}/commands", {"id": str(uuid.uuid4()), "kind": "resolve"})[0] == 200
    # Who comes back is told what came since, and nothing twice.
    again = events(seen[0])
    after = next(again)
    assert after[0] == seen[0] + 1


def test_two_replicas_serve_one_session(shop, browser):
    shop.does("scale", "comms", "2")
    try:
        for _ in range(20):
            assert browser.ask("GET", "/api/session")[0] == 200
        assert browser.ask("POST", "/api/incidents", {"title": "by any of them"})[0] == 201
    finally:
        shop.does("scale", "comms", "1")


def test_the_command_line_says_what_the_console_says(shop, browser):
    status = json.loads(shop.does("status", "--json"))
    slots = {slot["name"] for slot in browser.ask("GET", "/api/now")[1]["cluster"]["slots"]}
    assert {slot["name"] for slot in status["slots"]} == slots


@pytest.mark.parametrize("name", ["--help", "run", "clear", "list", "nowhere", "'%3Btrue"])
def test_only_a_fault_can_be_done_and_no_word_of_the_command_line(browser, name):
    status, said, _ = browser.ask("POST", f"/api/chaos/{name}", {})
    assert status == 409 and "no fault of this name" in said["detail"], said
