"""Secrets in the form of a JWTCredential, over a socket: they are in one file, and on no page."""

from __future__ import annotations

import html
import re
import stat

import pytest
import yaml

PATH = "/jwtcredentials/new"
# Good as it is, and as the Base64 of 32 bytes.
TEXT = "YS1zZWNyZXQtb2YtdGhpcnR5LXR3by1jaGFyYWN0ZXI"
FIELDS = {"name": "bob", "namespace": "default", "consumerRef.name": "alice", "key": "bob", "algorithm": "HS256"}


async def seen(console, **fields):
    """Look at a change; returns the status and the text."""
    status, _, text = await console.post(PATH, action="review", **FIELDS | fields)
    return status, html.unescape(text)


async def saved(console, text):
    """Save the change that was seen."""
    data = [*re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', text), ("action", "save")]
    status, headers, text = await console.ask("POST", PATH, headers={"Origin": console.base}, data=data)
    return status, headers.get("Location", ""), html.unescape(text)


@pytest.mark.parametrize(("ticked", "more"), [({}, {}), ({"secret_base64": "on"}, {"encoding": "Base64"})])
async def test_a_typed_secret_is_written_into_a_file_of_its_own(console, protected, ticked, more):
    """It is private, and no page on the way has what was typed."""
    status, text = await seen(console, secret=TEXT, **ticked)
    assert (200, False, True) == (status, TEXT in text, "manifests/secret-bob.yaml" in text)
    assert ["all.yaml"] == [path.name for path in protected.path.iterdir()]
    assert (303, "/jwtcredentials/default/bob") == (await saved(console, text))[:2]
    file = protected.path / "secret-bob.yaml"
    assert (0o600, TEXT) == (
        stat.S_IMODE(file.stat().st_mode),
        yaml.safe_load(file.read_text())["stringData"]["secret"],
    )
    written = yaml.safe_load((protected.path / "jwtcredential-bob.yaml").read_text())
    assert [{"secretRef": {"name": "bob", "key": "secret"} | more}] == written["spec"]["keys"]
    for path in ("/", "/jwtcredentials/default/bob", "/jwtcredentials/default/bob/edit"):
        assert TEXT not in (await console.get(path))[2]


async def test_a_secret_that_is_too_short_is_refused_and_not_shown(console, protected):
    """The compiler says so, as for any other Secret."""
    status, text = await seen(console, secret="hunter2")
    assert (422, False, True) == (status, "hunter2" in text, "keys.0.secretRef.name-mistake" in text)
    assert ["all.yaml"] == [path.name for path in protected.path.iterdir()]


async def test_a_save_needs_the_secret_that_was_looked_at(console):
    """An id that is not known any more, or never was, is no secret."""
    _, text = await seen(console, secret=TEXT)
    status, _, text = await saved(console, re.sub(r'name="pending" value="[^"]+"', 'name="pending" value="x"', text))
    assert (422, True) == (status, "type it anew" in text)


async def test_a_pasted_secret_that_looks_like_a_name_does_not_come_back(console):
    """No form and no difference has it; a Secret of the folders is one, and another takes a tick."""
    pasted = {"keys.0.secretRef.name": "hunter2", "keys.0.secretRef.key": "hunter2"}
    for algorithm in ("HS256", "none"):  # Also where something else is wrong.
        status, text = await seen(console, **pasted, algorithm=algorithm)
        assert (422, False) == (status, "hunter2" in text)
    status, text = await seen(console, **{"keys.0.secretRef.name": "alice", "keys.0.secretRef.key": "secret"})
    assert (200, True) == (status, "name: alice" in text)
    status, text = await seen(console, **pasted, secret_elsewhere="on")
    assert (200, True) == (status, "It will be saved with problems" in text)


async def test_a_typed_secret_beside_another_key_is_refused(console):
    """One of the two is meant, and nothing is saved."""
    status, text = await seen(
        console, secret=TEXT, **{"keys.0.secretRef.name": "alice", "keys.0.secretRef.key": "secret"}
    )
    assert (422, False, True) == (status, TEXT in text, "is one key too many" in text)


async def test_a_credential_with_a_key_takes_no_other(console):
    """Its form has no input for one; keys are exchanged in the file."""
    assert 'name="secret"' in (await console.get(PATH))[2]
    assert 'name="secret"' not in (await console.get("/jwtcredentials/default/alice/edit"))[2]
