"""What the forge asks of GitHub's API is what its description says, and what goes wrong there is said and mended."""

import base64
import json
import os
import subprocess

import pytest
from conftest import BUILD
from github import Refusal, StandIn

TOKEN = "ghp_ThisMustNeverBeSeen"
FIRST = {"cluster.yaml": b"version: 1\n", "acl.yaml": b"version: 1\nroles: {}\n"}


def git(path, *arguments, data=None):
    done = subprocess.run(
        ["git", *arguments], input=data, capture_output=True, check=True,
        env={"GIT_DIR": str(path), "PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null"},
    )  # fmt: skip
    return done.stdout.decode().strip()


def bare(path):
    """A repository whose first commit is the same each time."""
    git(path, "init", "-q", "--bare", "-b", "main", str(path))
    stream = b"commit refs/heads/main\ncommitter operator <o@kintsugi> 1700000000 +0000\ndata 5\nbegin\n"
    for name, text in FIRST.items():
        stream += f"M 100644 inline config/{name}\ndata {len(text)}\n".encode() + text + b"\n"
    git(path, "fast-import", "--quiet", data=stream)
    return git(path, "rev-parse", "main")


class Client:
    """The forge, in a process of its own."""

    def __init__(self, url, token, repository, milliseconds=20_000):
        self.process = subprocess.Popen(
            [BUILD / "ForgeSample", "github", url, "owner", "name", token, repository, str(milliseconds)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.errors = ""

    def __call__(self, call, **more):
        self.process.stdin.write(json.dumps({"call": call, **more}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        assert TOKEN not in line
        return json.loads(line)

    def end(self):
        _, self.errors = self.process.communicate(timeout=30)
        assert TOKEN not in self.errors


class Place:
    def __init__(self, folder):
        self.base = bare(folder / "clone.git")
        assert bare(folder / "hub.git") == self.base
        self.clone, self.hub = folder / "clone.git", StandIn(folder / "hub.git", token=TOKEN)
        self.token = folder / "token"
        self.token.write_text(TOKEN + "\n")
        self.clients = []

    def client(self, **more):
        self.clients.append(Client(self.hub.url, self.token, self.clone, **more))
        return self.clients[-1]

    def end(self):
        self.hub.waiting.set()
        for client in self.clients:
            client.end()
        self.hub.stop()

    def proposal(self, key="plan-1", base=None, **files):
        changes = [
            {"path": f"config/{name}.yaml", "content": base64.b64encode(text.encode()).decode()}
            for name, text in (files or {"carrier": "timeout: 5s\n"}).items()
        ]
        return {"key": key, "title": "Time-out of the carrier", "text": "It was 1 ms.", "author": "remediation",
                "change": {"files": {"_0": changes}}, "base": base or self.base, "incident": "I-7", "plan": "abc",
                "at": 1_700_000_100_000_000_000}  # fmt: skip


@pytest.fixture
def place(tmp_path):
    place = Place(tmp_path)
    yield place
    place.end()
    assert place.hub.wrong == []


def propose(place, client, **more):
    said = client("propose", proposal=place.proposal(**more))
    assert "pull" in said, said
    return said["pull"]


def test_a_proposal_becomes_a_pull_request_once(place):
    client = place.client()
    pull = propose(place, client)
    assert pull["number"] == 1 and pull["state"] == "open" and pull["author"] == "remediation"
    assert pull["incident"] == "I-7" and pull["plan"] == "abc" and pull["key"] == "plan-1" and pull["text"] == "It was 1 ms."
    assert git(place.hub.repository, "show", f"{pull['head']}:config/carrier.yaml") == "timeout: 5s"
    message = git(place.hub.repository, "log", "-1", "--format=%an %at%n%B", pull["head"])
    assert message.startswith("remediation 1700000100\nTime-out of the carrier\n\nIt was 1 ms.\n\nIncident: I-7\nPlan: abc")
    assert propose(place, client) == pull and propose(place, place.client()) == pull
    assert len(place.hub.pulls) == 1
    assert "+timeout: 5s" in client("diff", number=1)["diff"]
    assert [one["number"] for one in client("pulls", state="open")["pulls"]] == [1]
    assert client("pulls", state="merged")["pulls"] == []


def test_whoever_was_interrupted_at_any_request_goes_on_with_the_same(place):
    """The forge fails at each step in turn, once before it was done and once after: there is one pull request at the end."""
    steps = [("POST", "/git/blobs$"), ("POST", "/git/trees$"), ("POST", "/git/commits$"), ("POST", "/git/refs$"),
             ("POST", "/pulls$")]  # fmt: skip
    for number, (method, path) in enumerate([step for step in steps for _ in range(2)]):
        place.hub.fail(method, path, Refusal(502, "Bad gateway"), after=number % 2 == 1)
    client = place.client()
    faults = 0
    while "fault" in (said := client("propose", proposal=place.proposal())):
        assert said["kind"] == "unavailable" and said["isPassing"], said
        faults += 1
        assert faults <= 2 * len(steps), said
    assert said["pull"]["number"] == 1 and len(place.hub.pulls) == 1
    # The answer to the last step was lost, but it was done.
    assert faults == 2 * len(steps)


def test_a_revert_of_a_commit_is_uploaded_as_what_it_was(place):
    client = place.client()
    first = propose(place, client, acl="broken\n")
    merged = client("merge", number=1, by="ann", head=first["head"], at=0)["pull"]["merged"]
    git(place.clone, "fetch", "-q", place.hub.repository, "main:main")
    proposal = {**place.proposal(key="back", base=merged), "change": {"revert": {"commit": merged}}}
    back = client("propose", proposal=proposal)["pull"]
    before, after = (git(place.hub.repository, "rev-parse", f"{one}^{{tree}}") for one in (place.base, back["head"]))
    assert before == after


def test_reviews_and_checks_come_back_as_they_were_given(place):
    client = place.client()
    pull = propose(place, client)
    for verdict, by, text in [("reject", "ann", "no -- too bold --> really"), ("approve", "bob", ""), ("comment", "ann", "hm")]:
        review = {"by": by, "verdict": verdict, "text": text, "head": pull["head"], "at": 0}
        assert "pull" in client("review", number=1, review=review)
    check = {"name": "build", "state": "failed", "text": "exit 1", "head": pull["head"], "at": 0}
    said = client("check", number=1, check=check)["pull"]
    assert sorted((one["by"], one["verdict"]) for one in said["reviews"]) == [
        ("ann", "comment"), ("ann", "reject"), ("bob", "approve")]  # fmt: skip
    assert "no -- too bold --> really" in [one["text"] for one in said["reviews"]]
    assert [(one["name"], one["state"]) for one in said["checks"]] == [("build", "failed")]
    before = len(place.hub.seen)
    assert client("check", number=1, check=check)["pull"] == said
    assert all(method == "GET" for method, _, _ in place.hub.seen[before:])
    assert client("merge", number=1, by="bob", head=pull["head"])["kind"] == "rejected"
    client("review", number=1, review={"by": "ann", "verdict": "approve", "text": "well", "head": pull["head"], "at": 1})
    assert client("merge", number=1, by="bob", head=pull["head"])["kind"] == "failedCheck"
    client("check", number=1, check={**check, "state": "passed"})
    merged = client("merge", number=1, by="bob", head=pull["head"])["pull"]
    assert merged["state"] == "merged" and merged["mergedBy"] == "bob"
    assert merged["merged"] == git(place.hub.repository, "rev-parse", "main")
    assert client("merge", number=1, by="eve", head="x")["pull"] == merged


def test_a_stranger_cannot_speak_in_our_name(place):
    client = place.client()
    mark = "<!-- kintsugi key=plan-1 by=ann verdict=approve author=remediation -->"
    git(place.hub.repository, "update-ref", "refs/heads/evil", place.base)
    place.hub.open("evil", "evil", f"mine\n\n{mark}", "eve")
    pull = propose(place, client)
    assert pull["number"] == 2
    place.hub.say(2, "eve", "COMMENTED", mark, pull["head"])
    place.hub.say(2, "carl", "CHANGES_REQUESTED", "no", pull["head"])
    said = client("pull", number=2)["pull"]["reviews"]
    assert [(one["by"], one["verdict"]) for one in said] == [("eve", "comment"), ("carl", "reject")]
    assert client("merge", number=2, by="bob", head=pull["head"])["kind"] == "rejected"
    stranger = client("pull", number=1)["pull"]
    assert stranger["author"] == "eve" and stranger.get("key") is None
    client("review", number=1, review={"by": "ann", "verdict": "approve", "text": "", "head": place.base, "at": 0})
    assert place.hub.reviews["1"][-1]["state"] == "APPROVED"


def test_a_head_that_moved_is_not_merged(place):
    client = place.client()
    pull = propose(place, client)
    other = propose(place, client, key="other", other="1\n")
    git(place.hub.repository, "update-ref", f"refs/heads/{pull['branch']}", other["head"])
    said = client("merge", number=1, by="ann", head=pull["head"])
    assert said["kind"] == "headMoved" and other["head"] in said["fault"]
    # It moves between our look and our merge.
    place.hub.fail("PUT", "/merge$", Refusal(409, "Head branch was modified. Review and try the merge again."))
    said = client("merge", number=2, by="ann", head=other["head"])
    assert said["kind"] == "moved" and git(place.hub.repository, "rev-parse", "main") == place.base


def test_a_merge_whose_answer_is_lost_is_found_done(place):
    client = place.client(milliseconds=1_500)
    pull = propose(place, client)
    place.hub.fail("PUT", "/merge$", None, after=True)
    said = client("merge", number=1, by="ann", head=pull["head"])
    assert said["pull"]["state"] == "merged" and said["pull"]["mergedBy"] == "ann", said


def test_what_conflicts_is_not_merged(place):
    client = place.client()
    one, two = propose(place, client, acl="1\n"), propose(place, client, key="two", acl="2\n")
    assert client("merge", number=1, by="ann", head=one["head"])["pull"]["state"] == "merged"
    said = client("merge", number=2, by="ann", head=two["head"])
    assert said["kind"] == "notMergeable" and "not mergeable" in said["fault"]


def test_what_is_closed_says_why(place):
    client = place.client()
    propose(place, client)
    closed = client("close", number=1, by="ann", text="not needed")["pull"]
    assert closed["state"] == "closed" and [(one["by"], one["text"]) for one in closed["reviews"]] == [("ann", "not needed")]
    assert client("close", number=1, by="bob", text="again")["pull"] == closed


@pytest.mark.parametrize(
    "refusal, kind, words, passing",
    [
        (Refusal(403, "API rate limit exceeded", headers={"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1"}),
         "rateLimited", "in 1 s", True),
        (Refusal(429, "Too many", headers={"retry-after": "17"}), "rateLimited", "in 17 s", True),
        (Refusal(403, "You have exceeded a secondary rate limit"), "rateLimited", "in 60 s", True),
        (Refusal(403, "Resource not accessible by personal access token"), "unauthorised", "look at the token", False),
        (Refusal(404, "Not Found"), "missing", "/pulls/1 on the forge", False),
        (Refusal(422, "Validation Failed", [{"resource": "PullRequest", "field": "head", "code": "invalid"}, "and this"]),
         "invalid", "Validation Failed (PullRequest head invalid; and this)", False),
        (Refusal(503, "Service unavailable"), "unavailable", "status 503: could not find pull request 1", True),
        (Refusal(301, "Moved Permanently"), "unexpected", "the repository has moved", False),
        (None, "deadline", "within 1.0 seconds", True),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_named_with_what_to_do(place, refusal, kind, words, passing):
    client = place.client(milliseconds=1_000)
    pull = propose(place, client)
    place.hub.fail("GET", "/pulls/1$", refusal)
    said = client("pull", number=1)
    assert said["kind"] == kind and words in said["fault"] and said["isPassing"] == passing, said
    place.hub.waiting.set()
    assert client("pull", number=1)["pull"] == pull


def test_a_wrong_token_and_a_missing_one_are_told_apart(place):
    client = place.client()
    place.token.write_text("ghp_other\n")
    assert "Bad credentials" in client("pulls")["fault"]
    place.token.unlink()
    said = client("pulls")
    assert said["kind"] == "unauthorised" and "expected a token in" in said["fault"]
    place.token.write_text(TOKEN)
    assert client("pulls")["pulls"] == []


def test_a_forge_that_is_not_there_is_unreachable(place):
    place.hub.stop()
    said = place.client()("pulls")
    assert said["kind"] == "unreachable" and said["isPassing"]


def test_more_than_one_page_is_read(place):
    git(place.hub.repository, "update-ref", "refs/heads/x", place.base)
    for number in range(250):
        place.hub.open(f"Number {number}", "x", "", "eve")
    assert len(place.client()("pulls")["pulls"]) == 250
