"""How pages of the console look: on every screen, in light and dark, and for those who use no mouse or no eyes."""

from __future__ import annotations

import contextlib

import pytest

import axe_core
from clicked_console import CREDENTIAL, PAGES
from not_installed import NotInstalled

SIZES = {"telephone": (320, 640), "tablet": (800, 1100), "4K": (3840, 2160)}
# The contrast of what is disabled or busy is nobody's affair; the rest are the rules of WCAG 2.2 AA and the advice.
AXE = """
    const done = arguments[0];
    axe.run({resultTypes: ['violations']}).then(
        found => done(found.violations.filter(it => ['serious', 'critical'].includes(it.impact))
            .map(it => [it.id, ...it.nodes.map(node => node.html)])), error => done([String(error)]));
"""
SHIFT = """
    const done = arguments[0], entries = [];
    new PerformanceObserver(list => entries.push(...list.getEntries())).observe({type: 'layout-shift', buffered: true});
    setTimeout(() => done(entries.reduce((sum, it) => sum + it.value, 0)), 2500);
"""
# The names of what the Tab key reaches, in their order, and whether each can be seen there.
REACHED = """
    const seen = document.activeElement, box = seen.getBoundingClientRect(), style = getComputedStyle(seen);
    return [seen.outerHTML.slice(0, 120), style.outlineStyle !== 'none' && box.width > 0 && box.height > 0];
"""


@contextlib.contextmanager
def screen(console, width, height, scheme="light"):
    """A screen of another size, and what its user prefers."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    prefers = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    console.chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    console.chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", prefers)
    try:
        yield
    finally:
        console.chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        console.chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.fixture(scope="session")
def axe():
    """The program that finds what keeps people from using a page."""
    try:
        return axe_core.script()
    except NotInstalled as missing:
        pytest.skip(f"needs {missing}")


def found_by(axe, console):
    """What is serious or critical on the page that is open."""
    console.chromium.execute_script(axe)
    return console.chromium.execute_async_script(AXE)


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_a_page_fits_every_screen_and_breaks_no_policy(protected, path):
    """Nothing is wider than the screen, and the browser has nothing to say, as of the content security policy."""
    protected.chromium.get_log("browser")  # What the pages before it had to say.
    for width, height in SIZES.values():
        with screen(protected, width, height):
            protected.open(path)
            assert protected.chromium.execute_script("return document.documentElement.scrollWidth") <= width
    said = [it for it in protected.chromium.get_log("browser") if "404" not in it["message"]]
    assert [] == said


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_a_page_can_be_used_by_everyone(protected, axe, path, scheme):
    """axe-core finds nothing serious, also on a telephone."""
    for size in (SIZES["telephone"], SIZES["tablet"]):
        with screen(protected, *size, scheme):
            protected.open(path)
            assert [] == found_by(axe, protected)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_dialog_with_a_token_can_be_used_by_everyone(protected, axe, scheme):
    """With the answer of the gateway in it."""
    console = protected
    with screen(console, *SIZES["tablet"], scheme):
        console.open(f"{CREDENTIAL}/token")
        console.click("Generate")
        console.until(lambda: console.find("dialog #made-token").is_displayed())
        console.find("dialog form[action$='/try'] button.plain").click()
        console.until(lambda: "The gateway answers" in console.find("#tried").text)
        assert [] == found_by(axe, console)


@pytest.mark.parametrize("path", [PAGES[name] for name in ("overview", "gateways", "denials", "token")])
def test_nothing_moves_after_a_page_is_shown(protected, path):
    """Live values don't push each other around (CLS, below a tenth of what counts as good)."""
    protected.open(path)
    assert protected.chromium.execute_async_script(SHIFT) < 0.01


@pytest.mark.parametrize("path", [PAGES[name] for name in ("edit-route", "token", "try", "decode")])
def test_every_field_and_button_is_reached_by_the_tab_key(protected, path):
    """Each shows that it has the focus, and the last of them is the button that sends the form."""
    console = protected
    console.open(path)
    wanted = console.chromium.execute_script(
        "return [...document.querySelectorAll('main a, main input, main select, main textarea, main button')]"
        ".filter(it => it.type !== 'hidden' && it.checkVisibility() && it.type !== 'radio')"
        ".map(it => it.outerHTML.slice(0, 120))"
    )
    reached = []
    for _ in range(len(wanted) + 40):
        console.chromium.switch_to.active_element.send_keys("\ue004")
        html, is_seen = console.chromium.execute_script(REACHED)
        assert is_seen or "<body" in html or "<html" in html, html
        reached.append(html)
    assert [] == [html for html in wanted if html not in reached]
