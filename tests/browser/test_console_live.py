"""The live pages of the console in a real browser, with a gateway that the console starts itself."""

from __future__ import annotations

import re
import urllib.error
import urllib.request

import pytest
import yaml

import manifests
from clicked_console import HOST


@pytest.fixture(scope="module")
def folder(tmp_path_factory, httpbin):
    """A folder that no gateway serves yet."""
    path = tmp_path_factory.mktemp("started") / "manifests"
    path.mkdir()
    upstream = {"url": f"http://127.0.0.1:{httpbin}"}
    objects = [
        manifests.service(hosts=[HOST], upstream=upstream, auth={"jwt": {}}),
        manifests.route(paths=[{"type": "Exact", "value": "/json"}], methods=["GET"]),
    ]
    (path / "all.yaml").write_text(yaml.safe_dump_all(objects))
    return path


@pytest.fixture(scope="module")
def started(console_of, folder):
    """A console about it, whose button has started a gateway; yields the console and the gateway's address."""
    with console_of(folder) as console:
        console.open("/gateways")
        console.click("Start default here")
        console.until(lambda: "in force" in console.text())
        yield console, re.search(r"http://127\.0\.0\.1:\d+", console.text())[0]


def ask(url, **headers):
    """The status of GET /json."""
    request = urllib.request.Request(f"{url}/json", headers={"Host": HOST, **headers})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_a_gateway_that_was_started_here_is_seen_at_work(started):
    """Requests and denials are counted on the page as they happen, without a word from the user."""
    console, url = started
    console.chromium.get_log("browser")
    console.open("/denials")
    console.chromium.execute_script("window.isSamePage = true")
    assert [401] * 3 == [ask(url) for _ in range(3)]
    console.until(lambda: re.search(r"missing_token\s+3", console.text()))
    assert console.chromium.execute_script("return window.isSamePage")
    assert ("polyline" in console.read("[data-events] svg", "innerHTML"), []) == (
        True,
        console.chromium.get_log("browser"),
    )


def test_a_save_is_in_force_at_once(started, folder):
    """The page has the digest of what the folder says, on each worker."""
    console, _ = started
    console.open("/gateways")
    before = console.read("[data-events] code:nth-of-type(2)")
    (folder / "more.yaml").write_text(yaml.safe_dump(manifests.route("xml", methods=["GET"])))
    console.until(lambda: before not in console.text() and "with 2 routes" in console.text())
    console.until(lambda: "in force" in console.text())


def test_live_pages_work_without_scripts(started):
    """They show how it was when they were opened."""
    console, _ = started
    console.chromium.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        console.open("/gateways")
        assert "in force" in console.text()
        console.open("/denials")
        assert "missing_token" in console.text()
    finally:
        console.chromium.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
