"""How merged sources become what runs, with a project of which one command makes the programs."""

import base64
import json
import os
import pathlib
import signal
import subprocess

import pytest

from clusters import BUILD, ECHO, alive, until
from test_forge import git

CLUSTER = """version: 1
groups: [{name: ground, strategy: rest-for-one}]
roles:
  - {name: broker, group: ground, executable: Broker, replacement: stop-first}
  - {name: echo, executable: EchoActor, replicas: 2, after: [broker]}
  - {name: remediation, executable: RemediationAgent, after: [broker]}
"""
PIPELINE = """version: 1
steps:
  - {name: build, run: sh Sources/build.sh FOLDER, within: 2s, from: out/$CONFIGURATION, products: [EchoActor]}
  - {name: test, run: test ! -e Sources/wrong, within: 20s, test: true}
"""
# The word decides how the build goes; what it makes is the real worker, and a line that tells its sources.
SCRIPT = """set -e
echo "$COMMIT" >> $1/built
word=$(cat Sources/word)
case $word in
  broken) echo "Sources/word:1: error: it does not build"; exit 3 ;;
  hanging) echo $$ > $1/hanging; sleep 300 ;;
  killed) echo $$ > $1/begun; until [ -e $1/go ]; do sleep 0.1; done ;;
  alone) no-such-compiler build ;;
esac
mkdir -p out/$CONFIGURATION
rm -f out/$CONFIGURATION/EchoActor
printf '#!/bin/sh\\n# %s\\nexec BUILD/EchoActor "$@"\\n' "$word" > out/$CONFIGURATION/EchoActor
chmod +x out/$CONFIGURATION/EchoActor
"""


class Project:
    """A cluster with sources, and a clone from which a person pushes."""

    def __init__(self, clusters, folder):
        self.folder = folder
        self.sources = folder / "project"
        config = self.sources / "config"
        config.mkdir(parents=True)
        (self.sources / "Sources").mkdir()
        (self.sources / "Package.swift").write_text("// no package at all\n")
        (self.sources / "Sources" / "word").write_text("first\n")
        (self.sources / "Sources" / "build.sh").write_text(SCRIPT.replace("BUILD", str(BUILD)))
        (config / "cluster.yaml").write_text(CLUSTER)
        access = (ECHO / "acl.yaml").read_text().split("  operator:")
        (config / "acl.yaml").write_text(
            access[0] + "  remediation:\n    call: [remediation, supervisor]\n    publish: [metrics., spans., logs.]\n"
            "    listen: [traces.]\n  operator:" + access[1])  # fmt: skip
        (config / "pipeline.yaml").write_text(PIPELINE.replace("FOLDER", str(folder)))
        self.cluster = clusters(config=config)
        self.cluster.up()
        self.repository = self.cluster.data / "cluster.git"
        self.clone = folder / "clone"
        subprocess.run(["git", "clone", "-q", self.repository, self.clone], check=True)
        until(self.base, what="the artefact of what runs")

    def base(self):
        return (self.cluster.data / "pipeline" / "base.json").exists()

    def git(self, *arguments):
        return subprocess.run(
            ["git", "-c", "user.name=ann", "-c", "user.email=ann@x", *arguments], cwd=self.clone, check=True,
            capture_output=True, text=True).stdout.strip()  # fmt: skip

    def push(self, *arguments, to="main", **files):
        """Commits files below Sources and pushes; the commit."""
        self.git("fetch", "-q")
        self.git("checkout", "-q", "--detach", "origin/main")
        for name, text in files.items():
            (self.clone / "Sources" / name).write_text(text + "\n")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", f"Write {', '.join(files)}")
        self.git("push", "-q", "origin", f"HEAD:refs/heads/{to}")
        return self.git("rev-parse", "HEAD")

    def runs(self, commit, within=40):
        """Waits until a commit runs; what became of its deploy."""

        def deployed():
            status = self.cluster.status() or {}
            if status.get("release", {}).get("commit") != commit:
                return None
            return status["deploys"][0] if status["deploys"] else None

        return until(deployed, within, f"the deploy of {commit[:10]}")

    def proof(self, commit):
        done = self.cluster.run("pipeline", "show", commit, "--json")
        return json.loads(done.stdout) if done.returncode == 0 else None

    def over(self, commit, within=40):
        return until(lambda: (run := self.proof(commit)) and run.get("outcome") and run, within, "the end of the run")

    def taken_back(self, commit, within=40):
        """Waits until main has what runs; why it was taken back."""

        def restored():
            parent = git(self.repository, "rev-parse", "main^")
            return parent == commit and git(self.repository, "log", "-1", "--format=%B", "main")

        return until(restored, within, f"the way back from {commit[:10]}")

    def word(self):
        """What the programs of the workers that run were made from."""
        programs = self.cluster.status()["release"].get("programs")
        if programs is None:
            return "first"
        return (pathlib.Path(programs) / "EchoActor").read_bytes().split(b"\n")[1].decode(errors="replace").strip("# ")

    def built(self):
        file = self.folder / "built"
        return file.read_text().split() if file.exists() else []

    def pids(self):
        return {(slot["role"], slot["slot"]): slot["pid"] for slot in self.cluster.workers()}


