"""What the cluster notices and tells: failures within seconds, changes, a real Prometheus, a collector."""

import http.server
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clusters import until
from shops import CONFIG
from test_telemetry import post, query

SEARCHED = f"{os.environ['PATH']}:{pathlib.Path(sys.executable).parent}"
PROMETHEUS = shutil.which("prometheus", path=SEARCHED)
PROMTOOL = shutil.which("promtool", path=SEARCHED)


@pytest.fixture
def cluster(clusters):
    return clusters(CONFIG).up()


class Door:
    """A service's HTTP door as its histogram shows it, one report a second: so many requests, of which some fail."""

    def __init__(self, cluster, rate):
        self.cluster, self.rate = cluster, rate
        self.good = self.bad = 0
        self.due = time.monotonic()

    def second(self, failing, pace=1.0):
        """Reports one more second, in which that share failed, once it is due."""
        due, self.due = self.due, max(self.due, time.monotonic()) + pace
        until(lambda: time.monotonic() >= due, what="the next report")
        bad = round(self.rate * failing)
        self.bad += bad
        self.good += self.rate - bad
        request = ExportMetricsServiceRequest()
        resource = request.resource_metrics.add()
        resource.resource.attributes.add(key="service.name").value.string_value = "orders"
        resource.resource.attributes.add(key="service.instance.id").value.string_value = "elsewhere"
        metric = resource.scope_metrics.add().metrics.add(name="http.server.request.duration", unit="s")
        metric.histogram.aggregation_temporality = 2
        for status, count in (("201", self.good), ("500", self.bad)):
            point = metric.histogram.data_points.add(time_unix_nano=time.time_ns(), count=count, sum=count * 0.01)
            point.explicit_bounds.extend([0.0625, 0.25])
            point.bucket_counts.extend([count, 0, 0])
            for key, value in (("http.route", "/orders"), ("http.request.method", "POST"),
                               ("http.response.status_code", status)):  # fmt: skip
                point.attributes.add(key=key).value.string_value = value
        assert post(self.cluster, "/v1/metrics", request.SerializeToString())[0] == 200


def failing(cluster):
    return [f for f in query(cluster, "findings")["findings"] if f["kind"] == "failing" and f["node"] == "orders"]


@pytest.mark.parametrize("share, within", [(0.2, 5), (0.02, 30)], ids=["a fifth", "one in fifty"])
def test_failing_requests_are_a_finding_within_seconds(cluster, share, within):
    door = Door(cluster, 50)
    for _ in range(8):
        door.second(0)
    assert not failing(cluster)
    began = time.time_ns()
    deadline = time.monotonic() + within + 5
    while not failing(cluster):
        assert time.monotonic() < deadline, f"no finding within {within} s"
        door.second(share)
    found = failing(cluster)[0]
    assert found["noticed"] - began < within * 1_000_000_000
    assert abs(found["began"] - began) < 3_000_000_000
    assert "orders-availability" in found["text"] and found["severity"] == ("critical" if share == 0.2 else "warning")
    # It ends when it is over.
    deadline = time.monotonic() + 60
    while failing(cluster)[0].get("ended") is None:
        assert time.monotonic() < deadline, "the finding never ends"
        door.second(0)


def test_single_failures_are_no_finding(cluster):
    door = Door(cluster, 50)
    for number in range(20):
        door.second(0.02 if number == 10 else 0, pace=0.3)
    assert not failing(cluster)


def test_what_somebody_asks_of_the_cluster_is_a_change(cluster):
    cluster.does("scale", "carrier", "2")
    cluster.does("restart", "inventory")
    cluster.does("signals", "note", "version 7 of the shop", "--service", "orders", "--commit", "abc123")

    def three():
        changes = query(cluster, "changes")["changes"]
        return changes if len(changes) == 3 else None

    found = until(three, what="three changes")
    assert {(change["kind"], change["nodes"][0]) for change in found} == {
        ("scale", "carrier"), ("restart", "inventory"), ("deploy", "orders")}
    before = cluster.pid("telemetry")
    os.kill(before, signal.SIGKILL)
    until(lambda: cluster.pid("telemetry") not in (None, before), what="another agent")
    cluster.ready("telemetry", 1)
    # It remembers what the one before it was told.
    until(three, what="the changes from disk")


def test_a_finding_outlives_the_agent_that_noticed_it(cluster):
    os.kill(cluster.pid("carrier"), signal.SIGKILL)
    first = until(lambda: query(cluster, "findings")["findings"], what="a finding")[0]
    os.kill(cluster.pid("telemetry"), signal.SIGKILL)
    cluster.ready("telemetry", 1)
    again = until(
        lambda: [f for f in query(cluster, "findings")["findings"] if f["began"] == first["began"]], what="it again")
    assert len(again) == 1 and again[0]["subject"] == first["subject"]


