"""`kintsugi postmortem` over an archive that was written by nothing of ours: what the page says of it is enough."""

import hashlib
import json
import os
import pathlib
import subprocess

import cbor2
import pytest

ROOT = pathlib.Path(__file__).parents[2]
GOLDEN = ROOT / "Tests" / "Golden" / "postmortems"
KINTSUGI = pathlib.Path(os.environ.get("KINTSUGI_BUILD", ROOT / ".build" / "debug")) / "kintsugi"


def digest(kind, content):
    return hashlib.sha256(kind.encode() + b"\0" + content).digest()


class Archive:
    def __init__(self, data):
        self.data = data
        self.folder = data / "postmortems"
        (self.folder / "objects").mkdir(parents=True)
        self.index = self.folder / "index"
        self.index.write_bytes(b"")
        self.head = digest("kintsugi archive 1", b"")
        self.count = 0

    def put(self, content, kind, incident="I-7", until=2**62):
        self.count += 1
        name = hashlib.sha256(content).digest()
        (self.folder / "objects" / name.hex()).write_bytes(content)
        fields = [self.count, name, kind, incident, 5, until, self.head]
        own = digest("kintsugi archive line 1", cbor2.dumps(fields))
        line = {
            "sequence": self.count, "digest": name.hex(), "kind": kind, "incident": incident, "at": 5,
            "retain_until": until, "previous": self.head.hex(), "own": own.hex(),
        }  # fmt: skip
        with self.index.open("ab") as index:
            index.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")
        self.head = own
        return name.hex()

    def run(self, *words):
        return subprocess.run(
            [KINTSUGI, "postmortem", *words, "--data", self.data], capture_output=True, text=True, timeout=60, check=False
        )


@pytest.fixture
def archive(tmp_path):
    made = Archive(tmp_path)
    made.documents = [made.put((GOLDEN / f"{name}.json").read_bytes(), "postmortem") for name in ["escalated", "agreed"]]
    return made


def test_lists_the_latest_first(archive):
    lines = json.loads(archive.run("list", "--json").stdout)
    assert [line["hash"] for line in lines] == archive.documents[::-1]
    assert [line["outcome"] for line in lines] == ["resolved", "escalated"]
    assert "I-7" in archive.run("list").stdout
    assert json.loads(archive.run("list", "--json", "--incident", "I-9").stdout) == []
    assert len(json.loads(archive.run("list", "--json", "-n", "1").stdout)) == 1


def test_shows_the_last_document_of_an_incident_or_one_by_its_hash(archive):
    assert archive.run("show", "I-7", "--json").stdout.encode() == (GOLDEN / "agreed.json").read_bytes()
    first = archive.run("show", archive.documents[0][:12], "--json")
    assert first.stdout.encode() == (GOLDEN / "escalated.json").read_bytes()
    shown = archive.run("show", "I-7")
    assert shown.returncode == 0 and shown.stdout.startswith("# I-7")
    assert "\u202e" not in shown.stdout and "<img" not in shown.stdout.replace("\\<", "")


def test_exports_what_it_has(archive, tmp_path):
    score = json.loads((GOLDEN / "addendum-score.json").read_text())
    score["document"] = score["previous"] = archive.documents[1]
    archive.put(json.dumps(score, separators=(",", ":"), ensure_ascii=False).encode() + b"\n", "addendum")
    out = tmp_path / "out"
    files = json.loads(archive.run("export", "I-7", "--to", out, "--json").stdout)["files"]
    assert sorted(pathlib.Path(file).suffix for file in files) == [".json", ".json", ".md"]
    brief = archive.documents[1][:12]
    assert (out / f"I-7-{brief}.json").read_bytes() == (GOLDEN / "agreed.json").read_bytes()
    assert "4 of 5" in (out / f"I-7-{brief}.md").read_text()
    assert archive.run("verify").returncode == 0


def test_what_was_changed_is_named(archive):
    assert archive.run("verify").returncode == 0
    head = json.loads(archive.run("verify", "--json").stdout)["head"]
    assert head == archive.head.hex()
    assert archive.run("verify", "--head", head).returncode == 0
    assert archive.run("verify", "--head", "0" * 64).returncode == 1
    file = archive.folder / "objects" / archive.documents[1]
    whole = file.read_bytes()
    file.write_bytes(whole.replace(b"orders", b"ordets", 1))
    done = archive.run("verify")
    assert done.returncode == 1 and archive.documents[1] in done.stdout
    shown = archive.run("show", "I-7")
    assert shown.returncode == 65 and archive.documents[1] in shown.stderr + shown.stdout
    file.write_bytes(whole)
    lines = archive.index.read_bytes()
    archive.index.write_bytes(lines.replace(b'"at":5', b'"at":6', 1))
    done = archive.run("verify", "--json")
    assert done.returncode == 1 and json.loads(done.stdout)["breaks"][0]["place"] == "index:1"


def test_mistakes_are_told(archive, tmp_path):
    for words, code in [
        (["show", "I-99"], 66),
        (["show", "abc"], 66),
        (["show"], 64),
        (["show", "I-7", "--json", "--markdown"], 64),
        (["export", "I-7"], 64),
        (["verify", "--head", "12"], 64),
        (["list", "--limit", "0"], 64),
    ]:
        done = archive.run(*words)
        assert done.returncode == code, (words, done.stdout, done.stderr)
        assert done.stderr or done.stdout
    empty = subprocess.run(
        [KINTSUGI, "postmortem", "list", "--data", tmp_path / "none"], capture_output=True, text=True, timeout=60, check=False
    )
    assert empty.returncode == 66 and "no archive" in empty.stderr + empty.stdout
