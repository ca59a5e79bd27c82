"""The requests of `mixed`: as real traffic has them, and the same for every gateway."""

from __future__ import annotations

import re

import jwt
import pytest
from bench.material import MANY, SECRET, Key
from bench.mixed import ANSWER_BYTES, BLOCK, USERS, requests

KEY = Key("HS256", SECRET, SECRET)
COUNT = 2_000


@pytest.fixture(scope="module")
def made():
    return list(requests(KEY, COUNT))


def head_of(one):
    return one.wire.partition(b"\r\n\r\n")[0].decode()


def token_of(one):
    found = re.search(r"\r\nAuthorization: Bearer (.+?)(\r\n|$)", head_of(one))
    return found[1] if found else None


def test_shares_are_as_said(made):
    """Of each hundred five are refused and five have a body: a load may begin and end anywhere."""
    for first in range(0, COUNT, BLOCK):
        block = made[first : first + BLOCK]
        assert (5, 5) == (sum(one.status == 401 for one in block), sum(one.wire.startswith(b"POST ") for one in block))


def test_a_status_is_that_of_the_token(made):
    """What is refused has no token, one that was never signed or one that has expired; all others are good."""
    kinds = set()
    for one in made:
        try:
            jwt.decode(token_of(one) or "", KEY.verifying, algorithms=["HS256"])
        except jwt.PyJWTError as error:
            kinds.add(type(error).__name__)
            assert one.status == 401
        else:
            assert one.status == 200
    assert {"DecodeError", "InvalidSignatureError", "ExpiredSignatureError"} == kinds


def test_every_head_is_new(made):
    """No head comes twice, and each has the fields of a real one."""
    heads = [head_of(one) for one in made]
    assert COUNT == len(set(heads))
    assert {True} == {8 <= head.count("\r\n") <= 20 for head in heads}


def test_every_gateway_gets_the_same():
    """Every run has the same paths in the same order; only signatures are made in the moment."""
    paths = [[one.wire.split()[1] for one in requests(KEY, BLOCK)] for _ in range(2)]
    assert paths[0] == paths[1]


def test_a_thousand_tokens_are_in_rotation(made):
    """Of the good ones one in fifty is new."""
    good = {token_of(one) for one in made if one.status == 200}
    assert USERS * 0.7 < len(good) < USERS + COUNT / 50


def test_users_are_spread_over_credentials_and_routes():
    """With many of both, a request hardly asks for what the last one did; with one credential all tokens are of it."""
    spread = list(requests(KEY, 500, routes=1_000, credentials=50_000))
    keys = {
        jwt.decode(token_of(one), options={"verify_signature": False})["key"] for one in spread if one.status == 200
    }
    assert len(keys) > 300
    assert all(int(name[1:]) % 50 == 0 for name in keys)
    assert len({head_of(one).split("/")[2] for one in spread}) > 300


def test_a_body_is_as_long_as_its_head_says(made):
    """wrk sends it as it is."""
    for one in made:
        head, _, body = one.wire.partition(b"\r\n\r\n")
        length = re.search(rb"Content-Length: (\d+)", head)
        assert len(body) == (int(length[1]) if length else 0)


def test_answers_are_of_all_sizes(made):
    """Each path ends with a digit that says how long the answer is."""
    assert 16 == len({re.search(r" \S*?([0-9a-f])(\?\S*)? HTTP", head_of(one))[1] for one in made})
    assert (205, 20_500) == (ANSWER_BYTES[0], ANSWER_BYTES[-1])
    assert MANY % BLOCK == 0
