"""The cluster's repository as a person meets it: pull requests, the configuration, and what is left when someone is killed."""

import base64
import json
import os
import pathlib
import random
import subprocess
import time

import pytest

from clusters import BUILD, ECHO

CLUSTER = (ECHO / "cluster.yaml").read_text()


def git(path, *arguments, data=None):
    done = subprocess.run(
        ["git", *arguments], input=data, capture_output=True, check=True,
        env={"GIT_DIR": str(path), "PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null",
             "GIT_AUTHOR_NAME": "ann", "GIT_AUTHOR_EMAIL": "ann@x", "GIT_COMMITTER_NAME": "ann",
             "GIT_COMMITTER_EMAIL": "ann@x"},
    )  # fmt: skip
    return done.stdout.decode().strip()


class Repository:
    def __init__(self, data):
        data.mkdir(parents=True, exist_ok=True)
        self.path = data / "cluster.git"
        subprocess.run([BUILD / "ForgeSample", "create", self.path, ECHO], check=True)

    def main(self):
        return git(self.path, "rev-parse", "main")

    def sound(self):
        git(self.path, "fsck", "--strict", "--no-dangling")

    def calls(self, *wishes):
        """What a forge in a process of its own answers."""
        done = subprocess.run(
            [BUILD / "ForgeSample", "local", self.path], input="".join(json.dumps(wish) + "\n" for wish in wishes),
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return [json.loads(line) for line in done.stdout.splitlines()]

    def wish(self, name="note", text="1\n", key=None, base=None):
        content = base64.b64encode(text.encode()).decode()
        proposal = {"title": f"Write {name}", "text": "Because.", "author": "remediation", "incident": "I-7",
                    "change": {"files": {"_0": [{"path": f"config/{name}.yaml", "content": content}]}},
                    "base": base or self.main(), "at": 1_700_000_100_000_000_000}  # fmt: skip
        return {"call": "propose", "proposal": proposal if key is None else {**proposal, "key": key}}

    def propose(self, *arguments, **more):
        return self.calls(self.wish(*arguments, **more))[0]["pull"]


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path / "data")


def test_where_there_is_no_repository_that_is_said(kintsugi):
    for command in (["pr", "list"], ["config", "history"]):
        done = kintsugi(*command)
        assert done.returncode == 66 and done.stdout == ""
        assert "expected a git repository at " in done.stderr and "`kintsugi up` makes it" in done.stderr
    assert json.loads(kintsugi("pr", "list", "--json").stderr)["exit"] == 66


def test_a_person_looks_at_a_pull_request_and_merges_it(kintsugi, repository):
    pull = repository.propose()
    assert "Write note" in kintsugi("pr", "list").stdout
    assert json.loads(kintsugi("pr", "list", "--state", "open", "--json").stdout) == [pull]
    shown = kintsugi("pr", "show", "1").stdout
    assert pull["head"] in shown and "I-7" in shown and "    Because." in shown
    assert "+1\n" in kintsugi("pr", "diff", "1").stdout
    assert kintsugi("pr", "reject", "1").returncode == 64
    assert "rejected by 1" in kintsugi("pr", "reject", "1", "--text", "too bold", "--as", "ann").stdout
    done = kintsugi("pr", "merge", "1")
    assert done.returncode == 1 and "ann rejects it (too bold)" in done.stderr
    assert kintsugi("pr", "approve", "1", "--as", "ann").returncode == 0
    assert kintsugi("pr", "merge", "1", "--head", "1234567").returncode == 1
    assert "is merged" in kintsugi("pr", "merge", "1", "--head", pull["head"][:8]).stdout
    assert repository.main() == pull["head"]
    kept = json.loads(kintsugi("pr", "show", "1", "--json").stdout)
    assert kept["state"] == "merged" and kept["mergedBy"] == "operator"
    assert [review["verdict"] for review in kept["reviews"]] == ["reject", "approve"]
    assert kintsugi("pr", "close", "1").returncode == 1
    assert kintsugi("pr", "show", "2").returncode == 66
    repository.sound()


def test_one_value_is_changed_and_the_rest_of_the_file_stays(kintsugi, repository):
    done = kintsugi("config", "set", "cluster.yaml:host=far", "--text", "We move.", "--as", "ann")
    assert done.returncode == 0 and "+host: far" in done.stdout, done.stderr
    text = kintsugi("config", "show", "cluster.yaml").stdout
    assert [line for line in text.splitlines() if line not in CLUSTER.splitlines()] == ["host: far"]
    history = json.loads(kintsugi("config", "history", "--json").stdout)
    assert [(entry["author"], entry["title"]) for entry in history] == [
        ("ann", "Set cluster.yaml:host to far"), ("operator", "begin")]  # fmt: skip
    assert len(kintsugi("config", "history", "acl.yaml").stdout.splitlines()) == 2
    assert {"acl.yaml", "cluster.yaml"} <= set(kintsugi("config", "show").stdout.splitlines())
    assert "-host" in kintsugi("config", "diff", "main", history[1]["commit"]).stdout
    assert kintsugi("config", "diff").stdout == kintsugi("config", "diff", history[1]["commit"]).stdout
    repository.sound()


