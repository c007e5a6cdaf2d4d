"""Processes of another host join over tcp:// with CURVE keys."""

import json
import socket

from clusters import until


def free_port():
    """The first of three free ports in a row, as far as anybody can know."""
    for base in range(7_400, 7_900, 3):
        doors = [socket.socket() for _ in range(3)]
        try:
            for offset, door in enumerate(doors):
                door.bind(("127.0.0.1", base + offset))
            return base
        except OSError:
            continue
        finally:
            for door in doors:
                door.close()
    raise AssertionError("no three free ports in a row")


def pair(kintsugi):
    made = json.loads(kintsugi("keys", "curve", "--json").stdout)
    return made["configuration"].split('"')[1], made["secret"]


def test_a_worker_joins_over_tcp_with_its_key_and_comes_back_after_the_broker(clusters, config, kintsugi, tmp_path):
    broker, broker_secret = pair(kintsugi)
    echo, echo_secret = pair(kintsugi)
    (tmp_path / "broker.key").write_text(broker_secret)
    (tmp_path / "echo.key").write_text(echo_secret)
    port = free_port()
    remote = f'["--remote-address", "127.0.0.1:{port}", "--remote-key-file", "{tmp_path}/broker.key"]'
    away = ["--bus-address", f"127.0.0.1:{port}", "--bus-broker-key", broker, "--bus-key-file", f"{tmp_path}/echo.key"]
    folder = config(
        ("executable: Broker", f"executable: Broker\n    arguments: {remote}"),
        ("executable: EchoActor", f"executable: EchoActor\n    arguments: {json.dumps(away)}"),
        access=f"keys:\n  - public: {json.dumps(echo)}\n    role: echo\n",
    )
    cluster = clusters(folder).up()
    assert cluster.operator().call("echo", "Echo.whoami")["slot"].startswith("echo@")
    worker = cluster.pid("echo", 1)
    cluster.does("kill", "broker")
    assert until(lambda: cluster.operator("again").call("echo", "Echo.whoami"), what="an answer over the next broker")
    assert cluster.pid("echo", 1) == worker


def test_a_key_that_is_on_no_list_is_not_let_in(clusters, config, kintsugi, tmp_path):
    broker, broker_secret = pair(kintsugi)
    _, stranger_secret = pair(kintsugi)
    (tmp_path / "broker.key").write_text(broker_secret)
    (tmp_path / "echo.key").write_text(stranger_secret)
    port = free_port()
    remote = f'["--remote-address", "127.0.0.1:{port}", "--remote-key-file", "{tmp_path}/broker.key"]'
    away = ["--bus-address", f"127.0.0.1:{port}", "--bus-broker-key", broker, "--bus-key-file", f"{tmp_path}/echo.key"]
    folder = config(
        ("executable: Broker", f"executable: Broker\n    arguments: {remote}"),
        ("executable: EchoActor", f"executable: EchoActor\n    arguments: {json.dumps(away)}"),
    )
    cluster = clusters(folder).start()
    until(lambda: cluster.lines("echo.1", "did not accept"), what="the worker's word that it was not accepted")
    assert all(slot["state"] != "ready" for slot in cluster.slots("echo"))
