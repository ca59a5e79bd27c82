"""The token dialog over a socket: a token that the gateway takes, in one response and nowhere else."""

from __future__ import annotations

import html
import re

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

import manifests

PATH = "/jwtcredentials/default/alice/token"
CLAIM = {"claim_name": ["user"], "claim_type": ["text"], "claim_value": ["oiloil"]}


def token_in(text):
    (found,) = re.findall(r'<textarea id="made-token"[^>]*>([^<]+)</textarea>', text)
    return found


async def test_the_form_is_one_click_from_the_credential_and_its_consumer(console):
    """Both pages have a link to it."""
    for path in ("/jwtcredentials/default/alice", "/consumers/default/alice"):
        assert f'href="{PATH}"' in (await console.get(path))[2]
    _, _, text = await console.get(PATH)
    assert (True, True, False) == ("<option>all</option>" in text, "HS256" in text, "private_key" in text)


@pytest.mark.parametrize("fragment", [True, False])
async def test_a_token_is_one_that_the_gateway_takes(console, fragment):
    """The page has it once more in a command for a Route, and its payload."""
    status, headers, text = await console.post(PATH, fragment, route="all", **CLAIM)
    token = token_in(text)
    assert (200, "no-store", 2) == (status, headers["Cache-Control"], text.count(token))
    assert "curl http://127.0.0.1:8080/v1 --header &#39;Host: app.example.com&#39;" in text
    assert "&#34;user&#34;: &#34;oiloil&#34;" in text
    _, _, told = await console.post("/decode", True, token=token, url="http://app.example.com/v1")
    assert "The caller is the consumer alice." in told


async def test_half_of_a_surrogate_pair_in_a_claim_is_shown_as_its_escape(console):
    """The token holds what was typed, as JSON."""
    status, _, text = await console.post(PATH, True, claim_name=["a"], claim_type=["json"], claim_value=[r'"\ud800"'])
    assert (200, True, 3) == (status, r"\ud800" in text, len(token_in(text).split(".")))


async def test_a_token_is_in_no_other_page(console, capsys):
    """The form is as it was, and nothing is printed."""
    token = token_in((await console.post(PATH, True, **CLAIM))[2])
    for path in (PATH, "/", "/jwtcredentials/default/alice", "/decode"):
        assert token not in (await console.get(path))[2]
    assert ("", "") == capsys.readouterr()


async def test_a_preview_has_the_payload_and_no_token(console):
    """Nothing is signed."""
    _, _, text = await console.post(PATH, True, action="preview", lifetime="1h", **CLAIM)
    assert (True, False) == ("&#34;key&#34;: &#34;alice&#34;" in text, "made-token" in text)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"lifetime": "date", "expires": ""}, "expires"),
        ({"claim_name": ["a"], "claim_type": ["number"], "claim_value": ["x"]}, "claim-0"),
        ({"key_claim": "exp"}, "key_claim"),
    ],
)
async def test_a_mistake_is_beside_its_field(console, fields, field):
    """The form comes back as it was typed."""
    status, _, text = await console.post(PATH, True, **fields)
    assert (422, True, 1) == (status, f'id="{field}-mistake"' in text, text.count("aria-invalid"))


async def test_a_key_that_is_not_there_is_said(console):
    """What the command would say is above the form."""
    status, _, text = await console.post(PATH, True, key_id="gone")
    assert (422, True) == (status, "has no usable key with the id" in text)


async def test_a_credential_that_is_not_there_makes_no_token(console, protected):
    """A broken one has none to make."""
    protected.write(manifests.credential("broken", keys=1), name="broken.yaml")
    for name in ("gone", "broken"):
        assert 404 == (await console.get(f"/jwtcredentials/default/{name}/token"))[0]


async def test_a_secret_is_generated_when_the_first_token_is_made(console, protected):
    """It is kept where `postern run` and `postern token` keep it."""
    protected.write(manifests.credential("new", keys=[]), name="new.yaml")
    await console.get("/jwtcredentials/default/new/token")
    assert not (protected.path / ".postern").exists()
    token = token_in((await console.post("/jwtcredentials/default/new/token", True))[2])
    assert (protected.path / ".postern").exists()
    _, _, told = await console.post("/decode", True, token=token, url="http://app.example.com/v1")
    assert "The caller is the consumer alice." in told


async def test_a_private_key_signs_and_is_not_shown_again(console, protected):
    """Without it the form says that it is missing; with it, whatever happens, it is on no page."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    protected.write(manifests.credential("es", algorithm="ES256", keys=[{"publicKey": public}]), name="es.yaml")
    path = "/jwtcredentials/default/es/token"
    assert "private_key-mistake" in (await console.post(path, True))[2]
    status, _, text = await console.post(path, True, private_key=private)
    assert (200, 3) == (status, len(token_in(text).split(".")))
    for _, _, answer in (
        await console.post(path, False, private_key=private),
        await console.post(path, False, private_key=private, lifetime="date"),
        await console.post("/jwtcredentials/default/alice/token", False, private_key=private),
    ):
        assert private.splitlines()[1] not in html.unescape(answer)
