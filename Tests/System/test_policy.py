"""What the operator's command says about policies, and about a plan under one."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
POLICY = str(ROOT / "config" / "policy")


@pytest.fixture
def plan(tmp_path):
    """The example of the documentation, in a file; what is changed in it is written anew."""
    example = re.findall(r"```json\n(.*?)```", (ROOT / "docs" / "risk.md").read_text(), re.DOTALL)[0]
    file = tmp_path / "plan.json"

    def write(change=lambda proposal: None):
        proposal = json.loads(example)
        change(proposal)
        file.write_text(json.dumps(proposal))
        return file

    return write


def test_the_shipped_policy_is_right(kintsugi):
    done = kintsugi("policy", "lint", POLICY)
    assert done.returncode == 0 and "nothing is wrong" in done.stdout
    as_json = json.loads(kintsugi("policy", "lint", POLICY, "--json").stdout)
    assert as_json["mistakes"] == [] and as_json["policy"].startswith("default ")


def test_a_policy_with_a_mistake_is_none(kintsugi, tmp_path, plan):
    folder = tmp_path / "policy"
    folder.mkdir()
    text = (Path(POLICY) / "default.yaml").read_text()
    (folder / "p.yaml").write_text(text.replace("cooldown: 5m", "cooldwon: 5m"))
    done = kintsugi("policy", "lint", str(folder))
    line = text.splitlines().index("  cooldown: 5m") + 1
    assert done.returncode == 78
    assert f'p.yaml:{line}: limits.cooldwon: unknown key; did you mean "cooldown"?' in done.stdout
    done = kintsugi("policy", "explain", "--policy", str(folder), "--input", str(plan()))
    assert done.returncode == 78 and done.stdout == "" and "cooldwon" in done.stderr


def test_a_plan_is_explained_with_all_reasons(kintsugi, plan):
    done = kintsugi("policy", "explain", "--policy", POLICY, "--input", str(plan()))
    assert done.returncode == 0 and done.stdout.startswith("auto: plan ")
    assert len(done.stdout.splitlines()) == 15
    assert done.stdout == kintsugi("policy", "explain", "--policy", POLICY, "--input", str(plan())).stdout

    def recent(proposal):
        action = {"incident": "I-0", "action": "restart", "target": "orders", "at": 1907495900000000000, "capacity": 0.5}
        proposal["circumstances"]["past"] = [action]

    done = kintsugi("policy", "explain", "--policy", POLICY, "--input", str(plan(recent)), "--json")
    verdict = json.loads(done.stdout)
    assert verdict["outcome"] == "approve" and verdict["approvers"] == 1
    assert [reason["rule"] for reason in verdict["reasons"] if reason["outcome"] != "auto"] == ["cooldown"]
    assert verdict["autoFrom"] == 1907496200000000000


def test_a_file_that_is_no_plan_is_named_with_the_place(kintsugi, plan):
    def wrong(proposal):
        del proposal["plan"]["steps"][0]["order"]["door"]

    done = kintsugi("policy", "explain", "--policy", POLICY, "--input", str(plan(wrong)))
    assert done.returncode == 65 and "door: expected a value, found none" in done.stderr
    assert kintsugi("policy", "explain", "--policy", POLICY).returncode == 64
    assert kintsugi("policy", "explain", "--policy", POLICY, "--input", "/nowhere").returncode == 66


def test_policies_are_compared_over_the_past(kintsugi, tmp_path, plan):
    folder = tmp_path / "bold"
    folder.mkdir()
    text = (Path(POLICY) / "default.yaml").read_text()
    (folder / "p.yaml").write_text(text.replace("budget: 0.1, confidence: 0.9", "budget: 0.7, confidence: 0.9"))
    past = tmp_path / "past.json"
    past.write_text(json.dumps([{"proposal": json.loads(plan().read_text()), "ended": "resolved"}] * 2))
    done = kintsugi("policy", "compare", "--policy", POLICY, "--with", str(folder), "--past", str(past))
    assert done.returncode == 0
    assert "auto to approve, ended resolved: 2\n2 of 2 verdicts would be others, 0 of them milder\n" in done.stdout
    same = kintsugi("policy", "compare", "--policy", POLICY, "--with", POLICY, "--past", str(past), "--json")
    assert json.loads(same.stdout) == {"changes": [], "count": 2, "counts": [], "milder": 0}
