"""A console's server that is none: it serves the pages from their folder and answers from a story that a real cluster told.

For designing (`python Tests/Console/fake.py [PORT]`, then sign in as kim with the token "design") and for the tests of the pages.
"""

import base64
import hashlib
import json
import queue
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

import cbor2
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey
from story import ROOT, House, Problem, answer

ASSETS = ROOT / "Sources/ConsoleFiles/assets"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def person_key(token):
    return SigningKey(hashlib.sha256(b"kintsugi person 1\0" + token.encode()).digest())


def grant_statement(grant):
    return cbor2.dumps(
        [
            "kintsugi session 1",
            grant["person"],
            base64.b64decode(grant["publicKey"]),
            int(grant["issued"]),
            int(grant["expires"]),
            base64.b64decode(grant["nonce"]),
        ]
    )


def approval_statement(body, incident, person):
    return cbor2.dumps(
        [
            "kintsugi approval 1",
            body["id"],
            body["answer"],
            incident,
            body["generation"],
            bytes.fromhex(body["plan"]),
            bytes.fromhex(body["state"]),
            person,
            int(body["given"]),
            body["feedback"],
        ]
    )


def one_time_link(url, person="kim", token="design"):
    """What `kintsugi console` would print."""
    session = SigningKey.generate()
    now = time.time_ns() - 1_000_000_000
    grant = {
        "person": person,
        "publicKey": base64.b64encode(bytes(session.verify_key)).decode(),
        "issued": str(now),
        "expires": str(now + 3_600_000_000_000),
        "nonce": base64.b64encode(SigningKey.generate().encode()[:16]).decode(),
    }
    grant["signature"] = base64.b64encode(person_key(token).sign(grant_statement(grant)).signature).decode()

    def url_safe(raw):
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    return f"{url}/#key={url_safe(session.encode())}&grant={url_safe(json.dumps(grant).encode())}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    house: House

    def log_message(self, *_):
        pass

    def _send(self, status, body=b"", kind="application/json", **headers):
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.send_header("content-security-policy", POLICY)
        self.send_header("x-content-type-options", "nosniff")
        self.send_header("cache-control", "no-store")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def _json(self, status, value, **headers):
        self._send(status, json.dumps(value).encode(), **headers)

    def _session(self):
        cookie = self.headers.get("cookie", "")
        word = dict(pair.strip().split("=", 1) for pair in cookie.split(";") if "=" in pair).get("kintsugi-session")
        return self.house.sessions.get(word)

    def _begin(self, grant):
        kind, key = grant["person"], person_key("design").verify_key
        try:
            key.verify(grant_statement(grant), base64.b64decode(grant["signature"]))
        except BadSignatureError:
            raise Problem(401, "Unauthorized", f"The grant is not signed by a key of {kind}.") from None
        if grant["nonce"] in self.house.nonces:
            raise Problem(403, "Forbidden", "This grant was used before.")
        self.house.nonces.add(grant["nonce"])
        word = hashlib.sha256(grant["nonce"].encode()).hexdigest()
        self.house.sessions[word] = {"grant": grant, "answer": {"person": kind, "roles": self.house.roles, "word": word[:20], "expires": grant["expires"]}}
        self._json(201, self.house.sessions[word]["answer"], set_cookie=f"kintsugi-session={word}; HttpOnly; SameSite=Strict; Path=/")

    def _answered(self, incident, body, session):
        grant, house = session["grant"], self.house
        try:
            VerifyKey(base64.b64decode(grant["publicKey"])).verify(
                approval_statement(body, incident, grant["person"]), base64.b64decode(body["signature"]))
        except BadSignatureError:
            raise Problem(403, "Forbidden", "The signature is not of this session over this answer.") from None
        house.answers.append(body)
        if body["answer"] == "approve":
            threading.Thread(target=house.go_on).start()
        self._json(200, {"counts": True, "person": grant["person"], "text": "one of one has agreed",
                         "standing": {"outcome": "granted", "people": [grant["person"]], "missing": 0, "text": ""}})

    def _events(self):
        house, own = self.house, queue.Queue()
        with house.lock:
            last = self.headers.get("last-event-id")
            missed = [each for each in house.events if last and each[0] > int(last)]
            house.streams.append(own)
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("cache-control", "no-store")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True
        house.asked.append(("events", last))
        try:
            for each in missed:
                self._event(*each)
            while True:
                try:
                    each = own.get(timeout=1)
                    if each is None:
                        return
                    self._event(*each)
                except queue.Empty:
                    self._event(None, "house", {"at": time.time_ns(), "slots": house.slots(), "edges": house.edges(int(time.time()))})
        except OSError:
            pass
        finally:
            house.streams.remove(own)

    def _event(self, number, event, data):
        head = "" if number is None else f"id: {number}\n"
        self.wfile.write(f"{head}event: {event}\ndata: {json.dumps(data)}\n\n".encode())
        self.wfile.flush()

    def _file(self, path):
        file = ASSETS / (path.lstrip("/") or "index.html")
        if not file.is_file() or ASSETS not in file.resolve().parents:
            raise Problem(404, "Not Found", f"There is no {path}.")
        self._send(200, file.read_bytes(), TYPES[file.suffix] + "; charset=utf-8")

    def _take(self):
        address = urlsplit(self.path)
        path, query = address.path, {name: all[-1] for name, all in parse_qs(address.query).items()}
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        body = json.loads(raw) if raw else None
        try:
            if not path.startswith("/api/"):
                return self._file(path)
            self.house.asked.append((self.command, path))
            session = self._session()
            if path == "/api/session" and self.command == "POST":
                return self._begin(body)
            if session is None:
                raise Problem(401, "Unauthorized", "Nobody is signed in.")
            if path == "/api/session":
                return self._json(200, session["answer"])
            if self.command != "GET" and self.headers.get("x-kintsugi-session") != session["answer"]["word"]:
                raise Problem(403, "Forbidden", "The session's word is not there.")
            if path == "/api/events":
                return self._events()
            if path.endswith("/answer"):
                return self._answered(unquote(path.split("/")[3]), body, session)
            value = answer(self.house, self.command, path, query, body, session["grant"]["person"])
            return self._json(201 if (self.command, path) == ("POST", "/api/incidents") else 200, value)
        except Problem as problem:
            return self._json(problem.status, problem.body)

    do_GET = do_POST = do_DELETE = _take


class Server:
    """The fake, on a port of its own."""

    def __init__(self, port=0, **more):
        self.house = House(**more)
        self.http = ThreadingHTTPServer(("127.0.0.1", port), type("Own", (Handler,), {"house": self.house}))
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self):
        self.house.drop_streams()
        self.http.shutdown()
        self.http.server_close()


if __name__ == "__main__":
    server = Server(int(sys.argv[1]) if len(sys.argv) > 1 else 8099)
    print(one_time_link(server.url))
    try:
        while input("Enter: the story goes on\n") is not None:
            server.house.go_on()
    except (EOFError, KeyboardInterrupt):
        server.close()
