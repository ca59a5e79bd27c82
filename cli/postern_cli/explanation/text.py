"""An explanation as text for people; what is secret in the request is redacted on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import click

from postern_core.problems import printable
from postern_core.snapshot import Endpoint, Route
from postern_core.snapshot_filters import Filter, ResponseHeaders
from postern_core.special_addresses import special_use_of
from postern_dataplane.decision.outcome import Reject
from postern_dataplane.http1.denial_response import denial_response
from postern_dataplane.request.denials import DenialReason
from postern_dataplane.request.head import field_lines
from postern_dataplane.table.upstream import Upstream

from .redaction import Redaction
from .routes import ROUTES_MAX, RouteNote
from .shares import changes_there, header_changes, mirrors_of, shares_of
from .steps import Outcome, Step
from .trace import Explanation

# What is no refusal.
ANSWERS = {DenialReason.CORS_PREFLIGHT, DenialReason.PROTECTED_RESOURCE, DenialReason.REDIRECTED}
COLOURS = {Outcome.OK: "green", Outcome.REFUSED: "red", Outcome.FORGIVEN: "yellow", Outcome.NOT_REACHED: "bright_black"}


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with lines below it; without a heading, a sentence by itself."""

    title: str
    lines: tuple[str, ...]


def text_of(explanation: Explanation, redaction: Redaction) -> Iterator[str]:
    """The lines of an explanation: the request, the routes, the checks, and what comes of it."""
    yield from section("Request", request_lines(explanation, redaction))
    if explanation.routes:
        yield from section("Routes of this host", _routes(explanation.routes))
    yield from section("Checks", (_step(step, redaction) for step in explanation.steps))
    if explanation.limits:
        yield from section("Rate limits that it takes one request of", map(redaction.text, explanation.limits))
    for part in outcome_of(explanation, redaction):
        yield from section(part.title, part.lines) if part.title else part.lines


def outcome_of(explanation: Explanation, redaction: Redaction) -> Iterator[Section]:
    """What comes of the request: what goes upstream, or what the client gets."""
    decision = explanation.decision
    if isinstance(decision, Reject):
        verb = "Answered by the gateway" if decision.denial.reason in ANSWERS else "Refused"
        yield Section(f"{verb}; the client gets", tuple(_answer(decision, explanation.method)))
        yield Section("", (f"The reason, for the log and the metrics only: {decision.denial.reason}.",))
        return
    yield Section(f"Forwarded to {_addresses(decision.upstream)} as", tuple(redaction.head(explanation.sent)))
    split = decision.route.split
    if split is not None and len(split.choices) > 1:
        total = sum(split.weights)
        yield Section(f"Its route is split; of {total} requests", tuple(shares_of(split, decision.route.entry)))
    elif split is not None and (changed := tuple(changes_there(decision.route.entry.backends))):
        yield Section("Its upstream changes besides", changed)
    if decision.route.mapping is not None:
        below = decision.route.mapping.prefix
        yield Section("", (f"Location and cookie paths of the answer come back below {below}.",))
    if decision.cors is not None:
        fields = field_lines(decision.cors).decode("latin-1").split("\r\n")
        title = "Its answer has, in place of the application's own Access-Control-* fields"
        yield Section(title, tuple(fields[:-1]))
    if split is not None and split.mirrors:
        yield Section("Copies of its requests go", tuple(mirrors_of(split)))
    attempts = tuple(attempts_of(decision.route.entry))
    if attempts:
        yield Section("Its attempts", attempts)
    changed = tuple(response_changes(decision.route.entry.filters))
    if changed:
        yield Section("Its answer is changed", changed)
    if decision.consumer:
        yield Section("", (f"The caller is the consumer {decision.consumer}.",))


def attempts_of(entry: Route) -> Iterator[str]:
    """How long a request may take, and after which statuses it is sent again."""
    retry, timeouts = entry.retry, entry.timeouts
    if retry is not None:
        codes = ", ".join(map(str, retry.codes))
        yield f"{retry.attempts} more after {codes}, with an idempotent method"
    if timeouts is not None and timeouts.request_ms is not None:
        yield f"all end after {timeouts.request_ms / 1000:g} s"
    if timeouts is not None and timeouts.attempt_ms is not None:
        yield f"each ends after {timeouts.attempt_ms / 1000:g} s"


def response_changes(filters: Iterable[Filter]) -> Iterator[str]:
    """What a route changes of the header fields of a response."""
    for changes in filters:
        if isinstance(changes, ResponseHeaders):
            yield from header_changes(changes)


def connecting(outcomes: Iterable[str]) -> Iterator[str]:
    """The lines of what came of connecting to the upstream."""
    yield ""
    yield from section("Connecting to the upstream from here", outcomes)


def section(title: str, lines: Iterable[str]) -> Iterator[str]:
    """A title, the lines below it, and an empty one."""
    yield click.style(title, bold=True)
    yield from (f"  {line}".rstrip() for line in lines)
    yield ""


def request_lines(explanation: Explanation, redaction: Redaction) -> Iterator[str]:
    """What was asked for, as the gateway reads it."""
    target = explanation.target
    yield f"method  {redaction.text(explanation.method)}"
    if target is None:
        yield f"target  {redaction.target(explanation.written_target)}"
        return
    yield f"host    {target.host or '(none)'}"
    yield f"path    {redaction.text(target.path)}"
    if target.query is not None:
        yield f"query   {redaction.query(target.query)}"


def _routes(notes: tuple[RouteNote, ...]) -> Iterator[str]:
    shown = notes[:ROUTES_MAX]
    width = max(len(note.route) for note in shown)
    for note in shown:
        verdict = click.style(f"{note.verdict:<11}", fg="green" if note.verdict == "takes it" else None)
        yield f"{verdict}  {note.route:<{width}}  {note.why}".rstrip()
    if len(notes) > ROUTES_MAX:
        yield f"and {len(notes) - ROUTES_MAX} more routes that come later or don't take it"


def _step(step: Step, redaction: Redaction) -> str:
    outcome = click.style(f"{step.outcome.value:<11}", fg=COLOURS[step.outcome])
    detail = f": {redaction.text(step.detail)}" if step.detail else ""
    reason = f" [{step.reason}]" if step.reason else ""
    return f"{outcome}  {step.title}{detail}{reason}"


def _addresses(upstream: Upstream) -> str:
    backend, endpoints = upstream.backend, upstream.endpoints
    scheme = "https" if backend.tls else "http"
    named = [f"{scheme}://{_host(it.address)}:{it.port}" for it in endpoints]
    more = f", or one of {len(named) - 1} more" if len(named) > 1 else ""
    return f"{named[0]}{more} ({backend.id}{_special(endpoints)})"


def _special(endpoints: Iterable[Endpoint]) -> str:
    """The first address that a gateway refuses by default; what a name leads to is known there only."""
    found = next(((it.address, use) for it in endpoints if (use := special_use_of(it.address))), None)
    return "; {} is {}: see --allowed-upstreams of the gateway".format(*found) if found else ""


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _answer(decision: Reject, method: str) -> list[str]:
    """The answer as the data port writes it, without its date."""
    denial = decision.denial
    answer = denial_response(
        denial, b"", decision.cors, decision.responses, close=denial.closes, bodyless=method == "HEAD"
    )
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = [line for line in head.decode("latin-1").split("\r\n") if not line.startswith("Date:")]
    return [*lines, "", *(printable(line.expandtabs()) for line in body.decode().splitlines())]
