"""A console that is clicked in a real browser, and what the walkthrough's gateway answers."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.common.exceptions import TimeoutException, WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

import raw
from gateway import Gateway

HOST = "auth.httpbin.org"
CREDENTIAL = "/jwtcredentials/demo/oiloil"
# A page of each template, by its name, and others that have more in them.
PAGES = {
    "overview": "/",
    "list": "/routes",
    "object": "/routes/demo/json",
    "edit": "/jwtcredentials/new",
    "edit-service": "/services/demo/jwt-auth-app/edit",
    "edit-route": "/routes/demo/json/edit",
    "token": f"{CREDENTIAL}/token",
    "decode": "/decode",
    "try": "/routes/demo/json/try",
    "gateways": "/gateways",
    "denials": "/denials",
    "about": "/about",
    "error": "/nowhere",
}


@dataclass
class Console:
    """A console about a folder, and the browser that has opened its link."""

    chromium: webdriver.Chrome
    process: subprocess.Popen[bytes]
    base: str
    folder: Path
    said: Path

    def open(self, path: str) -> None:
        self.chromium.get(self.base + path)

    def find(self, css: str) -> WebElement:
        return self.chromium.find_element(By.CSS_SELECTOR, css)

    def read(self, css: str, said: str = "innerText") -> str:
        """A property of the first element, read in one step: a page that is live may replace it after any other."""
        script = "return document.querySelector(arguments[0])[arguments[1]]"
        return str(self.chromium.execute_script(script, css, said))

    def text(self) -> str:
        return self.find("main").text

    def click(self, text: str) -> None:
        """Press a button, or follow a link, by what it says."""
        self.find("main").find_element(By.XPATH, f".//*[self::a or self::button][normalize-space()='{text}']").click()

    def fill(self, **fields: str) -> None:
        """Fill in the first input of each name; `__` stands for a dot."""
        for name, value in fields.items():
            element = self.find(f'[name="{name.replace("__", ".")}"]')
            if element.tag_name == "select":
                Select(element).select_by_value(value)
            else:
                element.clear()
                element.send_keys(value)

    def save(self) -> None:
        """Look at the change, save it, and wait for the page of the object."""
        self.click("Look at the change")
        self.until(lambda: "The change" in self.text())
        self.click("Save")
        self.until(lambda: "YAML" in self.text())

    def write_walkthrough(self, namespace: str, port: int) -> None:
        """Write the objects of the walkthrough by forms; its application is at this port."""
        self.open("/services")
        self.click("New Service")
        self.fill(name="jwt-auth-app", namespace=namespace, hosts=HOST, pathPrefix="/v1")
        self.fill(upstream__url=f"http://127.0.0.1:{port}", auth__jwt__mode="Required")
        self.save()
        self.open("/routes/new")
        self.fill(name="json", namespace=namespace, serviceRef__name="jwt-auth-app", methods="get")
        self.fill(paths__value="/json")
        self.click("Look at the change")
        self.until(lambda: "must be an HTTP method in upper case" in self.text())
        self.fill(methods="GET")
        self.save()
        self.open("/consumers/new")
        self.fill(name="oiloil", namespace=namespace)
        self.save()
        self.open("/jwtcredentials/new")
        self.fill(name="oiloil", namespace=namespace, consumerRef__name="oiloil", key="oiloil_key")
        self.save()

    def until(self, is_so: Callable[[], object]) -> None:
        try:
            WebDriverWait(self.chromium, 20, ignored_exceptions=(WebDriverException,)).until(lambda _: is_so())
        except TimeoutException:
            pytest.fail(f"the page is another: {self.chromium.current_url}\n{self.text()}")


def ask(gateway: Gateway, *fields: str) -> raw.Answer:
    """What the gateway answers to GET /v1/json."""
    lines = "".join(f"{field}\r\n" for field in (f"Host: {HOST}", *fields, "Connection: close"))
    return raw.ask(gateway.listen, f"GET /v1/json HTTP/1.1\r\n{lines}\r\n")
