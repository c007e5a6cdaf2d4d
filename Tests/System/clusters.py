"""A cluster of a test's own: started, asked, waited for, and always brought down."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import time

import wire

ROOT = pathlib.Path(__file__).parents[2]
BUILD = pathlib.Path(os.environ.get("KINTSUGI_BUILD", ROOT / ".build" / "release")).resolve()
ECHO = ROOT / "Tests" / "System" / "echo"


def until(condition, within=10.0, what="the condition"):
    """Waits until the condition is true and returns what it said; the only waiting there is in these tests."""
    deadline = time.monotonic() + within
    while True:
        said = condition()
        if said:
            return said
        assert time.monotonic() < deadline, f"{what} did not come within {within} s"
        # The pace of asking, and no wait for anything.
        time.sleep(0.02)


@contextlib.contextmanager
def opened(path, **options):
    """A database, committed and closed at the end: one that is left to Python closes at any moment, and takes its -wal along."""
    file = sqlite3.connect(path, **options)
    try:
        with file:
            yield file
    finally:
        file.close()


def alive(pid):
    """Whether the process is there, and more than a zombie."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def memory(pid):
    """Resident bytes of a process."""
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Cluster:
    """One data folder and what runs on it."""

    def __init__(self, folder, offset, config=ECHO):
        self.data = pathlib.Path(folder) / "data"
        self.offset = offset
        self.config = config
        # Whether it runs from a repository, or from the folder as it stands.
        self.versioned = True
        self.peers = []
        self.children = []
        self.loads = []

    # The operator's command.

    def run(self, *arguments, timeout=60):
        return subprocess.run(
            [BUILD / "kintsugi", *arguments, "--data", str(self.data)],
            capture_output=True, text=True, timeout=timeout, check=False,
            env={"PATH": os.environ["PATH"]},
        )  # fmt: skip

    def up(self):
        how = [] if self.versioned else ["--unversioned"]
        done = self.run("up", "--detach", "--config", str(self.config), "--port-offset", str(self.offset), *how)
        assert done.returncode == 0, done.stdout + done.stderr + self.log_text("guardian")
        return self

    def start(self):
        """Starts the guardian without waiting for anything but the supervisor's word."""
        self.children.append(subprocess.Popen(
            [BUILD / "kintsugi", "up", "--data", self.data, "--config", self.config,
             "--port-offset", str(self.offset)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={"PATH": os.environ["PATH"]},
        ))  # fmt: skip
        until(self.status, what="the cluster's status")
        return self

    def does(self, *arguments):
        """A command that must succeed; what it said."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def status(self):
        done = self.run("status", "--json")
        return json.loads(done.stdout) if done.returncode == 0 else None

    def slots(self, role=None):
        status = self.status() or {"slots": []}
        return [slot for slot in status["slots"] if role in (None, slot["role"])]

    def workers(self):
        """All slots but the supervisor's own."""
        return [slot for slot in self.slots() if slot["role"] != "supervisor"]

    def slot(self, role, number=1):
        return next((slot for slot in self.slots(role) if slot["slot"] == number), None)

    def pid(self, role, number=1):
        if role == "supervisor":
            return next(iter(self.processes("Supervisor")), None)
        return (self.slot(role, number) or {}).get("pid")

    def processes(self, name):
        """The guardian's children that run that executable."""
        guardian = self.guardian
        found = []
        for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                text = entry.read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            fields = text.rsplit(")", 1)
            if fields[0].split("(", 1)[1] == name and fields[1].split()[:2][1] == str(guardian):
                if fields[1].split()[0] != "Z":
                    found.append(int(entry.parent.name))
        return found

    @property
    def guardian(self):
        return self.children[-1].pid if self.children else int(self.lines("guardian", "guardian started")[-1]["pid"])

    def ready(self, role, count, within=15.0):
        """Waits until the role has so many ready workers; their slots."""

        def there():
            ready = [slot for slot in self.slots(role) if slot["state"] == "ready"]
            return ready if len(ready) == count and len(self.slots(role)) == count else None

        return until(there, within, f"{count} ready workers of {role}")

    # The logs.

    def log_text(self, origin):
        path = self.data / "log" / f"{origin}.log"
        return path.read_text() if path.exists() else ""

    def lines(self, origin, text=""):
        """The log's lines with that text in them; their fields stand beside the rest."""
        found = [json.loads(line) for line in self.log_text(origin).splitlines() if text in line and line[:1] == "{"]
        return [{**line, **line.get("fields", {})} for line in found]

    # The bus.

    @property
    def secret(self):
        return (self.data / "run" / "operator.secret").read_text().strip()

    def operator(self, name="test", **options):
        """Joins as the operator."""
        return self.peer("operator", self.secret, f"operator@{name}.1", **options)

    def peer(self, user, secret, slot, join=True, **options):
        peer = wire.Peer(self.data / "run", user, secret, slot, **options)
        self.peers.append(peer)
        return peer.join() if join else peer

    def load(self, *options):
        """Starts a load that goes on beside the test; `Load.result` ends it."""
        self.loads.append(subprocess.Popen(
            [BUILD / "EchoLoad", "--run", str(self.data / "run"), "--live", *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        ))  # fmt: skip
        return Load(self.loads[-1])

    # The end.

    def down(self):
        """Ends everything, whatever the test has done to it."""
        for child in self.children:
            if child.poll() is None:
                child.send_signal(signal.SIGCONT)
        for load in self.loads:
            if load.poll() is None:
                load.kill()
                load.communicate()
        for peer in self.peers:
            peer.close(bye=False)
        guardians = [child.pid for child in self.children if child.poll() is None]
        if not self.children and "guardian started" in self.log_text("guardian"):
            guardians = [self.guardian]
        for pid in guardians:
            for child in self.descendants(pid):
                send(child, signal.SIGCONT)
        self.run("down", timeout=90)
        for pid in guardians:
            leftover = [*self.descendants(pid), pid]
            for process in leftover:
                if alive(process) and self.owns(process):
                    send(process, signal.SIGKILL)
        for child in self.children:
            child.wait(timeout=30)
        run = self.data / "run"
        shutil.rmtree(run, ignore_errors=True)

    def owns(self, pid):
        """The number may be another process's by now: only ours names our data."""
        try:
            environment = pathlib.Path(f"/proc/{pid}/environ").read_bytes()
            command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            return False
        return str(self.data).encode() in environment + command

    @staticmethod
    def descendants(pid):
        try:
            children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except (FileNotFoundError, ProcessLookupError):
            return []
        return [int(child) for child in children]


def send(pid, number):
    """A signal to a process that may be gone."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


class Load:
    """EchoLoad beside a test."""

    def __init__(self, process):
        self.process = process
        # Its first line comes when calls flow.
        self.first = json.loads(self.process.stdout.readline() or "{}")
        assert self.first.get("ok", 0) > 0, self.process.stderr.read() if self.process.poll() is not None else self.first

    def result(self):
        """Ends the load and returns its counts."""
        self.process.send_signal(signal.SIGTERM)
        output, errors = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, errors
        return json.loads(output.splitlines()[-1])


def only(counts, *allowed):
    """Asserts that every call ended well, or in one of the allowed ways."""
    bad = {key: counts[key] for key in FAILURES if counts[key] and key not in allowed}
    assert not bad, counts
    assert counts["offered"] == counts["ok"] + sum(counts[key] for key in FAILURES), counts


FAILURES = ["lost", "late", "overloaded", "unavailable", "other"]


def remove(folder):
    """Removes a cluster's folder, with what it had the kernel keep."""
    subprocess.run(["chattr", "-R", "-i", "-a", str(folder)], capture_output=True, check=False)
    shutil.rmtree(folder)
