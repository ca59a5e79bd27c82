"""A real browser, and pages of several origins for it; all of it is on loopback."""

from __future__ import annotations

import shutil

import pytest
from selenium import webdriver
from selenium.common.exceptions import WebDriverException

from upstream import Upstream
from upstream_behaviours import says

PAGE = "<!doctype html><title>A page</title>"
# Chromium's own sandbox needs what root and containers don't have; the shared memory of containers is too small for it.
OPTIONS = ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run")
# Selenium's driver manager would download what it does not find; with both paths given it is never asked.
BROWSERS, DRIVER = ("chromium", "google-chrome"), "chromedriver"


@pytest.fixture(scope="session")
def chromium():
    """A browser that has no profile but a new one."""
    browser, driver = next(filter(None, map(shutil.which, BROWSERS)), None), shutil.which(DRIVER)
    if browser is None or driver is None:
        pytest.skip("Chromium and its driver: apt install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for option in OPTIONS:
        options.add_argument(option)
    try:
        started = webdriver.Chrome(options, webdriver.ChromeService(executable_path=driver))
    except WebDriverException as error:
        pytest.fail(f"Chromium does not start: {error.msg}")
    started.set_script_timeout(15)
    yield started
    started.quit()


@pytest.fixture(scope="session")
def pages():
    """Serves one empty page, whatever the host: that makes the origin."""
    server = Upstream()
    server.on("/", says(f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(PAGE)}\r\n\r\n{PAGE}"))
    yield server
    server.close()


@pytest.fixture
def run(chromium, pages):
    """Runs the body of an asynchronous function in a page of this host; returns its result, or `threw` and why."""

    def run(host, body, *arguments):
        chromium.get(f"http://{host}:{pages.port}/")
        script = f"""
            const given = Array.from(arguments), done = given.pop();
            (async (...given) => {{ {body} }})(...given).then(done, error => done({{threw: error.name}}));
        """
        return chromium.execute_async_script(script, *arguments)

    return run
