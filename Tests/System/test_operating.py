"""A whole cluster in the operator's hands: start, mistakes, commands, metrics, end."""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from clusters import BUILD, ECHO, alive, until

MISTAKES = [
    ("replicas: 2", "replicas: many", "cluster.yaml:", "roles[1].replicas"),
    ("replicas: 2", "replicsa: 2", "cluster.yaml:", "replicsa"),
    ("after: [broker]", "after: [borker]", "cluster.yaml:", "borker"),
    ("strategy: rest-for-one", "strategy: rest", "cluster.yaml:", "groups[0].strategy"),
    ("memory_limit: 256MiB", "memory_limit: lots", "cluster.yaml:", "memory_limit"),
    ("version: 1", "version: 9", "cluster.yaml:", "version"),
    ("roles:", "roles: [", "cluster.yaml:", ""),
    ("port: 9464", "port: 99999", "cluster.yaml:", "listeners[0].port"),
]


@pytest.mark.parametrize("old, new, place, key", MISTAKES, ids=[new for _, new, _, _ in MISTAKES])
def test_a_wrong_cluster_file_names_file_line_and_key(clusters, config, old, new, place, key):
    folder = config((old, new))
    done = clusters(folder).run("up", "--config", str(folder))
    assert done.returncode == 78
    line = done.stderr.splitlines()[0]
    assert f"{folder}/{place}" in line and key in line
    number = int(line.split("cluster.yaml:")[1].split(":")[0])
    text = (folder / "cluster.yaml").read_text().splitlines()
    # A broken text is told where its reader stopped.
    wanted = {"roles: [": ""}.get(new, new)
    assert wanted in text[number - 1]


def test_a_wrong_access_list_and_a_missing_folder_are_told(clusters, config, tmp_path):
    folder = config(access="  echo2:\n    call: [nobody]\n")
    done = clusters(folder).run("up", "--config", str(folder))
    assert done.returncode == 78 and f"{folder}/acl.yaml:" in done.stderr and '"nobody"' in done.stderr
    done = clusters(folder).run("up", "--config", str(tmp_path / "none"))
    assert done.returncode == 78 and "none" in done.stderr


def test_an_unknown_setting_of_a_worker_ends_it_with_the_variables_name(clusters, config):
    role = '  - name: odd\n    executable: EchoActor\n    after: [broker]\n    environment: {KINTSUGI_ECHO_REFSUE: "true"}\n'
    cluster = clusters(config(roles=role, access="  odd: {}\n")).start()
    until(lambda: (cluster.slot("odd") or {}).get("state") == "failed", 20, "giving up at once")
    assert "exited with code 78" in cluster.slot("odd")["lastReason"]
    assert "KINTSUGI_ECHO_REFSUE" in cluster.log_text("odd.1")
    assert len(cluster.lines("odd.1", "the settings are not usable")) == 1


def test_a_port_in_use_says_by_whom(clusters):
    cluster = clusters()
    holder = socket.create_server(("127.0.0.1", 9464 + cluster.offset))
    with holder:
        done = cluster.run("up", "--config", str(ECHO), "--port-offset", str(cluster.offset))
    assert done.returncode == 69
    assert str(9464 + cluster.offset) in done.stderr and f"process {os.getpid()}" in done.stderr


def test_a_second_start_in_one_folder_is_refused_and_harms_nothing(cluster):
    before = cluster.slots("echo")[0]["pid"]
    for words in [["up"], ["up", "--detach"]]:
        done = cluster.run(*words, "--config", str(ECHO), "--port-offset", "39000")
        assert done.returncode != 0 and f"a cluster runs in {cluster.data} already" in done.stderr
    assert cluster.slots("echo")[0]["pid"] == before
    assert cluster.operator().call("echo", "Echo.whoami")


def test_a_deep_folder_has_its_sockets_elsewhere(clusters, tmp_path):
    cluster = clusters()
    cluster.data = tmp_path / ("deep-" * 30)
    cluster.up()
    assert not (cluster.data / "run").exists()
    assert len(cluster.workers()) == 3
    cluster.does("down")


def test_two_clusters_live_beside_each_other(clusters):
    first, second = clusters(name="first").up(), clusters(name="second").up()
    assert first.operator().call("echo", "Echo.whoami")["pid"] != second.operator().call("echo", "Echo.whoami")["pid"]
    first.does("down")
    assert second.operator("again").call("echo", "Echo.whoami")


def test_down_ends_everything_in_reverse_order(cluster):
    pids = [slot["pid"] for slot in cluster.slots()] + [cluster.guardian, cluster.pid("supervisor")]
    cluster.does("down")
    assert not any(alive(pid) for pid in pids)
    stopped = [line["slot"] for line in cluster.lines("supervisor.1", "worker stopped")]
    assert stopped[-1] == "broker@local.1" and len(stopped) == 3
    assert cluster.run("status").returncode == 69
    assert not (cluster.data / "run" / "operator.secret").exists()


