"""Objectives: what the files say, what Prometheus makes of the rules, and that it and our own engine agree."""

import json
import os
import pathlib
import random
import shutil
import subprocess
import sys

import pytest
import yaml

from clusters import BUILD, ROOT

STEP, EVERY = 30, 60
HOUR = 3600
PROMTOOL = shutil.which("promtool", path=f"{os.environ['PATH']}:{pathlib.Path(sys.executable).parent}")


def run(*arguments, code=0):
    done = subprocess.run(
        [BUILD / "kintsugi", *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False, cwd=ROOT
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def slo(name, target, indicator, period="30d", more=""):
    return f"""
apiVersion: openslo/v1
kind: SLO
metadata: {{name: {name}}}
spec:
  service: shop
  timeWindow: [{{duration: {period}, isRolling: true}}]
  budgetingMethod: Occurrences
  objectives: [{{target: {target}}}]
  indicator: {{metadata: {{name: i}}, spec: {{ratioMetric: {indicator}}}}}
{more}"""


def ours(**spec):
    return {"metricSource": {"type": "kintsugi", "spec": spec}}


CODES = json.dumps({
    "counter": True,
    "bad": ours(metric="shop.requests", where={"code": {"begins": "5"}}),
    "total": ours(metric="shop.requests"),
})  # fmt: skip
LATENCY = json.dumps({
    "counter": True,
    "good": ours(metric="shop.duration", below="250ms"),
    "total": ours(metric="shop.duration"),
})  # fmt: skip
DEMONSTRATION = """
  alertPolicies:
    - kind: AlertPolicy
      metadata: {name: quick}
      spec:
        conditions:
          - kind: AlertCondition
            metadata: {name: quick, annotations: {kintsugi/short-window: 2m}}
            spec:
              severity: page
              condition: {kind: burnrate, op: gte, threshold: 5, lookbackWindow: 10m, alertAfter: 3m}
"""


class Traffic:
    """Good and bad events in steps, from stretches of (seconds, events a step, share that is bad)."""

    def __init__(self, *stretches, resets=(), chance=None):
        self.good, self.bad = [0], [0]
        for seconds, events, share in stretches:
            for _ in range(seconds // STEP):
                bad = round(events * share) if chance is None else sum(chance.random() < share for _ in range(events))
                # A process that begins anew counts from zero, and may have counted something since.
                fresh = len(self.good) * STEP in resets
                self.good.append((0 if fresh else self.good[-1]) + events - bad)
                self.bad.append((0 if fresh else self.bad[-1]) + bad)

    def recorded(self, histogram):
        if histogram:
            whole = [good + bad for good, bad in zip(self.good, self.bad)]
            series = [{"name": "shop.duration", "count": whole, "below": {"0.25": self.good}}]
        else:
            series = [{"name": "shop.requests", "labels": {"code": code}, "values": values}
                      for code, values in (("200", self.good), ("503", self.bad))]  # fmt: skip
        return {"step": STEP, "every": EVERY, "series": series}

    def prometheus(self, histogram):
        def values(numbers):
            return " ".join(map(str, numbers))

        if histogram:
            whole = [good + bad for good, bad in zip(self.good, self.bad)]
            return [{"series": "shop_duration_seconds_count", "values": values(whole)},
                    {"series": 'shop_duration_seconds_bucket{le="0.25"}', "values": values(self.good)}]  # fmt: skip
        return [{"series": f'shop_requests_total{{code="{code}"}}', "values": values(numbers)}
                for code, numbers in (("200", self.good), ("503", self.bad))]  # fmt: skip

    @property
    def seconds(self):
        return (len(self.good) - 1) * STEP


def dice(seed):
    """Hours of traffic of which nobody knows what it does next."""
    chance = random.Random(seed)
    stretches = [(chance.randrange(10, 60) * EVERY, chance.choice([0, 3, 40, 200]),
                  chance.choice([0, 0, 0.002, 0.02, 0.1, 0.5, 1])) for _ in range(12)]  # fmt: skip
    resets = {chance.randrange(1, 600) * STEP for _ in range(3)}
    return Traffic(*stretches, resets=resets, chance=chance)


SCENES = {
    "steady good": (0.99, CODES, "", Traffic((3 * HOUR, 100, 0))),
    "steady within the budget": (0.99, CODES, "", Traffic((8 * HOUR, 200, 0.005))),
    "outage": (0.99, CODES, "", Traffic((2 * HOUR, 100, 0), (600, 100, 1), (3 * HOUR, 100, 0))),
    "outage from the beginning": (0.999, CODES, "", Traffic((HOUR, 100, 1), (2 * HOUR, 100, 0))),
    "slow burn": (0.99, CODES, "", Traffic((6 * HOUR, 100, 0), (30 * HOUR, 100, 0.04), (14 * HOUR, 100, 0))),
    "zero traffic": (0.99, CODES, "", Traffic((3 * HOUR, 0, 0))),
    "silence after failures": (0.99, CODES, "", Traffic((HOUR, 100, 0.5), (4 * HOUR, 0, 0), (HOUR, 100, 0))),
    "counter reset": (0.99, CODES, "", Traffic(
        (HOUR, 100, 0), (1200, 100, 0.5), (3 * HOUR, 100, 0), resets=(HOUR + 300, HOUR + 900, 2 * HOUR))),
    "low objective": (0.5, CODES, "", Traffic((HOUR, 100, 0), (3 * HOUR, 100, 1), (7 * HOUR, 100, 0))),
    "no objective to speak of": (0, CODES, "", Traffic((HOUR, 100, 0), (3 * HOUR, 100, 1), (2 * HOUR, 100, 0))),
    "latency": (0.95, LATENCY, "", Traffic((HOUR, 100, 0.01), (2400, 100, 0.9), (3 * HOUR, 100, 0.01))),
    "latency with a reset": (0.95, LATENCY, "", Traffic(
        (HOUR, 100, 0.01), (2400, 100, 0.9), (3 * HOUR, 100, 0.01), resets=(HOUR + 600,))),
    "a policy of the file": (0.99, CODES, DEMONSTRATION, Traffic(
        (HOUR, 100, 0), (120, 100, 1), (HOUR, 100, 0), (900, 100, 0.2), (HOUR, 100, 0))),
    **{f"dice {seed}": (0.99, CODES, "", dice(seed)) for seed in range(6)},
    **{f"dice {seed}, low": (0.6, LATENCY, "", dice(seed)) for seed in range(6, 9)},
}  # fmt: skip
# Scenes in which something must fire, so that agreement is more than silence.
FIRES = {"outage", "outage from the beginning", "slow burn", "silence after failures", "counter reset",
         "low objective", "no objective to speak of", "latency", "latency with a reset", "a policy of the file"}  # fmt: skip


def spelled(seconds):
    for length, letter in ((86400, "d"), (3600, "h"), (60, "m"), (1, "s")):
        if seconds % length == 0:
            return f"{int(seconds // length)}{letter}"
    return f"{int(seconds * 1000)}ms"


def looks(events, end):
    """When to look, and which windows fire then; never within a step of a change, where the two may differ."""
    changes = sorted({event["at"] for event in events})
    wanted = {at + far for at in changes for far in (-2 * EVERY, 2 * EVERY)} | set(range(0, end, 10 * EVERY))
    for at in sorted(wanted):
        if 0 <= at <= end and all(abs(at - change) > EVERY for change in changes):
            firing = set()
            for event in events:
                if event["at"] <= at:
                    name = f"{spelled(event['longSeconds'])}/{spelled(event['shortSeconds'])}"
                    (firing.add if event["isFiring"] else firing.discard)(name)
            yield at, sorted(firing)


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not here: see scripts/promtool.sh")
@pytest.mark.parametrize("scene", SCENES)
def test_prometheus_and_our_engine_fire_and_clear_within_a_step(tmp_path, scene):
    target, indicator, more, traffic = SCENES[scene]
    histogram = indicator == LATENCY
    (tmp_path / "slo.yaml").write_text(slo("scene", target, indicator, more=more))
    (tmp_path / "series.json").write_text(json.dumps(traffic.recorded(histogram)))
    run("slo", "rules", "--slo", tmp_path / "slo.yaml", "--out", tmp_path / "rules.yaml")
    events = json.loads(
        run("slo", "replay", "--json", "--slo", tmp_path / "slo.yaml", "--series", tmp_path / "series.json")
    )["events"]
    assert bool(events) == (scene in FIRES) or scene.startswith("dice"), events
    checks = [
        {
            "expr": 'count by (window) (ALERTS{alertname="ErrorBudgetBurn",alertstate="firing"})',
            "eval_time": f"{at}s",
            "exp_samples": [{"labels": f'{{window="{name}"}}', "value": 1} for name in firing],
        }
        for at, firing in looks(events, traffic.seconds)
    ]
    assert len(checks) > 10
    test = {
        "rule_files": ["rules.yaml"], "evaluation_interval": f"{EVERY}s",
        "tests": [{"interval": f"{STEP}s", "input_series": traffic.prometheus(histogram), "promql_expr_test": checks}],
    }  # fmt: skip
    (tmp_path / "test.yaml").write_text(yaml.safe_dump(test))
    done = subprocess.run(
        [PROMTOOL, "test", "rules", "test.yaml"], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"{events}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not here: see scripts/promtool.sh")
def test_prometheus_takes_the_rules_of_what_is_shipped(tmp_path):
    assert "nothing is wrong" in run("slo", "check")
    run("slo", "rules", "--out", tmp_path / "rules.yaml")
    done = subprocess.run([PROMTOOL, "check", "rules", tmp_path / "rules.yaml"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_mistake_is_told_with_its_line_and_nothing_is_written(tmp_path):
    good = slo("good", 0.9, CODES)
    (tmp_path / "a.yaml").write_text(good + "---\n" + slo("bad", 1.5, CODES))
    (tmp_path / "b.yaml").write_text(slo("other", 0.9, CODES))
    report = json.loads(run("slo", "check", tmp_path, "--json", code=78))
    assert report["objectives"] == ["good", "other"]
    assert len(report["mistakes"]) == 1 and "a.yaml:" in report["mistakes"][0]
    assert "expected a number of at least 0 and below 1, found \"1.5\"" in report["mistakes"][0]
    run("slo", "rules", "--slo", tmp_path, "--out", tmp_path / "rules.yaml", code=78)
    assert not (tmp_path / "rules.yaml").exists()
    assert "No such file" in run("slo", "check", tmp_path / "nowhere", code=78)
