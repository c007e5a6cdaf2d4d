"""The operator's command as a shell sees it: what it says, where, and with which exit code."""

import json
import os
import pty
import subprocess

import pytest

from conftest import BUILD

COMMANDS = ["up", "down", "status", "restart", "scale", "roll", "logs", "kill", "keys", "completion",
            "alert", "incident", "journal"]  # fmt: skip


def test_help_is_there_at_every_level(kintsugi):
    top = kintsugi("--help")
    assert top.returncode == 0 and top.stderr == ""
    for command in COMMANDS:
        assert f"\n  {command} " in top.stdout
        done = kintsugi(command, "--help")
        assert done.returncode == 0
        assert done.stdout.startswith(f"kintsugi {command}: ")
        assert f"\nUsage: kintsugi {command}" in done.stdout


def test_version(kintsugi):
    assert kintsugi("--version").stdout.startswith("kintsugi ")


@pytest.mark.parametrize(
    "line, meant",
    [
        ("statsu", "did you mean status?"),
        ("status --wtach", "did you mean --watch?"),
        ("completion fsh", "expected bash or zsh"),
        ("scale orders many", 'expected a whole number from 0 to 64, found "many"'),
        ("kill orders --signal BOOM", 'found "BOOM"'),
    ],
)
def test_a_bad_command_line_says_what_was_meant(kintsugi, line, meant):
    done = kintsugi(*line.split())
    assert done.returncode == 64 and done.stdout == ""
    assert meant in done.stderr


@pytest.mark.parametrize(
    "line",
    ["down", "status", "restart orders", "scale orders 2", "roll orders", "kill orders", "incident list",
     "incident approve I-1", "alert list", "journal verify"],
)  # fmt: skip
def test_without_a_cluster_every_command_says_so(kintsugi, tmp_path, line):
    done = kintsugi(*line.split())
    assert done.returncode == 69 and done.stdout == ""
    assert done.stderr == f"kintsugi: no cluster runs in {tmp_path}/data (start one: kintsugi up)\n"
    as_json = json.loads(kintsugi(*line.split(), "--json").stderr)
    assert as_json["exit"] == 69


def test_the_folder_on_the_command_line_wins(kintsugi, tmp_path):
    done = kintsugi("status", "--data", str(tmp_path / "other"))
    assert f"{tmp_path}/other" in done.stderr


def test_completion_works_in_a_real_bash(tmp_path):
    script = (
        "source <(kintsugi completion bash); COMP_WORDS=(kintsugi kill orders --si); COMP_CWORD=3; _kintsugi;"
        ' echo "${COMPREPLY[@]}"'
    )
    path = f"{BUILD}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, timeout=30, check=True, env={"PATH": path}
    )
    assert done.stdout == "--signal\n"


def test_colours_only_on_a_terminal_and_where_they_are_wanted(kintsugi, tmp_path):
    log = tmp_path / "data" / "log"
    log.mkdir(parents=True)
    (log / "echo.1.log").write_text(
        '{"time":"2026-03-01T09:30:00.000000Z","level":"error","message":"broken","pid":1}\n'
    )
    assert kintsugi("logs").stdout == "09:30:00.000  echo.1  error    broken\n"
    assert json.loads(kintsugi("logs", "--json").stdout)["message"] == "broken"
    environment = {"PATH": os.environ["PATH"], "TERM": "xterm", "KINTSUGI_DATA": str(tmp_path / "data")}
    assert b"\x1b[31m" in on_terminal(["logs"], environment)
    assert b"\x1b[" not in on_terminal(["logs"], {**environment, "NO_COLOR": "1"})


def on_terminal(arguments, environment):
    """What the command writes to a terminal."""
    leader, follower = pty.openpty()
    process = subprocess.Popen([BUILD / "kintsugi", *arguments], stdout=follower, env=environment)
    os.close(follower)
    shown = b""
    try:
        while chunk := os.read(leader, 65536):
            shown += chunk
    except OSError:
        pass  # Linux says EIO when the last writer of a terminal has left.
    os.close(leader)
    assert process.wait(timeout=30) == 0
    return shown