class Collector(http.server.BaseHTTPRequestHandler):
    """A collector of OpenTelemetry's protocol that reads what it gets, and refuses the first of each kind."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        kinds = {"/v1/traces": ExportTraceServiceRequest, "/v1/metrics": ExportMetricsServiceRequest,
                 "/v1/logs": ExportLogsServiceRequest}  # fmt: skip
        request = kinds[self.path]()
        request.ParseFromString(body)
        first = self.path not in self.server.refused
        self.server.refused.add(self.path)
        if not first:
            self.server.taken[self.path].append(request)
        self.send_response(503 if first else 200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_): ...


def test_our_own_signals_reach_a_collector_also_when_it_was_away(clusters, tmp_path):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    server.refused, server.taken = set(), {path: [] for path in ("/v1/traces", "/v1/metrics", "/v1/logs")}
    threading.Thread(target=server.serve_forever, daemon=True).start()
    folder = tmp_path / "config"
    shutil.copytree(CONFIG, folder)
    plan = (folder / "cluster.yaml").read_text()
    plan = plan.replace(
        "    executable: TelemetryAgent\n",
        f"    executable: TelemetryAgent\n    arguments: [\"--export-otlp=http://127.0.0.1:{server.server_port}\"]\n")
    (folder / "cluster.yaml").write_text(plan)
    try:
        cluster = clusters(folder).up()
        cluster.does("seed", "--products", "5", "--customers", "5")
        cluster.does("load", "--rate", "100", "--seconds", "4", "--products", "5", "--customers", "5")
        until(lambda: all(server.taken.values()), 30, "all three signals")
        names = {attribute.value.string_value for request in server.taken["/v1/metrics"]
                 for resource in request.resource_metrics for attribute in resource.resource.attributes
                 if attribute.key == "service.name"}  # fmt: skip
        assert {"orders", "inventory", "broker", "supervisor", "carrier", "telemetry"} <= names
        spans = [span for request in server.taken["/v1/traces"] for resource in request.resource_spans
                 for scope in resource.scope_spans for span in scope.spans]  # fmt: skip
        assert spans and all(len(span.trace_id) == 16 and span.end_time_unix_nano >= span.start_time_unix_nano for span in spans)
    finally:
        server.shutdown()


@pytest.mark.skipif(PROMETHEUS is None, reason="prometheus is not here: see scripts/promtool.sh")
def test_a_real_prometheus_scrapes_the_cluster_and_runs_the_rules(cluster, tmp_path):
    rules = tmp_path / "rules.yaml"
    cluster.does("slo", "rules", "--slo", str(CONFIG / "slo"), "--out", str(rules))
    port = 9464 + cluster.offset + 7
    (tmp_path / "prometheus.yaml").write_text(
        "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
        f"rule_files: [{rules}]\n"
        "scrape_configs:\n- job_name: kintsugi\n  static_configs:\n"
        f"  - targets: ['127.0.0.1:{9464 + cluster.offset}']\n")
    page = urllib.request.urlopen(f"http://127.0.0.1:{9464 + cluster.offset}/metrics", timeout=5).read()
    checked = subprocess.run([PROMTOOL, "check", "metrics"], input=page, capture_output=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    server = subprocess.Popen(
        [PROMETHEUS, f"--config.file={tmp_path}/prometheus.yaml", f"--storage.tsdb.path={tmp_path}/data",
         f"--web.listen-address=127.0.0.1:{port}"],
        stdout=subprocess.DEVNULL, stderr=(tmp_path / "prometheus.log").open("w"))  # fmt: skip

    def ask(path, **parameters):
        try:
            text = urllib.parse.urlencode(parameters)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/{path}?{text}", timeout=5) as answer:
                return json.load(answer)["data"]
        except OSError:
            return None

    try:
        cluster.does("seed", "--products", "5", "--customers", "5")
        cluster.does("load", "--rate", "50", "--seconds", "4", "--products", "5", "--customers", "5")
        up = until(lambda: (ask("query", query="up") or {}).get("result"), 30, "the first scrape")
        assert up[0]["value"][1] == "1"
        orders = until(
            lambda: (ask("query", query='sum(http_server_request_duration_seconds_count{role="orders"})') or {}).get("result"),
            what="the orders' requests")
        assert float(orders[0]["value"][1]) >= 200
        groups = until(lambda: (ask("rules") or {}).get("groups"), what="the rules")
        held = until(
            lambda: [rule for group in ask("rules")["groups"] for rule in group["rules"]
                     if all(each["health"] == "ok" for g in ask("rules")["groups"] for each in g["rules"])] or None,
            20, "healthy rules")  # fmt: skip
        assert groups and held and not [rule for rule in held if rule.get("lastError")]
        assert not [rule for rule in held if rule["type"] == "alerting" and rule["state"] == "firing"]
    finally:
        server.terminate()
        server.wait(10)
