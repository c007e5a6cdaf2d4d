"""Other people's services, as far as channels speak to them."""

import http.server
import json
import signal
import subprocess
import threading
import time

from conftest import BUILD

SIGNING = "8f742231b10e8888abcd99yyyzzz85a5"
PLAN, STATE = "a" * 64, "b" * 64
AT = 1_900_000_000


class Service:
    """Answers what it is told to, in order, and then `usual`; keeps every request. An answer of None cuts the line."""

    def __init__(self, usual=(200, {}, {"ok": True})):
        self.usual, self.answers, self.requests = usual, [], []
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                service.requests.append((self.command, self.path, dict(self.headers.items()), body))
                answer = service.answers.pop(0) if service.answers else service.usual
                answer = answer(self, body) if callable(answer) else answer
                if answer is None:
                    self.close_connection = True
                    self.connection.close()
                    return
                status, headers, text = answer
                text = text if isinstance(text, bytes) else json.dumps(text).encode()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(text)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def bodies(self, path=""):
        return [json.loads(body) for _, found, _, body in self.requests if body and found.startswith(path)]


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
