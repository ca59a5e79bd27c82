"""What time heals, and what it doesn't."""

import pytest

from postern_operator.cluster.errors import ClusterError, RefusedError
from postern_operator.errors import OperatorError


@pytest.mark.parametrize("status", [401, 408, 409, 429, 500, 503, 504])
def test_a_refusal_that_time_heals_is_tried_again(status):
    """The server was slow, busy, or somebody was faster."""
    assert not RefusedError("PATCH /x", status).is_lasting


@pytest.mark.parametrize("status", [400, 403, 404, 422])
def test_a_refusal_of_what_was_asked_lasts(status):
    """A refused request is permanent, as it would be refused again."""
    assert RefusedError("PATCH /x", status).is_lasting


def test_a_refusal_says_what_was_asked_and_nothing_of_its_content():
    """Method, path, status and Kubernetes' own word."""
    assert "POST /x: 409 AlreadyExists" == str(RefusedError("POST /x", 409, "AlreadyExists"))


def test_the_tree_is_one():
    """Who catches the operator's errors catches these."""
    assert issubclass(ClusterError, OperatorError)
