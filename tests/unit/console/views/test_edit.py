"""The pages that write, without a browser."""

from __future__ import annotations

from pathlib import Path

import manifests
from postern_console.editing.forms import FORMS
from postern_console.editing.review import Difference, Review
from postern_console.views.edit import Asked, edit_page, edit_path, new_path, review_page, usual_namespace
from postern_core.problems import Problem, Reason
from postern_core.ref import Ref

ROUTE = Ref("Route", "default", "all")


def test_a_form_has_an_address():
    """One for new objects of a kind, and one for each that is there."""
    assert ("/routes/new", "/routes/default/all/edit") == (new_path("Route"), edit_path(ROUTE))


def test_a_new_object_belongs_where_most_others_are(protected, folder):
    """One namespace is what most folders have."""
    assert "default" == usual_namespace(protected.state())
    folder.write(manifests.service(namespace="demo"))
    assert "demo" == usual_namespace(folder.state())


def test_a_form_has_sections_and_offers_names(protected):
    """Authentication is a section of its own, and a Service is chosen among those that are there."""
    page = edit_page(protected.state(), Asked(ROUTE, is_new=False, values={}), FORMS["Route"], {})
    assert ["", "Authentication"] == [name for name, _ in page["sections"]]
    assert (["app"], ["default"]) == (page["suggestions"]["serviceRef.name"], page["namespaces"])


def test_a_review_brings_the_form_along(protected):
    """Saving needs no state of the server; what is not of the form stays behind."""
    problem = Problem(ROUTE, Reason.SERVICE_NOT_FOUND, "spec.serviceRef", "m")
    form = {"form_token": ["x"], "action": ["review"], "a": ["1", "2"]}
    seen = Difference(str(Path(protected.path, "a.yaml")), ("@@", "-a", "+b", " c"), "d")
    asked = Asked(ROUTE, is_new=True, values={})
    page = review_page(protected.state(), asked, form, seen, Review((problem,), (problem,)))
    assert ([("a", "1"), ("a", "2")], "d", "manifests/a.yaml") == (page["hidden"], page["digest"], page["place"])
    assert ["quiet", "removed", "added", ""] == [kind for kind, _ in page["lines"]]
    assert ("/routes/default/all", "spec.serviceRef", "m") == (page["others"][0][0].href, *page["others"][0][1:])
