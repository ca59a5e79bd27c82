"""What the user may do, as the API server says it."""

from __future__ import annotations

import pytest

from answering_api import refused
from postern_console.cluster import access_reviews as module
from postern_console.cluster.access_reviews import AccessReviews
from postern_core.ref import Ref

ROUTE = Ref("Route", "demo", "a")


def verdict(allowed):
    return 201, {"status": {"allowed": allowed}}


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        (ROUTE, {"group": "postern.dev", "resource": "routes", "namespace": "demo", "name": "a"}),
        (Ref("Secret", "demo", "s"), {"group": "", "resource": "secrets", "namespace": "demo", "name": "s"}),
    ],
)
async def test_the_question_names_verb_kind_and_object(server, ref, expected):
    """A right to one name is enough."""
    api, client = server
    api.answers = [verdict(True)]
    assert await AccessReviews().may(client, "patch", ref)
    assert {"verb": "patch", **expected} == api.asked[0].body["spec"]["resourceAttributes"]


async def test_an_answer_is_kept_for_a_while(server, monkeypatch):
    """Each verb and each object has its own, and their number is bounded."""
    api, client = server
    api.answers = [verdict(False), verdict(True), verdict(True)]
    reviews = AccessReviews()
    asked = [await reviews.may(client, verb, ROUTE) for verb in ("patch", "patch", "get", "get")]
    assert ([False, False, True, True], 2) == (asked, len(api.asked))
    monkeypatch.setattr(module, "KEPT_S", -1.0)
    monkeypatch.setattr(module, "ANSWERS_MAX", 2)
    assert (True, 1) == (await reviews.may(client, "patch", ROUTE), len(reviews._answers))


async def test_where_it_can_t_be_asked_the_api_server_decides_later(server):
    """A button too many does no harm."""
    api, client = server
    api.answers = [refused(403)]
    assert await AccessReviews().may(client, "patch", ROUTE)
