"""Other people's services, as far as channels speak to them."""

import http.server
import json
import threading


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
