"""Debian's own Prometheus and two Alertmanagers that know each other, in front of the triage agent."""

import http.server
import json
import pathlib
import shutil
import subprocess
import threading
import time
import urllib.request

import pytest

from clusters import opened, until
from test_senses import PROMETHEUS, SEARCHED
from test_triage import SOON
from wards import PORT, Ward

ALERTMANAGER = shutil.which("prometheus-alertmanager", path=SEARCHED)
RULES = """groups:
- name: shelves
  rules:
  - alert: ShelfFull
    expr: shelf_full == 1
    labels: {severity: critical, service: shelf}
    annotations: {summary: "{{ $labels.shelf }} is full"}
"""
SCRAPES = """global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [rules.yaml]
scrape_configs:
- {job_name: kintsugi, static_configs: [{targets: ["127.0.0.1:METRICS"]}]}
- {job_name: shelves, static_configs: [{targets: ["127.0.0.1:SHELVES"]}]}
alerting: {alertmanagers: [{static_configs: [{targets: TARGETS}]}]}
"""
ROUTE = """route: {receiver: kintsugi, group_by: [alertname], group_wait: 1s, group_interval: 1s, repeat_interval: 1h}
receivers:
- name: kintsugi
  webhook_configs: [{url: "http://127.0.0.1:TRIAGE/v1/alertmanager"}]
"""


class Shelves(http.server.BaseHTTPRequestHandler):
    """What Prometheus reads: which shelf is full."""

    def do_GET(self):
        text = "".join(f'shelf_full{{shelf="{name}"}} {full}\n' for name, full in self.server.full.items()).encode()
        self.send_response(200)
        self.send_header("content-type", "text/plain; version=0.0.4")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_): ...


class Watch:
    """Prometheus, and whom it tells."""

    def __init__(self, ward, folder: pathlib.Path):
        self.ward, self.folder, self.running = ward, folder, []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Shelves)
        self.server.full = {"a": 0, "b": 0}
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.base = 9464 + ward.cluster.offset
        self.triage = PORT + ward.cluster.offset

    def start(self, name, *arguments):
        log = (self.folder / f"{name}.log").open("w")
        self.running.append(subprocess.Popen([*arguments], cwd=self.folder, stdout=log, stderr=log))

    def prometheus(self, *targets):
        (self.folder / "rules.yaml").write_text(RULES)
        (self.folder / "prometheus.yaml").write_text(
            SCRAPES.replace("METRICS", str(self.base)).replace("SHELVES", str(self.server.server_port))
            .replace("TARGETS", json.dumps([f"127.0.0.1:{target}" for target in targets])))  # fmt: skip
        self.start("prometheus", PROMETHEUS, "--config.file=prometheus.yaml", "--storage.tsdb.path=data",
                   f"--web.listen-address=127.0.0.1:{self.base + 1}")  # fmt: skip
        self.ready(self.base + 1)

    def alertmanagers(self):
        # Its templates (scripts/promtool.sh).
        (self.folder / "share").symlink_to(pathlib.Path(ALERTMANAGER).parents[1] / "share")
        (self.folder / "alertmanager.yaml").write_text(ROUTE.replace("TRIAGE", str(self.triage)))
        for number, (web, own, other) in enumerate([(2, 3, 5), (4, 5, 3)]):
            self.start(
                f"alertmanager-{number}", ALERTMANAGER, "--config.file=alertmanager.yaml", f"--storage.path=kept-{number}",
                f"--web.listen-address=127.0.0.1:{self.base + web}", "--cluster.peer-timeout=1s",
                f"--cluster.listen-address=127.0.0.1:{self.base + own}", f"--cluster.peer=127.0.0.1:{self.base + other}",
                "--cluster.settle-timeout=1s", "--cluster.gossip-interval=50ms")  # fmt: skip
        for web in (2, 4):
            self.ready(self.base + web)

        def together():
            with urllib.request.urlopen(f"http://127.0.0.1:{self.base + 2}/api/v2/status", timeout=5) as answer:
                return len(json.load(answer)["cluster"]["peers"]) == 2

        until(together, 20, "two Alertmanagers that know each other")

    def ready(self, port):
        def there():
            try:
                return urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=5).status == 200
            except OSError:
                return False

        until(there, 30, f"whoever listens at {port}")

    def alerts(self, state=None):
        kept = [each for each in self.ward.alerts() or [] if each["alert"]["name"] == "ShelfFull"]
        return [each for each in kept if state in (None, each["alert"]["state"])]

    def refused(self):
        """How many notifications failed, by the Alertmanagers' own count."""
        count = 0
        for web in (2, 4):
            with urllib.request.urlopen(f"http://127.0.0.1:{self.base + web}/metrics", timeout=5) as page:
                for line in page.read().decode().splitlines():
                    if line.startswith('alertmanager_notification_requests_failed_total{integration="webhook"'):
                        count += float(line.rsplit(" ", 1)[1])
        return count

    def end(self):
        for process in self.running:
            # An Alertmanager that is asked to end takes leave of the others for ten seconds.
            process.kill()
        for process in self.running:
            process.wait(20)
        self.server.shutdown()


