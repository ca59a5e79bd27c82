"""Decode and explain over a socket: what the gateway would do, and no token in what comes back."""

from __future__ import annotations

import pytest

from heads import signed
from postern_console.views.decode import distance

TOKEN = signed()
URL = "http://app.example.com/v1/x"


async def test_the_page_has_a_form_and_nothing_else(console):
    """A link brings a request, and no token."""
    _, _, text = await console.get(f"/decode?url=http://a/b&token={TOKEN}&method=PUT")
    assert (True, True, False) == ('value="http://a/b"' in text, "<option selected>PUT" in text, TOKEN in text)


@pytest.mark.parametrize("fragment", [True, False])
async def test_a_token_is_taken_apart_and_not_shown_again(console, fragment):
    """Header and payload are shown, and the credential whose key it names."""
    status, _, text = await console.post("/decode", fragment, token=f"Bearer {TOKEN}")
    assert (200, not fragment) == (status, "<main" in text)
    assert ("&#34;alg&#34;: &#34;HS256&#34;" in text, "/jwtcredentials/default/alice" in text) == (True, True)
    assert [] == [part for part in TOKEN.split(".") if part in text]


@pytest.mark.parametrize("place", ["header", "query", "cookie"])
@pytest.mark.parametrize("fragment", [True, False])
async def test_a_request_is_explained_as_the_command_does(console, place, fragment):
    """Each check has its outcome, and what goes upstream is redacted."""
    _, _, text = await console.post("/decode", fragment, token=TOKEN, url=URL, place=place)
    assert "The caller is the consumer alice." in text
    assert "takes it" in text
    assert TOKEN.split(".")[2] not in text


@pytest.mark.parametrize(
    ("token", "reason"), [("", "missing_token"), ("a.b", "malformed_token"), (TOKEN[:-4] + "AAAA", "")]
)
async def test_a_refusal_has_its_reason(console, token, reason):
    """The client gets 401, and the page says which check has failed."""
    _, _, text = await console.post("/decode", True, token=token, url=URL)
    assert (True, True) == ("Refused; the client gets" in text, reason in text)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "Paste a token"),
        ({"url": "nothing"}, "must be a whole one"),
        ({"url": URL, "gateway": "other"}, "No Service is served by that gateway"),
        ({"url": URL, "headers": "x"}, "a header is written"),
        ({"token": "s3cret"}, "It is not three segments of base64url"),
    ],
)
async def test_a_mistake_is_said_and_quotes_nothing(console, fields, told):
    """What was pasted at a wrong place may be a secret."""
    _, _, text = await console.post("/decode", True, **fields)
    assert (True, False) == (told in text, "s3cret" in text)


async def test_broken_manifests_are_mentioned(console, protected):
    """The answer may be another when they are mended."""
    protected.write("apiVersion: postern.dev/v1alpha1\nkind: Consumer\nmetadata: {name: A}\n", name="b.yaml")
    assert "may matter here" in (await console.post("/decode", True, url=URL))[2]


@pytest.mark.parametrize("fragment", [True, False])
async def test_half_of_a_surrogate_pair_is_shown_as_its_escape(console, fragment):
    """JSON may have one in a claim, in its name or in the header."""
    token = signed(header={"kid": "c\ud802"}, **{"a\ud800": "b\ud801"})
    status, _, text = await console.post("/decode", fragment, token=token)
    assert (200, [True] * 3) == (status, [one in text for one in (r"a\ud800", r"b\ud801", r"c\ud802")])


async def test_a_script_in_a_claim_is_a_text(console):
    """A token may come from any source."""
    _, _, text = await console.post("/decode", True, token=signed(x="<script>alert(1)</script>"))
    assert (True, False) == ("&lt;script&gt;" in text, "<script>" in text)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "in 0 seconds"), (61, "in 1 minute"), (-7200, "2 hours ago"), (30 * 86_400 + 5, "in 30 days")],
)
def test_a_moment_is_so_far_away(seconds, words):
    """In its largest unit."""
    assert words == distance(seconds)
