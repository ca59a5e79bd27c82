"""The names of published objects and files."""

import pytest

from postern_core.publication import (
    INDEX_OBJECT,
    digest_of_shard_file,
    digest_of_shard_object,
    is_published_name,
    shard_file,
    shard_object,
)

DIGEST = "0123456789abcdef" * 4


def test_a_digest_is_found_again():
    """A shard's object and file carry its digest in their names."""
    assert (DIGEST, DIGEST) == (digest_of_shard_object(shard_object(DIGEST)), digest_of_shard_file(shard_file(DIGEST)))


@pytest.mark.parametrize(
    "name", ["postern-admin", DIGEST, f"postern-{DIGEST}0", f"postern-{DIGEST}\n", f"postern-{DIGEST.upper()}", ""]
)
def test_other_names_carry_no_digest(name):
    """An object whose name is no shard's is not taken for one."""
    assert (None, False) == (digest_of_shard_object(name), is_published_name(name))


def test_the_index_is_published_too():
    """Index and shards have names of published objects."""
    assert is_published_name(INDEX_OBJECT)
    assert is_published_name(shard_object(DIGEST))
