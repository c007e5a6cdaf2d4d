"""The telemetry agent among real processes: OpenTelemetry's own SDK, broken senders, deaths, replicas, a trace of an order."""

import base64
import concurrent.futures
import gzip
import http.client
import json
import os
import re
import signal
import time

import pytest
from google.protobuf import json_format
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry._logs import LogRecord, SeverityNumber

from clusters import until
from shops import CONFIG, Shop

PORT = 4318
REQUESTS = {
    "/v1/traces": ExportTraceServiceRequest, "/v1/metrics": ExportMetricsServiceRequest,
    "/v1/logs": ExportLogsServiceRequest,
}  # fmt: skip




@pytest.fixture
def cluster(clusters):
    return clusters(CONFIG).up()


def url(cluster, path=""):
    return f"http://127.0.0.1:{PORT + cluster.offset}{path}"


def post(cluster, path, body, kind="application/x-protobuf", within=20, **headers):
    """One request, bytes as they are; status, headers, body."""
    door = http.client.HTTPConnection("127.0.0.1", PORT + cluster.offset, timeout=within)
    try:
        door.request("POST", path, body, {"content-type": kind, **{k.replace("_", "-"): v for k, v in headers.items()}})
        answer = door.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        door.close()


def counts(cluster):
    standing = json.loads(cluster.does("signals", "standing", "--json"))
    return {count["name"]: count["count"] for count in standing["counts"]}


def kept(cluster, signal):
    return counts(cluster).get(f"{signal} kept", 0)


def query(cluster, *arguments):
    return json.loads(cluster.does("signals", *arguments, "--json"))


class SDK:
    """An application with OpenTelemetry's SDK in it, and how much it has sent."""

    def __init__(self, cluster, name, compression=Compression.Gzip, delta=False):
        resource = Resource.create({"service.name": name, "service.instance.id": "one"})
        self.tracing = TracerProvider(resource=resource)
        self.tracing.add_span_processor(BatchSpanProcessor(
            OTLPSpanExporter(url(cluster, "/v1/traces"), compression=compression), max_queue_size=100_000))
        temporality = {kind: AggregationTemporality.DELTA for kind in (Counter, Histogram)} if delta else None
        self.reader = PeriodicExportingMetricReader(
            OTLPMetricExporter(url(cluster, "/v1/metrics"), compression=compression, preferred_temporality=temporality),
            export_interval_millis=3_600_000)
        self.metering = MeterProvider(resource=resource, metric_readers=[self.reader])
        self.logging = LoggerProvider(resource=resource)
        self.logging.add_log_record_processor(BatchLogRecordProcessor(
            OTLPLogExporter(url(cluster, "/v1/logs"), compression=compression), max_queue_size=100_000))

    def spans(self, count, failed=0):
        tracer = self.tracing.get_tracer("t")
        for number in range(count):
            with tracer.start_as_current_span(f"step {number % 7}") as span:
                if number < failed:
                    from opentelemetry.trace import Status, StatusCode
                    span.set_status(Status(StatusCode.ERROR, "no such thing"))

    def logs(self, count):
        logger = self.logging.get_logger("t")
        for number in range(count):
            logger.emit(LogRecord(
                timestamp=time.time_ns(), observed_timestamp=time.time_ns(), severity_number=SeverityNumber.WARN,
                severity_text="WARN", body=f"user {number} waited {number % 13} ms at the till"))

    def flush(self):
        assert self.tracing.force_flush(30_000)
        self.metering.force_flush(30_000)
        self.logging.force_flush(30_000)

    def close(self):
        self.tracing.shutdown()
        self.metering.shutdown()
        self.logging.shutdown()


