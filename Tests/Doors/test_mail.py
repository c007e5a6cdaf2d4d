"""Mails reach a server of somebody else's making whole, once as far as mail can tell, and are read by Python's own parser."""

import email
import email.policy
import ssl
import subprocess
import threading

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from peers import AT, PLAN, STATE, Sample, item, until


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
        assert parsed["Date"].datetime.timestamp() == AT and parsed["To"] == "ada@example.org"
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
    server = Server(box)
    port = server.port

    def die():
        # It has the mail, and its word never comes.
        raise ConnectionResetError

    box.hold = die
    ours = places(Sample, places.folder, [mail(port)])
    ours("notice", notice=item()["notice"])
    ours("notice", notice=item("resolved", number=2)["notice"])
    until(lambda: box.mails)
    server.stop()
    box.hold = None
    places(Server, box, port)
    until(lambda: ours.outcomes() == ["sent", "sent"])
    ids = [email.message_from_bytes(raw)["Message-ID"] for raw in box.mails]
    assert len(ids) >= 3 and len(set(ids)) == 2 and ids == [ids[0]] * (len(ids) - 1) + [ids[-1]]
    assert all(raw == box.mails[0] for raw in box.mails[:-1])


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
