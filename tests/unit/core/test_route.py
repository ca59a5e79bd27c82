"""What can be wrong with a Route by itself."""

import pytest

from manifests import mistakes, route, service


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"paths": [{"type": "Exact", "value": "a"}]}, "spec.paths[0].value"),
        ({"paths": [{"type": "Prefix", "value": "/a/./b"}]}, "spec.paths[0].value"),
        ({"paths": [{"type": "Regex", "value": "("}]}, "spec.paths[0].value"),
        ({"paths": [{"type": "Regex", "value": "(a)\\1"}]}, "spec.paths[0].value"),
        ({"paths": [{"type": "Regex", "value": "/[ab]*a[ab]{300}z"}]}, "spec.paths[0].value"),
        ({"headers": [{"name": "a", "type": "Regex", "value": r"\pL+"}]}, "spec.headers[0].value"),
        ({"queryParams": [{"name": "a", "type": "Regex", "value": ".{1,64}"}]}, "spec.queryParams[0].value"),
        ({"paths": [{"type": "Regex", "value": f"/{it}"} for it in range(17)]}, "spec"),
        ({"headers": [{"name": "a", "type": "Regex", "value": "["}]}, "spec.headers[0].value"),
        ({"headers": [{"name": "a", "value": "x\ny"}]}, "spec.headers[0].value"),
        ({"queryParams": [{"name": "a", "type": "Regex", "value": "["}]}, "spec.queryParams[0].value"),
        ({"methods": ["CONNECT"]}, "spec.methods[0]"),
        ({"paths": [{"type": "Regex", "value": "books/[0-9]+"}]}, "spec.paths[0].value"),
        ({"headers": [{"name": "a", "value": " b"}]}, "spec.headers[0].value"),
        ({"headers": [{"name": "a", "value": "b"}, {"name": "A", "value": "c"}]}, "spec.headers[1]"),
        ({"queryParams": [{"name": "a", "value": "b"}, {"name": "a", "value": "c"}]}, "spec.queryParams[1]"),
    ],
)
def test_what_could_never_match_is_refused(spec, field):
    """Each where it is."""
    assert [field] == list(mistakes(service(), route(**spec)))


def test_a_pattern_that_is_too_large_is_told_its_size_and_the_way_out():
    """A number beside the bound, and what to write in its place."""
    found = mistakes(service(), route(paths=[{"type": "Regex", "value": "/[ab]*a[ab]{300}z"}]))
    assert "has 308 RE2 instructions, more than 256; use * and +" in found["spec.paths[0].value"]