@pytest.mark.parametrize("compression", [Compression.Gzip, Compression.NoCompression], ids=["gzip", "plain"])
def test_what_the_sdk_sends_is_what_is_counted_also_over_a_restart(cluster, compression):
    application = SDK(cluster, "till", compression)
    meter = application.metering.get_meter("t")
    served, taken = meter.create_counter("till.served"), meter.create_histogram("till.took", unit="s")
    application.spans(1_000, failed=3)
    application.logs(700)
    served.add(5, {"lane": "1"})
    taken.record(0.25, {"lane": "1"})
    application.flush()
    assert kept(cluster, "spans") == 1_000 and kept(cluster, "lines") == 700
    points = kept(cluster, "points")
    assert points == 2

    for signal_name in (signal.SIGTERM, signal.SIGKILL):
        before = cluster.pid("telemetry")
        os.kill(before, signal_name)
        until(lambda: cluster.pid("telemetry") not in (None, before), what="another telemetry agent")
        cluster.ready("telemetry", 1)
        until(lambda: "spans kept" in counts(cluster), what="the durable counts")
        assert kept(cluster, "spans") == 1_000 and kept(cluster, "lines") == 700 and kept(cluster, "points") == points

    application.spans(100)
    application.flush()
    application.close()
    # Closing the SDK reads its metrics a last time.
    assert kept(cluster, "spans") == 1_100


def test_both_temporalities_come_to_the_same_rates(cluster):
    """What was added between two readings shows as a rate, and failed spans are kept and shown with their reason."""
    for name, delta in (("adds", True), ("sums", False)):
        application = SDK(cluster, name, delta=delta)
        counter = application.metering.get_meter("t").create_counter("work.done")
        counter.add(1)
        application.flush()
        first = time.monotonic()
        until(lambda start=first: time.monotonic() - start > 1.2, what="another second")
        counter.add(30)
        application.flush()
        application.spans(5, failed=2)
        application.flush()
        found = until(
            lambda name=name: query(cluster, "metrics", "work.done:rate", "--service", name)["series"],
            what=f"the rate of {name}")
        rates = [value for series in found for value in series["points"] if value]
        assert rates and 5 < max(rates) < 31, (name, found)
        traces = until(
            lambda name=name: query(cluster, "traces", "--errors", "--service", name)["traces"], what="failed traces")
        shown = cluster.does("trace", traces[0]["trace"])
        assert "no such thing" in shown and name in shown
        application.close()


def spans_request(cluster, count, name="sender"):
    provider = TracerProvider(resource=Resource.create({"service.name": name}))
    collected = []

    class Collect:
        def on_start(self, span, parent_context=None): ...
        def on_end(self, span): collected.append(span)
        def _on_ending(self, span): ...
        def shutdown(self): ...
        def force_flush(self, timeout_millis=0): return True

    provider.add_span_processor(Collect())
    for number in range(count):
        with provider.get_tracer("t").start_as_current_span(f"s{number}"):
            pass
    return encode_spans(collected)


def as_json(request):
    """The same request as the protocol's JSON: ids in hexadecimal, enums as numbers."""
    tree = json_format.MessageToDict(request, use_integers_for_enums=True)

    def walk(node):
        if isinstance(node, list):
            for each in node:
                walk(each)
        elif isinstance(node, dict):
            for key in ("traceId", "spanId", "parentSpanId"):
                if key in node:
                    node[key] = base64.b64decode(node[key]).hex()
            for each in node.values():
                walk(each)

    walk(tree)
    return json.dumps(tree).encode()


def test_json_is_taken_like_protobuf_and_answered_in_kind(cluster):
    request = spans_request(cluster, 40)
    for body, kind in ((request.SerializeToString(), "application/x-protobuf"), (as_json(request), "application/json")):
        before = kept(cluster, "spans")
        for packed, headers in ((body, {}), (gzip.compress(body), {"content_encoding": "gzip"})):
            status, answer, text = post(cluster, "/v1/traces", packed, kind, **headers)
            assert status == 200 and answer["content-type"].startswith(kind), (status, text)
            assert text in (b"", b"{}")
        assert kept(cluster, "spans") == before + 80


def test_what_is_not_believed_is_told_in_a_partial_success(cluster):
    request = spans_request(cluster, 10)
    spans = request.resource_spans[0].scope_spans[0].spans
    spans[0].start_time_unix_nano = spans[0].end_time_unix_nano = 1_000
    spans[1].start_time_unix_nano = spans[1].end_time_unix_nano = 4_102_444_800_000_000_000
    status, _, text = post(cluster, "/v1/traces", as_json(request), "application/json")
    assert status == 200 and json.loads(text)["partialSuccess"]["rejectedSpans"] in ("2", 2)
    assert kept(cluster, "spans") == 8