def test_a_configuration_that_could_not_run_is_never_on_main(kintsugi, repository, tmp_path):
    before = repository.main()
    done = kintsugi("config", "set", "cluster.yaml:version=2", "cluster.yaml:hots=x")
    assert done.returncode == 78 and "config/cluster.yaml:" in done.stderr and 'did you mean "host"?' in done.stderr
    (tmp_path / "acl.yaml").write_text("version: 1\nrolls: {}\n")
    assert "acl.yaml" in kintsugi("config", "set", "--file", "acl.yaml=acl.yaml").stderr
    for wrong, code in [("cluster.yaml", 64), ("cluster.yaml:host", 64), ("none.yaml:a=1", 66), ("cluster.yaml:roles=1", 65)]:
        assert kintsugi("config", "set", wrong).returncode == code, wrong
    assert kintsugi("config", "set").returncode == 64
    assert kintsugi("config", "set", "cluster.yaml:host=far", "--dry-run").stdout.endswith("nothing was changed\n")
    assert repository.main() == before


def test_going_back_is_a_commit_of_what_was(kintsugi, repository):
    first = repository.main()
    assert kintsugi("config", "rollback").returncode == 1
    for host in ("one", "two"):
        assert kintsugi("config", "set", f"cluster.yaml:host={host}").returncode == 0
    assert "+host: one" in kintsugi("config", "rollback").stdout
    assert kintsugi("config", "rollback", first[:10]).returncode == 0
    assert kintsugi("config", "show", "cluster.yaml").stdout == CLUSTER
    assert kintsugi("config", "rollback", first).returncode == 1
    assert len(git(repository.path, "rev-list", "main").split()) == 5


def test_what_a_person_pushes_with_plain_git_is_seen(kintsugi, repository, tmp_path):
    pull = repository.propose()
    clone = tmp_path / "clone"
    git(clone / ".git", "clone", "-q", str(repository.path), str(clone))
    git(clone / ".git", "push", "-q", "origin", f"origin/{pull['branch']}:main")
    assert json.loads(kintsugi("pr", "show", "1", "--json").stdout)["state"] == "merged"
    with pytest.raises(subprocess.CalledProcessError):
        git(clone / ".git", "push", "-q", "-f", "origin", "origin/main~1:main")


def test_whoever_is_killed_at_any_moment_leaves_a_sound_repository(repository, tmp_path):
    """Proposals and merges are killed after times of chance; the next process ends what they began."""
    chance = random.Random(7)
    base = repository.main()
    wishes = repository.wish("a", "1\n", key="k", base=base)
    process = subprocess.Popen([BUILD / "ForgeSample", "local", repository.path], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)  # fmt: skip
    began = time.monotonic()
    process.communicate(json.dumps(wishes) + "\n", timeout=30)
    whole = time.monotonic() - began
    for number in range(40):
        key = f"k{number}"
        wish = repository.wish(key, f"{number}\n", key=key, base=base)
        killed(repository, chance.uniform(0, whole), wish)
        pull = repository.calls(wish)[0]["pull"]
        merge = {"call": "merge", "number": pull["number"], "by": "ann", "head": pull["head"], "at": 0}
        killed(repository, chance.uniform(0, whole), merge)
        unlocked(repository)
        merged = repository.calls({**merge, "by": "bob"})[0]
        assert merged["pull"]["state"] == "merged", merged
    numbers = [pull["number"] for pull in repository.calls({"call": "pulls"})[0]["pulls"]]
    assert sorted(numbers) == list(range(1, 42))
    names = git(repository.path, "ls-tree", "-r", "--name-only", "main", "config/").splitlines()
    assert len([name for name in names if name.startswith("config/k")]) == 40
    repository.sound()


def killed(repository, after, wish):
    """A process that is killed, with the git that it runs, after so many seconds unless it is done by then."""
    process = subprocess.Popen(
        [BUILD / "ForgeSample", "local", repository.path], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        process.communicate(json.dumps(wish) + "\n", timeout=after)
    except subprocess.TimeoutExpired:
        children = pathlib.Path(f"/proc/{process.pid}/task")
        for task in children.glob("*/children"):
            for child in task.read_text().split():
                try:
                    os.kill(int(child), 9)
                except ProcessLookupError:
                    pass
        process.kill()
        process.communicate()
    unlocked(repository)


def unlocked(repository):
    """Locks of the killed are old by now."""
    for lock in repository.path.rglob("*.lock"):
        os.utime(lock, (1_700_000_000, 1_700_000_000))
