"""What is known of the keys that were fetched for the issuers of a route's policy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from postern_core.ref import Ref
from postern_core.resources.key_source import shown_url
from postern_operator.issuer_keys.fetcher import KeyState

from .text import section
from .trace import Explanation
from .wording import listed, moment, shown


class _KeyID(msgspec.Struct):
    kid: str = "(no kid)"


class _KeySet(msgspec.Struct):
    keys: list[_KeyID]


def fetched_keys_of(explanation: Explanation, fetched: Mapping[Ref, KeyState]) -> Iterator[str]:
    """The lines about each issuer whose keys `postern run` fetches, nothing where the policy names none."""
    row = explanation.decision.route
    named = row.policy.entry.token_issuers if row is not None and row.policy is not None else ()
    lines = [f"{ref}: {_described(state)}" for ref, state in sorted(fetched.items()) if ref.id in named]
    if lines:
        yield ""
        yield from section("Keys as `postern run` has fetched them", lines)


def _described(state: KeyState) -> str:
    if state.keys is None:
        return "none yet"
    ids = listed(shown(key.kid) for key in msgspec.json.decode(state.keys.keys, type=_KeySet).keys)
    over = "; they are older than maxStale" if state.is_expired else ""
    return f"{ids} from {shown_url(state.keys.url) or 'the API server'}, {moment(state.keys.fetched_at)}{over}"