BAD = {
    "no protobuf": (b"\xff" * 300, {}, 400),
    "no JSON": (b"{\"resourceSpans\": [", {"kind": "application/json"}, 400),
    "cut gzip": (gzip.compress(b"x" * 5_000)[:-20], {"content_encoding": "gzip"}, 400),
    "another packing": (b"x", {"content_encoding": "br"}, 415),
    "another kind": (b"x", {"kind": "text/plain"}, 415),
    "a bomb": (gzip.compress(b"\0" * (80 << 20), 9), {"content_encoding": "gzip"}, 413),
}


@pytest.mark.parametrize("path", REQUESTS)
def test_what_is_no_request_is_refused_and_costs_nothing(cluster, path):
    pid = cluster.pid("telemetry")
    for name, (body, headers, wanted) in BAD.items():
        status, answer, text = post(cluster, path, body, **headers)
        assert status == wanted, (name, status, text)
        assert answer["content-type"] == "application/problem+json" and json.loads(text)["detail"], name
    assert cluster.pid("telemetry") == pid
    assert kept(cluster, "spans") == 0


def test_a_label_with_a_hundred_thousand_values_is_folded_and_counted(cluster):
    pid = cluster.pid("telemetry")
    for start in range(0, 100_000, 10_000):
        request = ExportMetricsServiceRequest()
        resource = request.resource_metrics.add()
        resource.resource.attributes.add(key="service.name").value.string_value = "wide"
        metric = resource.scope_metrics.add().metrics.add(name="visits")
        for number in range(start, start + 10_000):
            point = metric.gauge.data_points.add(time_unix_nano=time.time_ns(), as_double=1.0)
            point.attributes.add(key="visitor").value.string_value = f"v{number}"
        assert post(cluster, "/v1/metrics", request.SerializeToString())[0] == 200
    standing = json.loads(cluster.does("signals", "standing", "--json"))
    said = {count["name"]: count["count"] for count in standing["counts"]}
    assert said["points kept"] == 100_000 and said["readings folded"] > 90_000
    assert standing["series"] < 12_000 and standing["heldBytes"] < standing["budgetBytes"]
    assert cluster.pid("telemetry") == pid


def test_a_log_line_of_ten_mebibytes_and_numbers_that_are_none_are_survived(cluster):
    pid = cluster.pid("telemetry")
    request = ExportLogsServiceRequest()
    record = request.resource_logs.add().scope_logs.add().log_records.add(time_unix_nano=time.time_ns())
    record.body.string_value = "a" * (10 << 20)
    assert post(cluster, "/v1/logs", request.SerializeToString())[0] == 200
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add().scope_metrics.add().metrics.add(name="odd")
    for value in (float("nan"), float("inf"), float("-inf")):
        metric.gauge.data_points.add(time_unix_nano=time.time_ns(), as_double=value)
    status, _, text = post(cluster, "/v1/metrics", request.SerializeToString())
    assert status == 200 and text
    assert cluster.pid("telemetry") == pid and kept(cluster, "lines") == 1


def test_one_trace_of_one_order_shows_http_both_services_both_outboxes_and_the_carrier(cluster):
    shop = Shop.__new__(Shop)
    shop.cluster, shop.data = cluster, cluster.data
    cluster.does("seed", "--products", "5", "--customers", "5")
    shop.key = (cluster.data / "keys" / "local.key").read_text().strip()
    trace = os.urandom(16).hex()
    status, answer = shop.ask(
        "POST", "orders", "/orders",
        {"customer_id": "5eed0000-0000-7000-8000-000000000001", "items": [{"sku": "SKU-000001", "quantity": 1}]},
        {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})  # fmt: skip
    assert status == 201
    wanted = [("orders", "POST /orders", "server"), ("orders", "send ReserveInventory", "producer"),
              ("inventory", "process ReserveInventory", "consumer"),
              ("inventory", "send InventoryReserved", "producer"),
              ("orders", "process InventoryReserved", "consumer"), ("orders", "send BookDelivery", "client"),
              ("carrier", "book parcel", "server")]  # fmt: skip

    def whole():
        done = cluster.run("trace", trace, "--json")
        spans = json.loads(done.stdout)["spans"] if done.returncode == 0 else []
        found = {(span["node"], span["name"], span["kind"]) for span in spans}
        return spans if found.issuperset(wanted) else None

    spans = until(whole, 15, "the whole trace")
    known = {span["span"] for span in spans}
    orphans = [span for span in spans if span.get("parent") not in known and span.get("parent") != "00f067aa0ba902b7"]
    assert not orphans
    shown = cluster.does("trace", trace)
    assert re.search(r"carrier\s+book parcel", shown) and "Missing" not in shown


