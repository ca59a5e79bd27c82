"""Who calls, as the upstream is told."""

from __future__ import annotations

import pytest

from postern_core.snapshot import Consumer, Policy
from postern_dataplane.table.identity_headers import anonymous_identity, consumer_identity, consumer_names

ALICE = Consumer(id="Consumer/a/alice", namespace="a", name="alice", groups=("readers", "admin"), custom_id="42")
BARE = Consumer(id="Consumer/a/bare", namespace="a", name="bare")


POLICY = Policy(id="p", namespace="a", places=())


@pytest.mark.parametrize(
    ("namespace", "expected"),
    [("a", ("alice", ("readers", "admin"))), ("b", ("a/alice", ("a/readers", "a/admin")))],
)
def test_a_foreign_consumer_carries_its_namespace(namespace, expected):
    """A foreign consumer and its groups carry their namespace, so that no name makes another tenant's admin."""
    assert expected == consumer_names(ALICE, namespace)


def test_a_consumer_is_told_in_full():
    """Its name, its own id, its groups and the credential."""
    assert (
        b"X-Consumer-Username: alice\r\nX-Consumer-Custom-Id: 42\r\n"
        b"X-Consumer-Groups: readers,admin\r\nX-Credential-Identifier: key\r\n"
    ) == consumer_identity(ALICE, "key", "a").lines


def test_what_a_consumer_has_not_is_not_told():
    """No empty fields."""
    assert b"X-Consumer-Username: bare\r\nX-Credential-Identifier: key\r\n" == consumer_identity(BARE, "key", "a").lines


def test_a_foreign_consumer_is_told_as_one():
    """In the field and in the log."""
    identity = consumer_identity(ALICE, "key", "b")
    assert "a/alice" == identity.consumer
    assert b"X-Consumer-Groups: a/readers,a/admin\r\n" in identity.lines


@pytest.mark.parametrize(
    "identity",
    [consumer_identity(ALICE, "key", "b"), anonymous_identity(ALICE, Policy(id="p", namespace="b", places=()))],
)
def test_the_custom_id_of_another_namespace_is_qualified(identity):
    """A partner namespace's `customID` can't be taken for one's own."""
    assert b"X-Consumer-Custom-Id: a/42\r\n" in identity.lines


def test_the_key_of_another_namespace_is_qualified():
    """A key is unique in its namespace only."""
    assert consumer_identity(ALICE, "key", "b").lines.endswith(b"X-Credential-Identifier: a/key\r\n")


def test_claims_are_forwarded_in_their_headers():
    """They come last."""
    fields = consumer_identity(BARE, "key", "a", [("X-User", "u"), ("X-N", "5")])
    assert fields.lines.endswith(b"X-Credential-Identifier: key\r\nX-User: u\r\nX-N: 5\r\n")


@pytest.mark.parametrize("value", ["a\r\nX-Admin: 1", "a\nb", "a\x00", "\u00e9", "\u2028", "\ud800"])
def test_nothing_ends_a_line_early(value):
    """No value of a claim or a snapshot ends a header line early."""
    consumer = Consumer(id="c", namespace="a", name="bare", custom_id=value)
    fields = consumer_identity(consumer, "key", "a", [("X-User", value)]).lines
    assert b"X-Consumer-Username: bare\r\nX-Credential-Identifier: key\r\n" == fields


def test_nobody_is_anonymous():
    """A request without a consumer is anonymous, and has no name."""
    identity = anonymous_identity(None, POLICY)
    assert (b"X-Anonymous-Consumer: true\r\n", "") == (identity.lines, identity.consumer)


def test_an_anonymous_consumer_has_a_name_and_no_credential():
    """It has groups too, for whoever allows them."""
    identity = anonymous_identity(ALICE, POLICY)
    assert (
        b"X-Consumer-Username: alice\r\nX-Consumer-Custom-Id: 42\r\n"
        b"X-Consumer-Groups: readers,admin\r\nX-Anonymous-Consumer: true\r\n"
    ) == identity.lines
    assert "alice" == identity.consumer