@pytest.fixture
def project(clusters, tmp_path):
    return Project(clusters, tmp_path)


def test_sources_are_built_and_tested_and_rolled_and_going_back_needs_no_build(project):
    before = project.pids()
    good = project.push(word="good")
    record = project.runs(good)
    assert record["outcome"] == "done" and record["roles"] == ["echo"], record
    assert project.word() == "good" and project.built() == [good]
    run = project.over(good)
    assert [(step["name"], step["state"]) for step in run["steps"]] == [
        ("checkout", "passed"), ("build", "passed"), ("test", "passed"), ("keep", "passed")]  # fmt: skip
    after = project.pids()
    assert {key for key in before if before[key] != after[key]} == {("echo", 1), ("echo", 2)}
    programs = pathlib.Path(record["release"]["programs"])
    manifest = json.loads((programs / "manifest.json").read_text())
    assert [(file["name"], file["isCarriedOver"]) for file in manifest["files"]] == [
        ("Broker", True), ("EchoActor", False), ("RemediationAgent", True)]  # fmt: skip
    assert good[:10] in project.cluster.does("pipeline", "list")

    # The configuration alone: nothing is built, and the programs stay.
    text = (project.clone / "config" / "pipeline.yaml").read_text()
    (project.clone / "config" / "pipeline.yaml").write_text(text + "# nothing else\n")
    plain = project.push(word="good")
    assert project.runs(plain)["release"]["programs"] == str(programs)
    # What ran at first is kept under the hash of its sources, and so is what ran before somebody went back to it.
    first = project.push(word="first")
    assert project.runs(first)["roles"] == ["echo"]
    again = project.push(word="good")
    assert project.runs(again)["release"]["programs"] == str(programs)
    assert project.built() == [good]

    # After a restart of everything, with another configuration even, the programs are the same.
    project.cluster.does("down")
    project.cluster.up()
    release = project.cluster.status()["release"]
    assert release["commit"] != again and release["programs"] == str(programs)
    text = pathlib.Path(f"/proc/{project.cluster.pid('remediation')}/exe").resolve()
    assert text == programs / "RemediationAgent"