def test_a_dead_process_is_a_finding_within_half_a_second(cluster):
    until(lambda: query(cluster, "metrics", "process.memory", "--service", "carrier")["series"], what="the carrier")
    began = time.time_ns()
    os.kill(cluster.pid("carrier"), signal.SIGKILL)
    found = until(
        lambda: [f for f in query(cluster, "findings")["findings"] if f["kind"] == "deadProcess"], what="the finding")
    assert found[0]["node"] == "carrier" and found[0]["noticed"] - began < 500_000_000
    assert "KILL" in found[0]["text"]


def test_a_stopped_process_is_a_silent_one(cluster):
    """Hung processes are killed by the cluster's own heartbeats; one that only stops speaking is noticed here."""
    pid = cluster.pid("carrier")
    until(lambda: query(cluster, "metrics", "process.memory", "--service", "carrier")["series"], what="the carrier")
    os.kill(pid, signal.SIGSTOP)
    found = until(
        lambda: [f for f in query(cluster, "findings")["findings"] if f["node"] == "carrier"], 20, "a finding")
    assert {f["kind"] for f in found} & {"deadProcess", "silentProcess"}


def active(cluster):
    done = cluster.run("signals", "standing", "--json")
    return json.loads(done.stdout).get("active") if done.returncode == 0 else None


def test_another_replica_takes_over_within_seconds_with_the_counts(cluster):
    post(cluster, "/v1/traces", spans_request(cluster, 25).SerializeToString())
    cluster.does("scale", "telemetry", "3")
    cluster.ready("telemetry", 3)
    first = until(lambda: active(cluster), what="an active replica")
    number = int(first.rsplit(".", 1)[1])
    killed = time.monotonic()
    os.kill(cluster.pid("telemetry", number), signal.SIGKILL)
    until(lambda: active(cluster) not in (None, first), what="another active replica")

    def takes():
        try:
            return post(cluster, "/v1/traces", spans_request(cluster, 5).SerializeToString())[0] == 200
        except OSError:
            return False

    until(takes, what="an open door")
    assert time.monotonic() - killed < 5
    assert kept(cluster, "spans") >= 30
    # Whoever is asked, the active one answers.
    answers = {query(cluster, "metrics", "process.memory", "-n", "1")["answeredBy"] for _ in range(8)}
    assert answers == {active(cluster)}


def test_many_senders_at_once_are_served_or_told_to_come_again(cluster):
    request = spans_request(cluster, 500).SerializeToString()
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: post(cluster, "/v1/traces", request), range(200)))
    taken = sum(status == 200 for status, _, _ in answers)
    assert all(status in (200, 429, 503) for status, _, _ in answers)
    assert all("retry-after" in headers for status, headers, _ in answers if status != 200)
    assert taken > 0 and kept(cluster, "spans") == 500 * taken


def test_mistakes_on_the_command_line_are_told(cluster):
    for arguments, words in [
        (("trace", "xyz"), "32 hexadecimal digits"), (("signals", "metrics", "--since", "soon"), "90s"),
        (("signals", "metrics", "--label", "a"), "NAME=VALUE"), (("investigate", "--since", "99"), "90s"),
    ]:  # fmt: skip
        done = cluster.run(*arguments)
        assert done.returncode == 64 and words in done.stderr, done.stderr
    done = cluster.run("trace", "0" * 31 + "1")
    assert done.returncode == 1 and "no span of the trace" in done.stderr
