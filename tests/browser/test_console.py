"""The console in a real browser: the walkthrough, clicked against a real gateway, and pages that attack it."""

from __future__ import annotations

import re
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest
from selenium.common.exceptions import TimeoutException, WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait
from werkzeug.serving import make_server

import raw
from gateway import POSTERN, Local

HOST = "auth.httpbin.org"
CREDENTIAL = "/jwtcredentials/demo/oiloil"
PAGES = (
    "/",
    "/services",
    "/services/new",
    "/routes/demo/json",
    "/decode",
    "/routes/demo/json/edit",
    f"{CREDENTIAL}/token",
)


@dataclass
class Console:
    """A console about a folder, and the browser that has opened its link."""

    chromium: object
    process: subprocess.Popen
    base: str
    folder: Path
    said: Path

    def open(self, path):
        self.chromium.get(self.base + path)

    def find(self, css):
        return self.chromium.find_element(By.CSS_SELECTOR, css)

    def text(self):
        return self.find("main").text

    def click(self, text):
        """Press a button, or follow a link, by what it says."""
        self.find("main").find_element(By.XPATH, f".//*[self::a or self::button][normalize-space()='{text}']").click()

    def fill(self, **fields):
        """Fill in the first input of each name; `__` stands for a dot."""
        for name, value in fields.items():
            element = self.find(f'[name="{name.replace("__", ".")}"]')
            if element.tag_name == "select":
                Select(element).select_by_value(value)
            else:
                element.clear()
                element.send_keys(value)

    def save(self):
        """Look at the change, save it, and wait for the page of the object."""
        self.click("Look at the change")
        self.until(lambda: "The change" in self.text())
        self.click("Save")
        self.until(lambda: "YAML" in self.text())

    def until(self, is_so):
        try:
            WebDriverWait(self.chromium, 20, ignored_exceptions=(WebDriverException,)).until(lambda _: is_so())
        except TimeoutException:
            pytest.fail(f"the page is another: {self.chromium.current_url}\n{self.text()}")


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


@pytest.fixture(scope="module")
def console(chromium, gateway, tmp_path_factory):
    """A console about the gateway's folder."""
    said = tmp_path_factory.mktemp("console") / "said"
    with said.open("wb") as out:
        command = [POSTERN, "console", "--no-browser", gateway.manifests]
        process = subprocess.Popen(command, stdout=out, stderr=out, env={"PYTHONUNBUFFERED": "1"})
    raw.until(lambda: "/start/" in said.read_text(), "the link of the console")
    link = re.search(r"http://\S+", said.read_text())[0]
    chromium.get(link)
    WebDriverWait(chromium, 20).until(lambda it: "/start/" not in it.current_url)
    chromium.get_log("browser")
    yield Console(chromium, process, link.partition("/start/")[0], gateway.manifests, said)
    process.terminate()
    process.wait(20)


def ask(gateway, *fields):
    """What the gateway answers to GET /v1/json."""
    lines = "".join(f"{field}\r\n" for field in (f"Host: {HOST}", *fields, "Connection: close"))
    return raw.ask(gateway.listen, f"GET /v1/json HTTP/1.1\r\n{lines}\r\n")


@pytest.fixture(scope="module")
def protected(console, gateway, httpbin):
    """The objects of the walkthrough, written by forms; nothing else has written into the folder."""
    console.open("/services")
    console.click("New Service")
    console.fill(name="jwt-auth-app", namespace="demo", hosts=HOST, pathPrefix="/v1")
    console.fill(upstream__url=f"http://127.0.0.1:{httpbin}", auth__jwt__mode="Required")
    console.save()
    console.open("/routes/new")
    console.fill(name="json", namespace="demo", serviceRef__name="jwt-auth-app", methods="get")
    console.fill(paths__value="/json")
    console.click("Look at the change")
    console.until(lambda: "must be an HTTP method in upper case" in console.text())
    console.fill(methods="GET")
    console.save()
    console.open("/consumers/new")
    console.fill(name="oiloil", namespace="demo")
    console.save()
    console.open("/jwtcredentials/new")
    console.fill(name="oiloil", namespace="demo", consumerRef__name="oiloil", key="oiloil_key")
    console.save()
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


def test_the_walkthrough_is_clicked(protected, gateway, token):
    """No token is 401, the token of the dialog 200, and a wrong one 401; what is in it is shown on the spot."""
    assert (401, '{"message":"Missing JWT token in request"}') == (ask(gateway).status, ask(gateway).body.decode())
    raw.until(lambda: ask(gateway, f"Authorization: Bearer {token}").status == 200, "the credential to be served")
    assert "slideshow" in ask(gateway, f"Authorization: Bearer {token}").body.decode()
    assert 401 == ask(gateway, "Authorization: Bearer a.b.c").status
    console = protected
    console.open("/decode")
    console.fill(token=token, url=f"http://{HOST}/v1/json")
    console.click("Decode and explain")
    console.until(lambda: "The caller is the consumer oiloil." in console.text())
    assert '"user": "oiloil"' in console.text()


