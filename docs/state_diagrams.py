"""The state diagrams of docs/design/connections.md, from the tables in force; `build_reference` writes them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from postern_dataplane.server import client_protocol, request_forwarder
from postern_dataplane.state_machine import Moves, State
from postern_dataplane.upstream import connection

PAGE = Path(__file__).parent / "design" / "connections.md"
MACHINES: dict[str, Moves[Any]] = {
    "client connection": client_protocol.MOVES,
    "exchange": request_forwarder.MOVES,
    "upstream connection": connection.MOVES,
}
BLOCK = re.compile(r"(<!-- states: (?P<name>[a-z ]+) -->\n).*?(?=<!-- end of states -->)", re.DOTALL)


def filled(page: str) -> str:
    """Return the page with its diagrams drawn anew."""
    return BLOCK.sub(lambda found: found[1] + block(MACHINES[found["name"]]), page)


def block(moves: Moves[Any]) -> str:
    """A diagram, and below it what each state means.

    The last state may follow each other one, which is said once, and drawn only where nothing else follows.
    """
    states = list(moves)
    last = states[-1]
    arrows = [f"    {state.name} --> {to.name}" for state in states[:-1] for to in following(moves, state)]
    diagram = ["```mermaid", "stateDiagram-v2", f"    [*] --> {states[0].name}", *arrows, f"    {last.name} --> [*]"]
    meanings = [f"| `{state.name}` | {state.value} |" for state in states]
    note = f"`{last.name}` may follow each other state."
    return "\n".join([*diagram, "```", "", note, "", "| state | meaning |", "| --- | --- |", *meanings, ""])


def following(moves: Moves[Any], state: State) -> list[State]:
    """The states to draw an arrow to: a move from a state to itself is none."""
    *others, last = moves
    assert last in moves[state], f"{state} can't end"
    return [to for to in others if to in moves[state] and to is not state] or [last]
