"""A stand-in for GitHub's API. Every request is held against GitHub's own description of its API, and every answer, too. Its
objects are those of a real git repository."""

import base64
import http.server
import json
import re
import subprocess
import threading
import time
import typing
import urllib.parse

import pydantic
from description import AT, example, operations, over
from githubkit_schemas.v2022_11_28.models import SimpleCommitStatus, SimpleUser


class Refusal(Exception):
    def __init__(self, status, message, errors=None, headers=None):
        super().__init__(message)
        self.status, self.headers = status, headers or {}
        self.body = {"message": message, "documentation_url": "https://docs.github.com/rest"}
        if errors:
            self.body["errors"] = errors


class StandIn:
    def __init__(self, repository, token="ghp_secret", login="kintsugi-bot"):
        self.repository, self.token, self.login = str(repository), token, login
        self.operations = operations()
        self.pulls, self.reviews, self.comments, self.statuses = [], {}, {}, {}
        self.wrong, self.seen, self.failures = [], [], []
        self.waiting = threading.Event()
        self.lock = threading.RLock()
        handler = type("Handler", (Handler,), {"standin": self})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self):
        self.waiting.set()
        self.server.shutdown()
        self.server.server_close()

    def fail(self, method, path, refusal, times=1, after=False):
        """The next such requests are refused; `after` they were carried out. None hangs."""
        self.failures.append([method, re.compile(path), refusal, times, after])

    # Git.

    def git(self, *arguments, data=None, ok=(0,), **environment):
        done = subprocess.run(
            ["git", *arguments], input=data, capture_output=True, check=False,
            env={"GIT_DIR": self.repository, "PATH": "/usr/bin:/bin", "GIT_CONFIG_GLOBAL": "/dev/null", **environment},
        )  # fmt: skip
        if done.returncode not in ok:
            raise Refusal(422, done.stderr.decode() or "no such object")
        return done.stdout.decode().strip()

    def tip(self, branch):
        return self.git("for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}")

    def commit_tree(self, message, tree, parents, who):
        date = who.get("date", AT)
        return self.git(
            "commit-tree", tree, *[word for parent in parents for word in ("-p", parent)], data=message.encode(),
            GIT_AUTHOR_NAME=who["name"], GIT_AUTHOR_EMAIL=who["email"], GIT_AUTHOR_DATE=date,
            GIT_COMMITTER_NAME=who["name"], GIT_COMMITTER_EMAIL=who["email"], GIT_COMMITTER_DATE=date)  # fmt: skip

    # Requests.

    def answer(self, method, path, query, body, headers):
        if headers.get("Authorization") != f"Bearer {self.token}":
            raise Refusal(401, "Bad credentials")
        for operation in self.operations:
            match = operation.pattern.match(path)
            if match and operation.method == method:
                break
        else:
            self.wrong.append(f"{method} {path}: there is no such operation")
            raise Refusal(404, "Not Found")
        arguments = {name: urllib.parse.unquote(value) for name, value in match.groupdict().items()}
        try:
            model = operation.expected(arguments, query, body)
        except (AssertionError, TypeError, ValueError) as error:
            self.wrong.append(f"{method} {path}: {error}")
            raise Refusal(422, "Invalid request.") from error
        if headers.get("X-GitHub-Api-Version") != "2022-11-28" or not headers.get("User-Agent"):
            self.wrong.append(f"{method} {path}: its headers are {dict(headers)}")
        with self.lock:
            status, value = getattr(self, f"{operation.client.__module__.split('.')[-1]}_{operation.name}")(
                arguments, query, body or {}, headers)  # fmt: skip
        if model and not isinstance(value, bytes):
            value = self.valid(model, value)
        return status, value

    def valid(self, model, value):
        """The answer with all that the description asks for besides."""
        item = typing.get_args(model)
        if typing.get_origin(model) is list:
            return [self.valid(item[0], one) for one in value]
        whole = over(example(model), value)
        pydantic.TypeAdapter(model).validate_python(whole)
        return whole

    def user(self, login):
        return over(example(SimpleUser), {"login": login})

    def users_get_authenticated(self, *_):
        return 200, {"login": self.login, "user_view_type": "private"}

    # Objects.

    def git_create_blob(self, _, __, body, ___):
        data = base64.b64decode(body["content"], validate=True)
        return 201, {"sha": self.git("hash-object", "-w", "--stdin", data=data), "url": self.url}

    def git_create_tree(self, _, __, body, ___):
        index = f"{self.repository}/index.{time.monotonic_ns()}"
        self.git("read-tree", body["base_tree"], GIT_INDEX_FILE=index)
        lines = [
            f"{entry['mode'] if entry['sha'] else '0'} {entry['sha'] or '0' * 40}\t{entry['path']}\n"
            for entry in body["tree"]
        ]
        self.git("update-index", "--index-info", data="".join(lines).encode(), GIT_INDEX_FILE=index)
        return 201, {"sha": self.git("write-tree", GIT_INDEX_FILE=index), "url": self.url}

    def git_create_commit(self, _, __, body, ___):
        sha = self.commit_tree(body["message"], body["tree"], body["parents"], body["author"])
        return 201, {"sha": sha, "tree": {"sha": body["tree"], "url": self.url}}

    def git_get_commit(self, arguments, *_):
        sha = self.git("rev-parse", "--verify", "-q", f"{arguments['commit_sha']}^{{commit}}", ok=(0, 1, 128))
        if not sha:
            raise Refusal(404, "Not Found")
        return 200, {"sha": sha, "tree": {"sha": self.git("rev-parse", f"{sha}^{{tree}}"), "url": self.url}}

    # References.

    def git_get_ref(self, arguments, *_):
        sha = self.tip(arguments["ref"].removeprefix("heads/"))
        if not sha:
            raise Refusal(404, "Not Found")
        return 200, {"ref": f"refs/{arguments['ref']}", "object": {"sha": sha, "type": "commit"}}

    def git_create_ref(self, _, __, body, ___):
        if self.tip(body["ref"].removeprefix("refs/heads/")):
            raise Refusal(422, "Reference already exists")
        self.git("update-ref", body["ref"], body["sha"])
        return 201, {"ref": body["ref"], "object": {"sha": body["sha"], "type": "commit"}}

    def git_update_ref(self, arguments, _, body, __):
        self.git("update-ref", f"refs/{arguments['ref']}", body["sha"])
        return 200, {"ref": f"refs/{arguments['ref']}", "object": {"sha": body["sha"], "type": "commit"}}

    # Pull requests.

    def shown(self, pull):
        head = self.tip(pull["branch"]) if pull["state"] == "open" else pull["head"]
        value = {
            "number": pull["number"], "title": pull["title"], "body": pull["body"], "state": pull["state"],
            "user": self.user(pull["user"]), "head": {"ref": pull["branch"], "sha": head},
            "base": {"ref": "main", "sha": self.tip("main")}, "created_at": AT, "updated_at": AT,
            "merged_at": AT if pull.get("merged") else None, "merge_commit_sha": pull.get("merged"),
        }  # fmt: skip
        return head, value

    def find(self, arguments, name="pull_number"):
        for pull in self.pulls:
            if pull["number"] == int(arguments[name]):
                return pull
        raise Refusal(404, "Not Found")

    def pulls_list(self, _, query, *__):
        found = [pull for pull in reversed(self.pulls) if query.get("state", "open") in ("all", pull["state"])]
        if "head" in query:
            found = [pull for pull in found if query["head"].split(":", 1)[1] == pull["branch"]]
        size, page = int(query.get("per_page", 30)), int(query.get("page", 1))
        assert size <= 100
        return 200, [self.shown(pull)[1] for pull in found[(page - 1) * size : page * size]]

    def pulls_get(self, arguments, _, __, headers):
        pull = self.find(arguments)
        head, value = self.shown(pull)
        if headers["Accept"] == "application/vnd.github.diff":
            return 200, self.git("diff", f"main...{head}").encode() + b"\n"
        merger = self.user(pull["merged_by"]) if pull.get("merged") else None
        return 200, {**value, "merged": bool(pull.get("merged")), "merged_by": merger}

    def pulls_create(self, _, __, body, ___):
        if any(pull["branch"] == body["head"] and pull["state"] == "open" for pull in self.pulls):
            message = f"A pull request already exists for owner:{body['head']}."
            raise Refusal(422, "Validation Failed", [
                {"resource": "PullRequest", "code": "custom", "message": message}])  # fmt: skip
        return 201, self.shown(self.open(body["title"], body["head"], body["body"], self.login))[1]

    def open(self, title, branch, body, user):
        self.pulls.append({"number": len(self.pulls) + 1, "title": title, "body": body, "branch": branch,
                           "state": "open", "user": user})  # fmt: skip
        return self.pulls[-1]

    def pulls_update(self, arguments, _, body, __):
        pull = self.find(arguments)
        pull["head"] = self.tip(pull["branch"])
        pull.update(body)
        return 200, self.shown(pull)[1]

    def pulls_merge(self, arguments, _, body, __):
        pull = self.find(arguments)
        head = self.tip(pull["branch"])
        if pull["state"] != "open":
            raise Refusal(405, "Pull Request is not mergeable")
        if body["sha"] != head:
            raise Refusal(409, "Head branch was modified. Review and try the merge again.")
        main = self.tip("main")
        try:
            tree = self.git("merge-tree", "--write-tree", main, head)
        except Refusal as error:
            raise Refusal(405, "Pull Request is not mergeable") from error
        who = {"name": self.login, "email": "bot@users.noreply.github.com"}
        sha = self.commit_tree(f"{body['commit_title']}\n\n{body['commit_message']}", tree, [main, head], who)
        self.git("update-ref", "refs/heads/main", sha, main)
        pull.update(state="closed", merged=sha, merged_by=self.login, head=head)
        return 200, {"sha": sha, "merged": True, "message": "Pull Request successfully merged"}

    # What is said.

    def pulls_list_reviews(self, arguments, query, *_):
        size, page = int(query.get("per_page", 30)), int(query.get("page", 1))
        return 200, self.reviews.get(arguments["pull_number"], [])[(page - 1) * size : page * size]

    def say(self, number, login, state, body, head):
        review = {"user": self.user(login), "body": body, "state": state, "submitted_at": AT, "commit_id": head}
        self.reviews.setdefault(str(number), []).append(review)
        return review

    def pulls_create_review(self, arguments, _, body, __):
        pull = self.find(arguments)
        if body["event"] != "COMMENT" and pull["user"] == self.login:
            raise Refusal(422, "Unprocessable Entity", ["Can not approve your own pull request"])
        state = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}[body["event"]]
        return 200, self.say(pull["number"], self.login, state, body["body"], body["commit_id"])

    def issues_list_comments(self, arguments, query, *_):
        size, page = int(query.get("per_page", 30)), int(query.get("page", 1))
        return 200, self.comments.get(arguments["issue_number"], [])[(page - 1) * size : page * size]

    def issues_create_comment(self, arguments, _, body, __):
        self.find(arguments, "issue_number")
        comment = {"user": self.user(self.login), "body": body["body"], "created_at": AT, "updated_at": AT}
        self.comments.setdefault(arguments["issue_number"], []).append(comment)
        return 201, comment

    def repos_create_commit_status(self, arguments, _, body, __):
        assert len(body["description"]) <= 140
        status = {"context": body["context"], "state": body["state"], "description": body["description"],
                  "updated_at": AT, "created_at": AT}  # fmt: skip
        kept = self.statuses.setdefault(arguments["sha"], {})
        kept[body["context"]] = status
        return 201, status

    def repos_get_combined_status_for_ref(self, arguments, *_):
        found = list(self.statuses.get(arguments["ref"], {}).values())
        status = example(SimpleCommitStatus)
        return 200, {"state": "pending", "sha": arguments["ref"], "statuses": [over(status, one) for one in found],
                     "total_count": len(found)}  # fmt: skip


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    standin = None
    # Head and body leave together.
    wbufsize = -1

    def log_message(self, *_):
        pass

    def serve(self):
        standin = self.standin
        parts = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(parts.query, strict_parsing=bool(parts.query)))
        length = int(self.headers.get("Content-Length") or 0)
        text = self.rfile.read(length)
        body = json.loads(text) if text else None
        standin.seen.append((self.command, parts.path, body))
        refusal = self.scripted(parts.path)
        try:
            if refusal and not refusal[1]:
                raise refusal[0]
            status, value = standin.answer(self.command, parts.path, query, body, self.headers)
            if refusal:
                raise refusal[0]
            self.write(status, value, {})
        except Refusal as error:
            self.write(error.status, error.body, error.headers)
        except Hang:
            standin.waiting.wait(60)
            self.close_connection = True
        except Exception as error:  # noqa: BLE001  A mistake of the stand-in is the test's to show.
            standin.wrong.append(f"{self.command} {self.path}: {type(error).__name__}: {error}")
            self.write(500, {"message": "the stand-in failed"}, {})

    def scripted(self, path):
        for failure in self.standin.failures:
            method, pattern, refusal, times, after = failure
            if times > 0 and method == self.command and pattern.search(path):
                failure[3] -= 1
                return refusal if refusal is not None else Hang(), after
        return None

    def write(self, status, value, headers):
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        for name, text in {"Content-Type": "application/json", **headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve


class Hang(Exception):
    """No answer comes."""
