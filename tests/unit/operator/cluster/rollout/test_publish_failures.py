"""Why a snapshot is not published, as it is told."""

import pytest

from manifests import compiled, consumer, credential, route, secret, service
from postern_core.codec import Shard
from postern_operator.cluster.errors import RefusedError, UnreachableError
from postern_operator.cluster.rollout.publish_failures import changed_ids, in_words, is_lasting


def refused(status, reason, section=""):
    error = RefusedError("PATCH /api/v1/namespaces/gw/secrets/postern-0123abcd", status, reason)
    error.shard = Shard("0123abcd", section, section == "credentials", b"[]") if section else None
    return error


@pytest.mark.parametrize(
    ("error", "words", "lasts"),
    [
        (refused(413, "TooLarge", "credentials"), "a Secret of credentials: 413 TooLarge", True),
        (refused(403, "Forbidden (exceeded quota)", "routes"), "exceeded quota", True),
        (refused(500, ""), "the API server refuses it: 500", False),
        (refused(429, "TooManyRequests"), "429", False),
        (UnreachableError("PATCH: TimeoutError"), "the API server does not answer", False),
    ],
)
def test_a_failure_is_told_without_names(error, words, lasts):
    """The name of a shard is a digest of what it holds."""
    assert words in in_words(error)
    assert "0123abcd" not in in_words(error)
    assert lasts == is_lasting(error)


def test_what_is_not_published_is_what_has_changed():
    """A credential whose Secret was changed, though nobody has touched the object, and a route that is new."""
    objects = [service(auth={"jwt": {}}), route(), consumer(), credential()]
    before = compiled(*objects, secret()).snapshot
    now = compiled(*objects, secret(value="x" * 40), route("more")).snapshot

    assert frozenset() == changed_ids(before, compiled(*objects, secret()).snapshot)
    assert {"JWTCredential/default/alice", "Route/default/more"} == changed_ids(before, now)
