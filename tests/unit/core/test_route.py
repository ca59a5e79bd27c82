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
        ({"headers": [{"name": "a", "type": "Regex", "value": "["}]}, "spec.headers[0].value"),
        ({"headers": [{"name": "a", "value": "x\ny"}]}, "spec.headers[0].value"),
        ({"queryParams": [{"name": "a", "type": "Regex", "value": "["}]}, "spec.queryParams[0].value"),
        ({"methods": ["CONNECT"]}, "spec.methods[0]"),
    ],
)
def test_what_could_never_match_is_refused(spec, field):
    """Each where it is."""
    assert [field] == list(mistakes(service(), route(**spec)))
