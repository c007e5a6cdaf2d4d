"""What the tests of the console's pages need: a fake server, and a real browser."""

import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from fake import Server, one_time_link  # noqa: E402
from story import ROOT  # noqa: E402

BROWSER = os.environ.get("KINTSUGI_CHROMIUM", "/usr/bin/chromium")
SEEN = ROOT / ".artefacts/console"

# Kept before a page's own code runs: what the policy refused, what failed, what took long.
WITNESS = """
  window.refused = []; window.long = []; window.faults = [];
  addEventListener('securitypolicyviolation', (it) => window.refused.push(it.violatedDirective + ' ' + it.blockedURI + ' ' + it.sample));
  addEventListener('error', (it) => window.faults.push(String(it.message)));
  addEventListener('unhandledrejection', (it) => window.faults.push(String(it.reason)));
  new PerformanceObserver((list) => list.getEntries().forEach((it) => window.long.push(it.duration))).observe({ type: 'longtask', buffered: true });
"""


@pytest.fixture(scope="session")
def chromium():
    playwright = pytest.importorskip("playwright.sync_api")
    if not pathlib.Path(BROWSER).exists():
        pytest.skip(f"there is no {BROWSER}: apt-get install chromium, or name one in KINTSUGI_CHROMIUM")
    with playwright.sync_playwright() as player:
        browser = player.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def servers():
    made = []

    def make(**more):
        made.append(Server(**more))
        return made[-1]

    yield make
    for server in made:
        server.close()


@pytest.fixture
def contexts(chromium):
    """Makes browsers' profiles of this test's own: nothing kept, nothing cached."""
    made = []

    def make(**more):
        more.setdefault("viewport", {"width": 1360, "height": 900})
        context = chromium.new_context(**more)
        context.add_init_script(WITNESS)
        context.set_default_timeout(15_000)
        made.append(context)
        return context

    yield make
    for context in made:
        context.close()


@pytest.fixture
def consoles(servers, contexts):
    """A server and a page on which somebody has signed in by a link."""

    def make(view=None, **more):
        server = servers(**more)
        page = contexts(**(view or {})).new_page()
        page.goto(one_time_link(server.url))
        page.wait_for_selector(".sentence, .refusal")
        return server, page

    return make


@pytest.fixture
def seen():
    """Where pictures of the pages are kept."""
    SEEN.mkdir(parents=True, exist_ok=True)
    return SEEN