def test_down_does_not_wait_for_a_stubborn_worker(clusters, config):
    cluster = clusters(config(("replicas: 2", "replicas: 1\n    stop_within: 500ms"))).up()
    victim = cluster.pid("echo")
    peer = cluster.operator()
    peer.begin("echo", "Echo.block", [60_000], patience=90)
    until(lambda: cluster.slot("echo").get("inFlight") == 1, what="the blocked call")
    begin = time.monotonic()
    cluster.does("down")
    assert time.monotonic() - begin < 8
    assert not alive(victim)


def test_every_command_end_to_end(cluster):
    first = cluster.slot("echo", 1)["pid"]
    assert cluster.does("restart", "echo.1")
    cluster.ready("echo", 2)
    slot = cluster.slot("echo", 1)
    assert slot["pid"] != first and slot["memoryLimitBytes"] == 256 << 20
    assert cluster.does("kill", "echo.2", "--signal", "9")
    until(lambda: "signal 9 (KILL) from outside" in (cluster.slot("echo", 2).get("lastReason") or ""), what="the reason")
    cluster.ready("echo", 2)
    assert cluster.does("scale", "echo", "3")
    cluster.ready("echo", 3)
    before = {slot["pid"] for slot in cluster.slots("echo")}
    assert cluster.does("roll", "echo")
    assert not before & {slot["pid"] for slot in cluster.ready("echo", 3)}
    assert cluster.run("scale", "broker", "2").returncode == 1
    assert cluster.run("restart", "nobody").returncode == 1
    text = cluster.does("status")
    assert "all of its 5 processes are ready" in text and "RESTARTS" in text
    logs = cluster.does("logs", "echo", "--json", "--lines", "500")
    messages = [json.loads(line) for line in logs.splitlines()]
    assert {line["role"] for line in messages if "role" in line} == {"echo"}
    assert any(line.get("message") == "draining" for line in messages)


def test_logs_are_followed(cluster):
    follower = subprocess.Popen(
        [BUILD / "kintsugi", "logs", "echo", "-f", "--json", "--lines", "0", "--data", cluster.data],
        stdout=subprocess.PIPE)  # fmt: skip
    try:
        os.set_blocking(follower.stdout.fileno(), False)
        seen = []

        def told():
            # The follower may begin after the first restart.
            cluster.does("restart", "echo.1")
            seen.append(follower.stdout.read() or b"")
            return b"draining" in b"".join(seen)

        until(told, what="the new lines")
    finally:
        follower.kill()
        follower.communicate()


def metrics(cluster):
    with urllib.request.urlopen(f"http://127.0.0.1:{9464 + cluster.offset}/metrics", timeout=5) as page:
        return page.read().decode()


def test_the_metrics_page_tells_of_every_process_and_pleases_prometheus(cluster):
    for _ in range(3):
        cluster.operator(f"m{_}").call("echo", "Echo.whoami")
    until(
        lambda: [line for line in metrics(cluster).splitlines()
                 if line.startswith("kintsugi_broker_calls_total{") and float(line.split()[1]) >= 3],
        what="the broker's count of calls")  # fmt: skip
    page = until(
        lambda: (text := metrics(cluster)) and all(
            f'{{role="{role}",slot="{slot}",' in text
            for role, slot in [("broker", 1), ("echo", 1), ("echo", 2), ("supervisor", 1)]) and text,
        what="the metrics of every process")  # fmt: skip
    promtool = shutil.which("promtool", path=f"{os.environ['PATH']}:{pathlib.Path(sys.executable).parent}")
    if promtool:
        checked = subprocess.run(
            [promtool, "check", "metrics"], input=page, capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_guardian_works_as_process_one(clusters):
    assert os.getuid() == 0, "a process tree of its own needs root: run these tests as root"
    cluster = clusters()
    script = (
        f"{BUILD}/kintsugi up --data {cluster.data} --config {ECHO} --port-offset {cluster.offset}")
    inside = subprocess.Popen(
        ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "bash", "-c", f"exec {script}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        def ready():
            status = cluster.status()
            slots = status["slots"] if status else []
            return {s["role"] for s in slots} >= {"broker", "echo"} and all(
                s["state"] == "ready" for s in slots) and status

        status = until(ready, 15, "the cluster inside")
        assert status["guardian"] == 1
        peer = cluster.operator()
        assert peer.call("echo", "Echo.whoami")["pid"] < 100
        # An orphan that a worker leaves behind is reaped by process 1.
        cluster.does("kill", "echo.1")
        until(lambda: (cluster.slot("echo", 1) or {}).get("restarts") == 1, what="the replacement")
        child = int(pathlib.Path(f"/proc/{inside.pid}/task/{inside.pid}/children").read_text().split()[0])
        os.kill(child, signal.SIGTERM)
        assert inside.wait(timeout=30) == 0
        assert cluster.status() is None
    finally:
        if inside.poll() is None:
            inside.kill()
            inside.wait()
