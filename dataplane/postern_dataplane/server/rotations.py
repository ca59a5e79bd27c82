"""Which of a route's backends gets the next request: for each request anew, whatever is remembered of its head."""

from __future__ import annotations

from postern_dataplane.decision.outcome import Authorized, Outcome, Reject
from postern_dataplane.request.denials import UPSTREAM_UNAVAILABLE
from postern_dataplane.table.routing_table import RoutingTable
from postern_dataplane.upstream.weighted_rotation import WeightedRotation


class Rotations:
    """The turns of one worker, by the ids of routes; they go on where a new table has the same weights."""

    __slots__ = ("_rotations",)

    def __init__(self) -> None:
        self._rotations: dict[str, WeightedRotation] = {}

    def choose(self, outcome: Outcome, heads: tuple[bytes, ...]) -> tuple[Outcome, bytes]:
        """The outcome with the backend whose turn it is, and what goes there: one of the heads.

        A backend that can't be used has its turn all the same, and is refused.
        """
        assert isinstance(outcome, Authorized), "nothing of what is refused goes upstream"
        row, split = outcome.route, outcome.route.split
        assert split is not None, "only a route with several backends has several heads"
        rotation = self._rotations.get(row.id)
        if rotation is None or rotation.weights != split.weights:
            rotation = self._rotations[row.id] = WeightedRotation(split.weights)
        upstream, number = split.choices[rotation.next()]
        identity, until, has_token = outcome.identity, outcome.until, outcome.has_token
        cors, counted = outcome.cors, outcome.counted
        if upstream is None:
            refusal = UPSTREAM_UNAVAILABLE
            return Reject(refusal, row, until, has_token, cors, counted=counted, identity=identity), b""
        if number:
            row = split.further_rows[number - 1]
        return Authorized(upstream, row, identity, until, has_token, cors, counted), heads[number]

    def adopt(self, table: RoutingTable) -> None:
        """Forget the turns of routes that a new table does not have, or no longer splits."""
        routes = table.entries["routes"]
        split = {id_ for id_ in self._rotations if id_ in routes and (routes[id_].backends or routes[id_].mirrors)}
        self._rotations = {id_: rotation for id_, rotation in self._rotations.items() if id_ in split}