def test_a_token_is_nowhere_once_its_dialog_is_closed(protected, token):
    """No page, no address, no file and nothing that the console prints has it."""
    page = protected.chromium.execute_script("return document.documentElement.outerHTML")
    files = "".join(path.read_text() for path in protected.folder.rglob("*") if path.is_file())
    assert [] == [
        text for text in (page, protected.chromium.current_url, protected.said.read_text(), files) if token in text
    ]


def test_a_token_is_copied_by_a_button(protected):
    """What is in the clipboard is the token, and the button says so."""
    console = protected
    console.chromium.execute_cdp_cmd(
        "Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    )
    console.open(f"{CREDENTIAL}/token")
    console.click("Generate")
    console.until(lambda: console.find("dialog #made-token").is_displayed())
    made = console.find("#made-token").get_property("value")
    console.find('[data-copy="made-token"]').click()
    console.until(lambda: console.find('[data-copy="made-token"]').text == "Copied")
    read = "navigator.clipboard.readText().then(arguments[0], error => arguments[0](error.name))"
    assert made == console.chromium.execute_async_script(read)


def test_a_token_does_not_come_back_with_the_back_button(protected):
    """A page that is left with its dialog open has forgotten the token when it is seen again."""
    console = protected
    console.open(f"{CREDENTIAL}/token")
    console.click("Generate")
    console.until(lambda: console.find("dialog #made-token").is_displayed())
    made = console.find("#made-token").get_property("value")
    console.open("/")
    console.chromium.back()
    console.until(lambda: "Generate JSON Web Token" in console.text())
    assert made not in console.chromium.execute_script("return document.documentElement.outerHTML")


def test_a_dialog_works_by_keyboard(protected):
    """Enter sends the form, and Escape closes the dialog, which forgets the token."""
    console = protected
    console.open(f"{CREDENTIAL}/token")
    console.find("#key_claim").send_keys(Keys.ENTER)
    console.until(lambda: console.find("dialog #made-token").is_displayed())
    console.chromium.switch_to.active_element.send_keys(Keys.ESCAPE)
    console.until(lambda: not console.chromium.find_elements(By.ID, "made-token"))


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_a_small_screen_and_breaks_no_policy(protected, path):
    """Nothing is wider than 320 pixels, and the browser has nothing to say."""
    size = {"width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": False}
    protected.chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    protected.chromium.get_log("browser")  # What the pages before it had to say.
    try:
        protected.open(path)
        wide = protected.chromium.execute_script("return document.documentElement.scrollWidth")
    finally:
        protected.chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert (True, []) == (wide <= 320, protected.chromium.get_log("browser"))


def test_a_page_works_without_scripts(protected):
    """Results are below the form then."""
    protected.chromium.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        protected.open(f"{CREDENTIAL}/token")
        protected.click("Generate")
        protected.until(lambda: "You won't be able to see it again" in protected.text())
        protected.open("/decode")
        protected.fill(url=f"http://{HOST}/v1/json")
        protected.click("Decode and explain")
        protected.until(lambda: "missing_token" in protected.text())
    finally:
        protected.chromium.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


ATTACK = """
    const [base] = given, body = new URLSearchParams({name: 'evil', namespace: 'demo', groups: '', action: 'save'});
    const options = {credentials: 'include', mode: 'no-cors'};
    await fetch(`${base}/consumers/new`, {...options, method: 'POST', body}).catch(() => {});
    const frame = document.createElement('iframe');
    frame.src = base;
    document.body.append(frame);
    await new Promise(resolve => { frame.onload = frame.onerror = resolve; });
    let framed = 'nothing';
    try { framed = frame.contentDocument?.body.innerText ?? 'foreign'; } catch { framed = 'foreign'; }
    return await fetch(`${base}/services`, {credentials: 'include'}).then(it => it.text(), error => error.name);
"""


@pytest.mark.parametrize("host", ["www.shop.localhost", "127.0.0.1"])
def test_a_page_that_is_open_meanwhile_gets_nothing(protected, run, host):
    """Another site, and another port of the same host, whose requests have the cookie: neither writes nor reads."""
    before = sorted(protected.folder.iterdir())
    assert "TypeError" == run(host, ATTACK, protected.base)
    assert before == sorted(protected.folder.iterdir())


def test_a_name_that_leads_to_loopback_is_misdirected(protected):
    """The browser comes to the right port with the wrong name (DNS rebinding)."""
    protected.chromium.get(protected.base.replace("127.0.0.1", "evil.localhost"))
    assert "not the host that was asked for" in protected.chromium.page_source


def test_a_link_that_was_used_is_worth_nothing(protected):
    """Another look at the history finds a refusal."""
    protected.chromium.get(re.search(r"http://\S+", protected.said.read_text())[0])
    assert "This link has been used" in protected.chromium.page_source
