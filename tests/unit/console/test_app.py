"""The pages as a browser gets them."""

from __future__ import annotations

import pytest

import manifests
from postern_console.app import KIND_BY_PLURAL

KINDS = list(KIND_BY_PLURAL)


@pytest.mark.parametrize("path", ["/", *(f"/{kind}" for kind in KINDS), "/services/default/app"])
async def test_a_page_is_there(console, path):
    """Each is HTML with a heading and the way to the others."""
    status, headers, text = await console.get(path)
    assert (200, "text/html; charset=utf-8") == (status, headers["Content-Type"])
    assert (1, True) == (text.count("<h1"), all(f'href="/{kind}"' in text for kind in KINDS))


@pytest.mark.parametrize(
    "path",
    ["/x", "/services/default/gone", "/services/default", "/secrets/default/alice", "/static/", "/static/../app.py"],
)
async def test_what_is_not_there_is_404(console, path):
    """Secrets have no page, and no file is served but those that are meant to be."""
    status, _, _ = await console.get(path)
    assert status in (403, 404)


@pytest.mark.parametrize("path", ["/static/console.css", "/static/icon.svg"])
async def test_a_file_is_served(console, path):
    """The style sheet comes from the console itself."""
    assert 200 == (await console.get(path))[0]


async def test_a_secret_is_on_no_page(console):
    """The values of Secrets are read for the compiler alone."""
    for path in ("/", *(f"/{kind}" for kind in KINDS), "/jwtcredentials/default/alice", "/consumers/default/alice"):
        assert manifests.SECRET not in (await console.get(path))[2]


async def test_a_script_in_a_field_is_a_text(console, protected):
    """What a manifest holds is never part of the page."""
    script = "<script>alert(1)</script>"
    protected.write(
        manifests.service("evil", hosts=[script], pathPrefix=f"/{script}"),
        manifests.consumer("eve", customID=script),
        manifests.consumer(script),
        name="evil.yaml",
    )
    for path in ("/", "/services?q=<script>", "/services/default/evil", "/consumers", "/consumers/default/eve"):
        text = (await console.get(path))[2]
        assert (True, False) == ("&lt;script&gt;" in text, "<script>" in text), path


async def test_a_list_is_searched(console):
    """The words come from the address, and stand in the field again."""
    _, _, found = await console.get("/services?q=app.example")
    _, _, none = await console.get("/services?q=other")
    assert (True, False) == ("default/app" in found, "default/app" in none)
    assert 'value="other"' in none
