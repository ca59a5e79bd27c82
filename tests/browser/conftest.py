"""A real browser, and pages of several origins for it; all of it is on loopback."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import threading

import pytest
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from werkzeug.serving import make_server

import raw
from clicked_console import Console, ask
from cluster import fixtures
from gateway import POSTERN, Local
from upstream import Upstream
from upstream_behaviours import says

api, crds, kubectl = fixtures.api, fixtures.crds, fixtures.kubectl
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


@pytest.fixture(scope="module")
def httpbin():
    """The application of the walkthrough; its port."""
    from httpbin import app

    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.port
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    """A gateway with no manifest yet."""
    started = Local(tmp_path_factory.mktemp("gateway") / "it")
    yield started
    started.close()


@pytest.fixture(scope="session")
def console_of(chromium, tmp_path_factory):
    """`console_of(folder)` is a context with a console about it, or about what options say, in the browser."""

    @contextlib.contextmanager
    def console_of(folder, *options):
        said = tmp_path_factory.mktemp("console") / "said"
        with said.open("wb") as out:
            command = [POSTERN, "console", "--no-browser", *(options or (folder,))]
            process = subprocess.Popen(command, stdout=out, stderr=out, env={"PYTHONUNBUFFERED": "1"})
        try:
            raw.until(lambda: "/start/" in said.read_text(), "the link of the console")
            link = re.search(r"http://\S+", said.read_text())[0]
            chromium.get(link)
            WebDriverWait(chromium, 20).until(lambda it: "/start/" not in it.current_url)
            chromium.get_log("browser")
            yield Console(chromium, process, link.partition("/start/")[0], folder, said)
        finally:
            process.terminate()
            process.wait(60)

    return console_of


@pytest.fixture(scope="module")
def console(console_of, gateway):
    """A console about the gateway's folder."""
    with console_of(gateway.manifests) as console:
        yield console


@pytest.fixture(scope="module")
def protected(console, gateway, httpbin):
    """The objects of the walkthrough, written by forms; nothing else has written into the folder."""
    console.write_walkthrough("demo", httpbin)
    raw.until(lambda: ask(gateway).status == 401, "the route to be served")
    return console


@pytest.fixture
def token(protected, gateway):
    """A token from the dialog, which is closed again."""
    console = protected
    console.open("/consumers/demo/oiloil")
    console.click("Generate JSON Web Token with oiloil")
    console.fill(claim_name="user", claim_value="oiloil", gateway="http://{}:{}".format(*gateway.listen))
    console.click("Generate")
    console.until(lambda: console.find("dialog #made-token").is_displayed())
    made = console.find("#made-token").get_property("value")
    assert f"Authorization: Bearer {made}" in console.find("#made-command").text
    console.find("dialog").find_element(By.XPATH, ".//button[.='Close']").click()
    console.until(lambda: not console.find("dialog").is_displayed())
    return made
