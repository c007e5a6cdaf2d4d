"""What is merged is deployed behind a gate; what fails at once is taken back, whoever is killed meanwhile."""

import base64
import json
import os
import signal
import subprocess

import pytest

from clusters import BUILD, alive, until
from shops import QUIET, Shop


@pytest.fixture
def shop(clusters):
    return Shop(clusters(QUIET))


def git(shop, *arguments):
    done = subprocess.run(
        ["git", "--git-dir", shop.data / "cluster.git", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def main(shop):
    return git(shop, "rev-parse", "main")


def tree(shop):
    return git(shop, "rev-parse", "main:config")


def running(shop):
    return ((shop.cluster.status() or {}).get("release") or {}).get("commit")


def deploys(shop):
    return (shop.cluster.status() or {}).get("deploys") or []


def set_value(shop, *values):
    shop.cluster.does("config", "set", *values)
    return main(shop)


def deployed(shop, commit, within=30):
    until(lambda: running(shop) == commit, within, f"the deploy of {commit[:10]}")


def taken_back(shop, commit, within=45):
    record = until(
        lambda: next((d for d in deploys(shop) if d["release"]["commit"] == commit and d["outcome"] != "underway"), None),
        within, "the end of the deploy")  # fmt: skip
    until(lambda: main(shop) != commit and running(shop) == main(shop), 20, "main says what runs")
    return record


def commits(shop):
    """The commit that each worker of orders was born with."""
    return [slot.get("commit") for slot in shop.cluster.slots("orders")]


def test_what_is_merged_is_rolled_without_dropping_a_request(shop):
    first = running(shop)
    assert first == main(shop)
    shop.cluster.does("scale", "orders", "2")
    load = shop.load(150, 15)
    commit = set_value(shop, "roles/orders.yaml:carrier.timeout=4s")
    deployed(shop, commit)
    assert commits(shop) == [commit, commit]
    # Whom it does not reach runs on as it was.
    assert {slot["commit"] for slot in shop.cluster.slots("inventory")} == {first}
    assert deploys(shop)[0]["roles"] == ["orders"]
    assert load.result()["failed"] == 0
    changes = json.loads(shop.cluster.does("signals", "changes", "--json"))["changes"]
    assert any(change.get("commit") == commit for change in changes), changes
    git(shop, "fsck", "--strict")


def test_a_value_that_a_process_dies_of_is_taken_back_and_nobody_feels_it(shop):
    before, pids = tree(shop), shop.cluster.pid("orders")
    commit = set_value(shop, "roles/orders.yaml:http.keys=/nowhere/keys.yaml")
    record = taken_back(shop, commit)
    assert record["outcome"] == "takenBack"
    assert shop.cluster.pid("orders") == pids
    assert tree(shop) == before
    assert "deploy gate" in git(shop, "log", "-1", "--format=%an")
    seen = until(
        lambda: [
            record for record in json.loads(shop.cluster.does("alert", "list", "--json"))
            if record["alert"]["name"] == "DeployTakenBack" and record["receipt"].get("incident")
        ], 15, "the incident that records it")  # fmt: skip
    assert commit[:10] in seen[0]["alert"]["text"]


def test_a_configuration_with_a_mistake_is_not_deployed_and_main_is_put_right(shop, tmp_path):
    before = tree(shop)
    work = tmp_path / "work"
    subprocess.run(["git", "clone", "-q", shop.data / "cluster.git", work], check=True)
    path = work / "config" / "cluster.yaml"
    path.write_text(path.read_text().replace("replicas", "replica") + "surprise: 1\n")
    subprocess.run(
        ["git", "-C", work, "-c", "user.name=ana", "-c", "user.email=a@example.org", "commit", "-qam", "A slip"],
        check=True)  # fmt: skip
    subprocess.run(["git", "-C", work, "push", "-q"], check=True, stderr=subprocess.DEVNULL)
    until(lambda: "Take back" in git(shop, "log", "-1", "--format=%s"), 20, "main is put right")
    assert "unknown key" in git(shop, "log", "-1", "--format=%b")
    assert tree(shop) == before
    until(lambda: running(shop) == main(shop), 10, "main says what runs")


@pytest.mark.parametrize("role", ["supervisor", "remediation"])
def test_who_is_killed_in_the_midst_of_a_deploy_changes_nothing_in_its_end(shop, role):
    commit = set_value(shop, "roles/orders.yaml:carrier.timeout=3s")
    until(lambda: deploys(shop) and deploys(shop)[0]["outcome"] == "underway", 10, "the deploy under way")
    pid = shop.cluster.pid(role)
    os.kill(pid, signal.SIGKILL)
    until(lambda: not alive(pid), 5, "its end")
    deployed(shop, commit)
    until(lambda: commits(shop) == [commit], 15, "orders runs it")
    assert main(shop) == commit


def test_what_was_merged_while_nobody_looked_is_deployed_later(shop):
    shop.cluster.does("scale", "remediation", "0")
    until(lambda: not shop.cluster.slots("remediation"), 15, "nobody looks")
    commit = set_value(shop, "roles/inventory.yaml:http.in-hand=900")
    shop.cluster.does("scale", "remediation", "1")
    deployed(shop, commit)


def test_the_next_start_runs_main_and_a_folder_that_is_named_becomes_main(shop, tmp_path):
    commit = set_value(shop, "roles/orders.yaml:carrier.timeout=2s")
    deployed(shop, commit)
    shop.cluster.does("down")
    done = shop.cluster.run("up", "--detach", "--port-offset", str(shop.cluster.offset))
    assert done.returncode == 0, done.stderr
    assert running(shop) == commit
    shop.cluster.does("down")
    # The shipped folder again: it differs from main, so it is committed.
    shop.cluster.up()
    assert "carrier.timeout" not in git(shop, "diff", "main", f"{commit}^", "--", "config/roles")
    assert main(shop) != commit and running(shop) == main(shop)


def test_a_new_role_comes_and_goes_with_main(shop, tmp_path):
    text = git(shop, "show", "main:config/cluster.yaml")
    more = tmp_path / "cluster.yaml"
    more.write_text(text + "\n  - name: second\n    executable: CarrierSimulator\n    after: [broker]\n    listens: [carrier]\n")
    shop.cluster.does("config", "set", "--file", f"cluster.yaml={more}")
    shop_acl = git(shop, "show", "main:config/acl.yaml")
    acl = tmp_path / "acl.yaml"
    acl.write_text(shop_acl.replace("  carrier:\n", "  second:\n    publish: [metrics., spans., logs.]\n    listen: [traces.]\n  carrier:\n", 1))
    shop.cluster.does("config", "set", "--file", f"acl.yaml={acl}")
    until(lambda: running(shop) == main(shop), 60, "main runs")
    shop.cluster.ready("second", 1)
    shop.cluster.does("config", "rollback", "HEAD~2")
    until(lambda: running(shop) == main(shop) and not shop.cluster.slots("second"), 60, "it is gone")


def test_pull_requests_are_read_and_merged_over_the_bus_by_whoever_speaks_for_people(shop):
    content = git(shop, "show", "main:config/roles/orders.yaml").replace("timeout: 5s", "timeout: 4s") + "\n"
    wish = {"call": "propose", "proposal": {
        "title": "Wait less", "text": "", "author": "ann", "base": main(shop),
        "change": {"files": {"_0": [
            {"path": "config/roles/orders.yaml", "content": base64.b64encode(content.encode()).decode()}]}},
        "at": 1_700_000_100_000_000_000}}  # fmt: skip
    subprocess.run(
        [BUILD / "ForgeSample", "local", shop.data / "cluster.git"], input=json.dumps(wish) + "\n", capture_output=True,
        text=True, check=True)  # fmt: skip
    operator = shop.cluster.operator()

    def ask(method, *arguments):
        answer = operator.answer("remediation", f"ForgeDesk.{method}", *arguments, actor="forge", content="json")
        assert answer.status == "value", (answer.status, answer.body)
        return answer.body

    found = until(lambda: [p for p in ask("pulls", "open") if any(c["state"] == "passed" for c in p["checks"])], 20, "its check")
    assert [pull["title"] for pull in found] == ["Wait less"]
    view = ask("pull", found[0]["number"])
    assert "+  timeout: 4s" in view["diff"]
    merged = ask("merge", found[0]["number"], "ann", view["pull"]["head"])
    assert merged["mergedBy"] == "ann"
    deployed(shop, main(shop))
    assert ask("history", 2)[0]["commit"] == main(shop)
    again = operator.answer("remediation", "ForgeDesk.merge", 99, "ann", "0" * 40, actor="forge", content="json")
    assert again.status != "value"