def test_what_does_not_build_or_fails_its_test_or_hangs_is_taken_back_and_touches_nothing(project):
    before = project.pids()
    broken = project.push(word="broken")
    words = project.taken_back(broken)
    assert "build: it ended with status 3: Sources/word:1: error: it does not build" in words
    assert project.over(broken)["outcome"] == "failed"
    assert "it does not build" in project.cluster.does("pipeline", "show", broken[:8], "--log", "build")
    assert git(project.repository, "show", "main:Sources/word") == "first"

    wrong = project.push(word="other", wrong="yes")
    assert "test: it ended with status 1" in project.taken_back(wrong)
    assert [step["state"] for step in project.over(wrong)["steps"]] == ["passed", "passed", "failed", "skipped"]

    hanging = project.push(word="hanging")
    assert "build: it was not done within 2 s, and was killed" in project.taken_back(hanging)
    assert not alive(int((project.folder / "hanging").read_text()))

    alone = project.push(word="alone")
    words = " ".join(project.taken_back(alone).split())
    assert "no-such-compiler" in words and f"expected every command in {os.environ['PATH']}" in words

    assert project.pids() == before
    status = project.cluster.status()
    assert git(project.repository, "rev-parse", "main^{tree}") == git(
        project.repository, "rev-parse", status["release"]["commit"] + "^{tree}")  # fmt: skip


def test_a_build_goes_on_after_the_death_of_the_agent(project):
    # A death takes a while to be mended; the build may take longer than the others.
    text = (project.clone / "config" / "pipeline.yaml").read_text().replace("within: 2s", "within: 60s")
    (project.clone / "config" / "pipeline.yaml").write_text(text)
    commit = project.push(word="killed")
    shell = int(until(lambda: (file := project.folder / "begun").exists() and file.read_text(), 20, "the build"))
    os.kill(project.cluster.pid("remediation"), signal.SIGKILL)
    until(lambda: len(project.built()) == 2, 20, "the second begin")
    assert not alive(shell)
    (project.folder / "go").touch()
    assert project.runs(commit)["outcome"] == "done"
    steps = {step["name"]: step["starts"] for step in project.over(commit)["steps"]}
    assert steps == {"checkout": 1, "build": 2, "test": 1, "keep": 1}


def test_a_pull_request_with_sources_is_proven_before_it_is_merged(project):
    def propose(word):
        content = base64.b64encode(f"{word}\n".encode()).decode()
        wish = {"call": "propose", "proposal": {
            "title": f"Write {word}", "text": "", "author": "ann", "base": git(project.repository, "rev-parse", "main"),
            "change": {"files": {"_0": [{"path": "Sources/word", "content": content}]}},
            "at": 1_700_000_100_000_000_000}}  # fmt: skip
        done = subprocess.run(
            [BUILD / "ForgeSample", "local", project.repository], input=json.dumps(wish) + "\n", capture_output=True,
            text=True, check=True)  # fmt: skip
        return json.loads(done.stdout)["pull"]

    def checked(number):
        pull = json.loads(project.cluster.does("pr", "show", str(number), "--json"))
        states = {check["name"]: check["state"] for check in pull["checks"]}
        return states if states.get("pipeline") in ("passed", "failed") else None

    bad, good = propose("broken"), propose("good")
    assert until(lambda: checked(bad["number"]), 20) == {"configuration": "passed", "pipeline": "failed"}
    assert until(lambda: checked(good["number"]), 20) == {"configuration": "passed", "pipeline": "passed"}
    done = project.cluster.run("pr", "merge", str(bad["number"]))
    assert done.returncode == 1 and "it does not build" in done.stderr
    project.cluster.does("pr", "merge", str(good["number"]))
    merged = git(project.repository, "rev-parse", "main")
    assert project.runs(merged)["outcome"] == "done"
    # Proven once: what was merged has the same sources.
    assert sorted(project.built()) == sorted([bad["head"], good["head"]])

    # A person has a commit proven that nobody proposed; what failed is tried once more.
    side = project.push(to="side", word="fine")
    done = project.cluster.run("pipeline", "run", side)
    assert done.returncode == 0 and "passed" in done.stdout, done.stdout + done.stderr
    assert project.cluster.run("pipeline", "run", bad["head"]).returncode == 1
    assert project.built().count(bad["head"]) == 2
    assert git(project.repository, "rev-parse", "main") == merged
