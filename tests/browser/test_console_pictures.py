"""The pictures of docs/console.md: `make pictures` makes them, of the walkthrough as a browser shows it."""

from __future__ import annotations

import base64
import os
import time
from pathlib import Path

import pytest

from clicked_console import CREDENTIAL, PAGES, ask

FOLDER = Path(__file__).parents[2] / "docs/images/console"
LIVE = ("gateways", "denials")
SIZE = {"width": 1000, "height": 720, "deviceScaleFactor": 1, "mobile": False}
# Where the manifests are on this machine is not part of the picture.
WITHOUT_PATHS = """
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) walker.currentNode.data = walker.currentNode.data.replace(arguments[0], 'manifests');
"""


def take(console, name):
    """A picture of what is shown."""
    console.chromium.execute_script(WITHOUT_PATHS, str(console.folder))
    taken = console.chromium.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
    if os.environ.get("PICTURES"):
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / f"{name}.png").write_bytes(base64.b64decode(taken["data"]))
    assert base64.b64decode(taken["data"]).startswith(b"\x89PNG")


@pytest.fixture(scope="module")
def shown(protected):
    """The console on a screen of the pictures' size."""
    protected.chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", SIZE)
    yield protected
    protected.chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.parametrize("name", [name for name in PAGES if name not in (*LIVE, "edit", "error")])
def test_a_page_has_its_picture(shown, name):
    """The picture is taken as the page is opened."""
    shown.open(PAGES[name])
    take(shown, name)


def test_a_form_has_its_picture(shown):
    """The form of a credential, where its secret is typed."""
    shown.open(PAGES["edit"])
    shown.chromium.execute_script("document.querySelector('#secret').scrollIntoView({block: 'center'})")
    take(shown, "edit")


@pytest.mark.parametrize("name", LIVE)
def test_a_live_page_has_its_picture(shown, gateway, name):
    """Requests came while the page was open, so that there are plots."""
    shown.open(PAGES[name])
    for requests in (2, 5, 3, 8, 4, 6):
        for _ in range(requests):
            ask(gateway)
            ask(gateway, "Authorization: Bearer a.b.c")
        time.sleep(1)
    shown.until(lambda: shown.find("polyline[points*=' ']"))
    take(shown, name)


def test_a_review_has_its_picture(shown):
    """A difference, before it is saved."""
    shown.open("/consumers/demo/oiloil/edit")
    shown.fill(groups="readers")
    shown.click("Look at the change")
    shown.until(lambda: "The change" in shown.text())
    take(shown, "review")


def test_a_dialog_has_its_picture(shown):
    """A token that was tried where it was made."""
    shown.open(f"{CREDENTIAL}/token")
    shown.click("Generate")
    shown.until(lambda: shown.find("dialog #made-token").is_displayed())
    shown.find("dialog form[action$='/try'] button.plain").click()
    shown.until(lambda: "200 OK" in shown.find("#tried").text)
    shown.chromium.execute_script("document.querySelector('dialog').scrollTop = 0")
    take(shown, "dialog")
