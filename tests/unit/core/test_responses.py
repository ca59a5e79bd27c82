"""The `responses` block: what of it is refused, and what becomes of it in the snapshot."""

from __future__ import annotations

import pytest

from manifests import compiled, mistakes, route, service
from postern_core.link.shares import Share
from postern_core.link.withholding import withhold
from postern_core.resources.responses import BODY_BYTES_MAX
from postern_core.snapshot_responses import Responses

PROBLEMS = {"format": "ProblemDetails"}


def body(status=401, text="1", content_type="text/plain"):
    return {"bodies": [{"status": status, "contentType": content_type, "body": text}]}


def field_of(responses):
    """The field of the one mistake, which is the same on both kinds; "" for none."""
    [of_service, of_route] = [list(mistakes(*it)) for it in (
        [service(responses=responses)], [service(), route(responses=responses)],
    )]  # fmt: skip
    assert of_service == of_route
    return of_service[0].removeprefix("spec.responses") if of_service else ""


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "text/html; charset=utf-8", "application/vnd.a+json;v=1", 'a/b; c="d e;f"', "a/b; c=d ;e=f"],
)
def test_a_media_type_is_taken(content_type):
    """Media types are those of RFC 9110, section 8.3.1."""
    assert "" == field_of(body(content_type=content_type))


@pytest.mark.parametrize(
    "content_type",
    [
        "", "text", "text/", "/plain", "text/plain\n", "text/plain\r\nSet-Cookie: a=b", "text/plain;", "a/b, c/d",
        "text/plain; charset", "text/plain; charset=", 'text/plain; a="b', 'text/plain; a="b\\"c"', "text/plän",
        "text/plain; a=b c", "text/plain  ; a=b", "a/" + "b" * 127,
    ],
)  # fmt: skip
def test_no_field_is_put_in_beside_a_media_type(content_type):
    """A value that is no media type can't end its line, and begins no other field."""
    assert ".bodies[0].contentType" == field_of(body(content_type=content_type))


@pytest.mark.parametrize(
    ("text", "is_taken"),
    [
        ("a\n\tb\r\n", True), ("ü", True), ("", False), ("\x1b[2J", False), ("\x00", False), ("\x7f", False),
        ("a" * BODY_BYTES_MAX, True), ("a" * (BODY_BYTES_MAX + 1), False), ("ü" * (BODY_BYTES_MAX // 2), True),
        ("ü" * (BODY_BYTES_MAX // 2 + 1), False),
    ],
)  # fmt: skip
def test_a_body_is_short_and_can_be_shown(text, is_taken):
    """A body has at most 4,096 bytes, and nothing that a terminal would obey."""
    assert ("" if is_taken else ".bodies[0].body") == field_of(body(text=text))


@pytest.mark.parametrize("status", [100, 200, 204, 301, 400, 405, 500, "401"])
def test_other_statuses_are_not_the_routes_to_answer(status):
    """A status can't be chosen that the gateway never answers for a Service, nor one without a body."""
    assert ".bodies[0].status" == field_of(body(status=status))


def test_a_status_has_one_body():
    """Of two bodies for one status neither is meant more."""
    assert ".bodies[1]" == field_of({"bodies": body()["bodies"] * 2})


def snapshot_of(*documents, **options):
    return compiled(*documents, **options).snapshot


def named(*documents, **options):
    """The responses that each route names, and those that there are."""
    snapshot = snapshot_of(*documents, **options)
    return {it.name: it.responses for it in snapshot.routes}, [it.id for it in snapshot.responses]


def test_many_routes_share_those_of_their_service():
    """A Service's bodies are there once, however many routes have them; a route's own replace them, empty ones too."""
    documents = [
        service(responses=body()),
        route("a"),
        route("b"),
        route("own", responses=body()),
        route("no", responses={}),
    ]
    routes, entries = named(*documents)
    assert ["Service/default/app"] * 2 + ["Route/default/own", "Route/default/no"] == [
        routes[it] for it in ("a", "b", "own", "no")
    ]
    assert ["Route/default/no", "Route/default/own", "Service/default/app"] == entries
    assert ({"all": None}, []) == named(service(), route())


def test_a_service_stands_somewhere_and_its_neighbours_are_known():
    """A Service without responses is named only where it shares a host with one that has some."""
    documents = [
        service(responses=PROBLEMS, pathPrefix="/v1"),
        service("near", hosts=["app.example.com", "near.example.com"]),
        service("far", hosts=["far.example.com"]),
    ]
    assert (
        Responses(id="Service/default/app", format="ProblemDetails", hosts=("app.example.com",), path_prefix="/v1"),
        Responses(id="Service/default/near", hosts=("app.example.com",)),
    ) == snapshot_of(*documents).responses


@pytest.mark.parametrize("responses", [{"bodies": 7}, {"format": "XML"}, [], None, body(status=200)])
def test_a_block_that_can_not_be_read_refuses(responses):
    """An unreadable block refuses the Route, or all Routes of the Service: how they are refused is then as usual."""
    for documents, expected in (
        ([service(responses=body()), route(responses=responses)], "Service/default/app"),
        ([service(responses=responses), route()], None),
    ):
        [entry] = snapshot_of(*documents).routes
        assert (True, expected) == (bool(entry.refusal), entry.responses)


def test_bodies_count_against_the_share():
    """A namespace with large bodies on each of its routes runs out of its own share, and of no one else's."""
    large = {"bodies": [it for status in (401, 403, 503) for it in body(status, "a" * BODY_BYTES_MAX)["bodies"]]}
    many = [route(f"r{n}", created=f"2026-01-0{n}T00:00:00Z", responses=large) for n in range(1, 6)]
    routes, entries = named(service(), *many, share=Share(size_bytes=30_000))
    assert {"r1": "Route/default/r1", "r2": "Route/default/r2"} == {name: it for name, it in routes.items() if it}
    assert ["Route/default/r1", "Route/default/r2"] == entries
    assert ({"all": None}, []) == named(service(responses=large), route(), share=Share(size_bytes=10_000))
    shared = [service(responses=large), *(route(f"r{n}") for n in range(5))]
    assert {"Service/default/app"} == set(named(*shared, share=Share(size_bytes=30_000))[0].values())


def test_responses_that_can_not_be_published_are_left_out():
    """A route whose responses an API server refuses is served, with the usual ones."""
    snapshot = snapshot_of(service(responses=body()), route())
    refused = {("responses", it.id): [it] for it in snapshot.responses}
    kept, missing = withhold(snapshot, refused)
    assert ((), {"Service/default/app"}, snapshot.routes) == (kept.responses, missing, kept.routes)
