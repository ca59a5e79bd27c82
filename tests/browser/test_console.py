"""The console in a real browser: the walkthrough, clicked against a real gateway, and pages that attack it."""

from __future__ import annotations

import re

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

import raw
from clicked_console import CREDENTIAL, HOST, ask


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


def test_a_token_is_tried_where_it_was_made(protected):
    """The gateway's answer stands beside what explain says, and both go with the dialog."""
    console = protected
    console.open(f"{CREDENTIAL}/token")
    console.click("Generate")
    console.until(lambda: console.find("dialog #made-token").is_displayed())
    console.find("dialog").find_element(By.XPATH, ".//button[.='Try it']").click()
    console.until(lambda: "200 OK" in console.find("#tried").text)
    assert ("slideshow" in console.text(), "The caller is the consumer oiloil." in console.text()) == (True, True)
    console.find("dialog").find_element(By.XPATH, ".//button[.='Close']").click()
    console.until(lambda: not console.chromium.find_elements(By.ID, "tried"))


def test_a_wrong_token_is_tried(protected):
    """The page of the Route sends it; the reason is in what explain says alone."""
    console = protected
    console.open("/routes/demo/json")
    console.click("Try it")
    console.fill(token="a.b.c")
    console.click("Send it")
    console.until(lambda: "401 Unauthorized" in console.find("#result").text)
    assert ("JWT token invalid" in console.text(), "malformed_token" in console.text()) == (True, True)


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


def test_a_random_secret_is_one_that_the_gateway_takes(protected, gateway):
    """It can be copied as long as its form is open, and is on no page after that."""
    console = protected
    console.open("/jwtcredentials/new")
    console.fill(name="second", namespace="demo", consumerRef__name="oiloil", key="second")
    console.click("Random")
    made = console.find("#secret").get_property("value")
    console.save()
    console.open("/jwtcredentials/demo/second/token")
    console.click("Generate")
    console.until(lambda: console.find("dialog #made-token").is_displayed())
    token = console.find("#made-token").get_property("value")
    raw.until(lambda: ask(gateway, f"Authorization: Bearer {token}").status == 200, "the credential to be served")
    console.open("/jwtcredentials/demo/second")
    assert (64, False) == (len(made), made in console.chromium.page_source)


def test_a_dialog_works_by_keyboard(protected):
    """Enter sends the form, and Escape closes the dialog, which forgets the token."""
    console = protected
    console.open(f"{CREDENTIAL}/token")
    console.find("#key_claim").send_keys(Keys.ENTER)
    console.until(lambda: console.find("dialog #made-token").is_displayed())
    console.chromium.switch_to.active_element.send_keys(Keys.ESCAPE)
    console.until(lambda: not console.chromium.find_elements(By.ID, "made-token"))


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
