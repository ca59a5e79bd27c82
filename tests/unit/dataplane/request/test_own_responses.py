"""What an answer of the gateway's own holds, in place of the usual body."""

from __future__ import annotations

import json

from postern_dataplane.request import denials
from postern_dataplane.request.denials import Denial
from postern_dataplane.request.own_responses import OwnResponses, content, problem_details

PAGE = content("text/html", b"<p>")
ALL = [it for it in [*vars(denials).values(), *denials.INVALID_TOKEN.values()] if isinstance(it, Denial)]


def test_a_body_counts_for_its_status_alone():
    """A status without a body of its own has what it has anywhere."""
    own = OwnResponses({401: PAGE}, is_problem_details=False)
    assert (PAGE, None) == (own.content_of(401, "JWT token invalid"), own.content_of(403, "Consumer not allowed"))


def test_problem_documents_are_those_of_rfc_9457():
    """The type is "about:blank", so that the title is the phrase of the status, and the message is the detail."""
    fields, body = OwnResponses({401: PAGE}, is_problem_details=True).content_of(403, "Consumer not allowed")
    assert {(b"Content-Type", b"application/problem+json"), (b"Content-Length", b"%d" % len(body))} == set(fields)
    assert {
        "type": "about:blank", "title": "Forbidden", "status": 403, "detail": "Consumer not allowed",
    } == json.loads(body)  # fmt: skip


def test_an_answer_without_a_body_stays_without():
    """A preflight's 204 must not have one."""
    assert None is OwnResponses({}, is_problem_details=True).content_of(204, "")


def test_bodies_are_in_utf_8_and_counted_in_bytes():
    """Content-Length is of what is sent."""
    assert (b"Content-Length", b"2") in content("text/plain", "ü".encode()).fields


def test_each_denial_has_a_problem_document():
    """All of them are remembered together, so that a flood of refusals of every kind makes none anew."""
    problem_details.cache_clear()
    for denial in [*ALL, *ALL]:
        if denial.message:
            assert denial.message == json.loads(problem_details(denial.status, denial.message).body)["detail"]
    known = problem_details.cache_info()
    assert known.misses == known.currsize < known.maxsize