@pytest.fixture
def watch(clusters, tmp_path):
    terms = {"longest-look-seconds": 1, "calm-seconds": 3}
    ward = Ward(clusters, tmp_path / "ward", replaced=[SOON], terms=terms.items())
    watch = Watch(ward, tmp_path)
    yield watch
    watch.end()


def ended(ward):
    found = ward.incidents()
    return found and found[0]["ended"] if found and len(found) == 1 and found[0].get("ended") else None


@pytest.mark.skipif(PROMETHEUS is None, reason="prometheus is not here: see scripts/promtool.sh")
@pytest.mark.skipif(ALERTMANAGER is None, reason="prometheus-alertmanager is not here: see scripts/promtool.sh")
def test_what_two_alertmanagers_tell_is_one_incident_from_firing_to_resolved_though_triage_dies(watch):
    ward = watch.ward
    watch.alertmanagers()
    watch.prometheus(watch.base + 2, watch.base + 4)
    assert ward.incidents() == []
    began = time.time_ns()
    watch.server.full["a"] = 1
    name = ward.only()
    assert abs(ward.incident(name)["opening"]["began"] - began) < 10_000_000_000
    # Nothing can be kept just when the group gets its second alert, and then nobody is there: Alertmanager tells it again.
    with opened(ward.cluster.data / "triage.sqlite", isolation_level=None) as file:
        file.execute("BEGIN IMMEDIATE")
        watch.server.full["b"] = 1
        until(watch.refused, 40, "a notification that fails")
        ward.kill("triage")
        file.execute("ROLLBACK")
    until(lambda: len(watch.alerts("firing")) == 2, 40, "both alerts")
    assert {each["receipt"]["incident"] for each in watch.alerts()} == {name}
    assert ward.incident(name)["alerts"]["total"] == 2
    over = time.time_ns()
    watch.server.full.update(a=0, b=0)
    until(lambda: len(watch.alerts("resolved")) == 2, 40, "the end of both")
    for each in watch.alerts():
        assert abs(each["alert"]["began"] - began) < 20_000_000_000 and abs(each["alert"]["ended"] - over) < 15_000_000_000
    until(lambda: ended(ward), 40, "the end of the incident")
    assert [each["id"] for each in ward.incidents()] == [name]
    ward.journal()


@pytest.mark.skipif(PROMETHEUS is None, reason="prometheus is not here: see scripts/promtool.sh")
def test_a_prometheus_that_points_at_triage_itself_needs_no_alertmanager(watch):
    watch.prometheus(watch.triage)
    watch.server.full["a"] = 1
    name = watch.ward.only()
    assert [each["alert"]["source"] for each in watch.alerts("firing")] == ["prometheus"]
    watch.server.full["a"] = 0
    until(lambda: watch.alerts("resolved"), 40, "its end")
    until(lambda: ended(watch.ward), 40, "the end of the incident")
    assert [each["id"] for each in watch.ward.incidents()] == [name]
