"""What the services say of their doors is what their doors do."""

import json
import pathlib
import subprocess
import sys
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).parents[2]
SERVICES = ["orders", "inventory", "telemetry", "triage", "console"]

# What triage takes are formats of others: its description names them and has no shape of theirs, so that what looks valid by
# it may be none.
EXCEPT = {"triage": ["--exclude-checks", "positive_data_acceptance"],
          # The console's answers are about things that are not there; its stream of events has no end.
          "console": ["--exclude-checks", "positive_data_acceptance", "--exclude-path", "/api/events"]}


@pytest.mark.parametrize("service", [*SERVICES, "carrier"])
def test_the_description_in_the_repository_is_the_one_that_is_served(shop, service):
    with urllib.request.urlopen(f"{shop.url(service)}/openapi.json", timeout=10) as page:
        served = json.load(page)
    kept = json.loads((ROOT / "docs" / "openapi" / f"{service}.json").read_text())
    assert served == kept, f"write it anew: curl -s {shop.url(service)}/openapi.json > docs/openapi/{service}.json"


@pytest.mark.parametrize("service", SERVICES)
def test_generated_requests_find_nothing_that_the_description_does_not_say(shop, service):
    """All checks, in all phases: what is sent follows the description, and what comes back must, too."""
    done = subprocess.run(
        [pathlib.Path(sys.executable).parent / "schemathesis", "run", f"{shop.url(service)}/openapi.json",
         "--header", f"x-api-key: {shop.key}", "--checks", "all", "--max-examples", "20" if service == "console" else "60", "--seed", "11",
         "--no-color", *EXCEPT.get(service, [])],
        capture_output=True, text=True, timeout=240, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout[-8_000:] + done.stderr[-2_000:]
    for operation in json.loads((ROOT / "docs" / "openapi" / f"{service}.json").read_text())["paths"]:
        assert operation  # The description is not empty: something was tested.
    assert "Fuzzing" in done.stdout, done.stdout
    # Links between operations lead through orders and inventory; what the agents take leads nowhere.
    assert "Stateful" in done.stdout or service in ("telemetry", "triage", "console"), done.stdout
    assert json.loads(shop.does("audit", "shop", "--json"))["waiting"] == 0
