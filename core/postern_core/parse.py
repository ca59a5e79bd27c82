"""From a manifest to a typed resource, strictly, with every mistake named.

What concerns the text of one object alone happens here; whether its values
make sense belongs in `checks`, whether it fits with other objects in `link`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeGuard, TypeVar

import msgspec

from .decode import decode_strictly
from .kinds import API_VERSION, KINDS, KUBERNETES_KINDS
from .problems import Problem, Reason, printable
from .ref import Ref
from .resources.types import Metadata, Name, Resource, Spec

R = TypeVar("R", bound=Resource)

TOP_LEVEL = ("apiVersion", "kind", "metadata", "spec", "status")


@dataclass(frozen=True, slots=True)
class Parsed:
    """One object after parsing.

    `resource` is None when the object can't be used; then `manifest` keeps what
    was written, so that what it would have protected can be refused.
    `origin` says where it was read ("" for a cluster); the same object at
    another place is equal.
    """

    ref: Ref
    resource: Resource | None
    problems: tuple[Problem, ...] = ()
    generation: int = 0
    origin: str = field(default="", compare=False)
    manifest: Mapping[str, Any] | None = None

    @property
    def created(self) -> str:
        return "" if self.resource is None else self.resource.metadata.creation_timestamp


@dataclass(frozen=True, slots=True)
class Decoded(Parsed, Generic[R]):
    """An object that could be decoded, as the type of its kind; a check of it may have failed."""

    resource: R


def is_a(parsed: Parsed | None, type_: type[R]) -> TypeGuard[Decoded[R]]:
    """Whether an object is there and was decoded as this type."""
    return parsed is not None and isinstance(parsed.resource, type_)


def spec_of(parsed: Parsed) -> Spec | None:
    """The spec of an object of ours, whichever its kind; None where it could not be decoded."""
    spec = getattr(parsed.resource, "spec", None)
    return spec if isinstance(spec, Spec) else None


def is_known(manifest: Mapping[str, Any]) -> bool:
    """Whether this is an object that the compiler reads; all others are foreign.

    An unknown kind or version of our own group counts as known: it is a mistake to report.
    """
    version = _text(manifest.get("apiVersion", ""))
    return version.partition("/")[0] == "postern.dev" or (version, _text(manifest.get("kind", ""))) in KUBERNETES_KINDS


def parse_manifest(manifest: Mapping[str, Any], origin: str = "") -> Parsed:
    """Parse an object that `is_known`; mistakes become problems, never exceptions."""
    try:
        return _parse(manifest, origin)
    except UnicodeEncodeError:
        ref = _parse(_in_unicode(manifest), origin).ref
        message = "contains half of a surrogate pair (\\ud800 to \\udfff), which is not a character; remove it"
        return _unusable(ref, manifest, origin, [Problem(ref, Reason.INVALID, "", message)])


def _parse(manifest: Mapping[str, Any], origin: str) -> Parsed:
    """Parse an object; raises UnicodeEncodeError for text that no snapshot and no log could hold."""
    version, kind = _text(manifest.get("apiVersion", "")), _text(manifest.get("kind", ""))
    theirs = KUBERNETES_KINDS.get((version, kind))
    ref = _ref_of(theirs[0] if theirs else kind, manifest.get("metadata"))
    try:
        metadata = msgspec.convert(manifest.get("metadata"), Metadata)
        msgspec.convert((metadata.name, metadata.namespace), tuple[Name, Name])
    except msgspec.ValidationError as error:
        return _unusable(ref, manifest, origin, [_metadata_problem(ref, str(error))])
    if theirs:
        return _parse_theirs(ref, theirs[1], manifest, origin)
    unfit = _unfit_kind(ref, version, kind)
    if unfit:
        return _unusable(ref, manifest, origin, [unfit], metadata.generation)
    return _parse_ours(ref, metadata, manifest, origin)


def _parse_ours(ref: Ref, metadata: Metadata, manifest: Mapping[str, Any], origin: str) -> Parsed:
    kind = KINDS[ref.kind]
    problems = [
        Problem(ref, Reason.INVALID, _name(name), "unknown field; remove it, or move it below spec")
        for name in manifest
        if name not in TOP_LEVEL
    ]
    spec, mistakes = decode_strictly(manifest.get("spec", {}), kind.spec)
    problems += [Problem(ref, Reason.INVALID, field, message) for field, message in mistakes]
    if spec is None or problems:
        return _unusable(ref, manifest, origin, problems, metadata.generation)
    make: Callable[..., Resource] = kind.resource
    resource = make(metadata=metadata, spec=spec)
    msgspec.json.encode(resource)  # raises where `convert` lets half of a character pass
    return Decoded(ref, resource, (), metadata.generation, origin)


def _parse_theirs(ref: Ref, type_: type[Resource], manifest: Mapping[str, Any], origin: str) -> Parsed:
    try:
        resource = msgspec.convert(manifest, type_)
        msgspec.json.encode(resource)
        return Decoded(ref, resource, (), resource.metadata.generation, origin)
    except msgspec.ValidationError as error:
        mistakes = decode_strictly(manifest.get("spec", {}), type_.STRICT)[1] if type_.STRICT else []
        mistakes = mistakes or [("", f"can't be read as Kubernetes writes it: {error}")]
        return _unusable(ref, manifest, origin, [Problem(ref, Reason.INVALID, *mistake) for mistake in mistakes])


def _unusable(
    ref: Ref, manifest: Mapping[str, Any], origin: str, problems: list[Problem], generation: int = 0
) -> Parsed:
    return Parsed(ref, None, tuple(problems), generation, origin, _in_unicode(manifest))


def _unfit_kind(ref: Ref, version: str, kind: str) -> Problem | None:
    if kind not in KINDS:
        known = ", ".join(KINDS)
        return Problem(ref, Reason.INVALID, "kind", f"{kind!r} is not a kind of postern.dev; use one of {known}")
    if version != API_VERSION:
        return Problem(ref, Reason.INVALID, "apiVersion", f"{version!r} is not served; use {API_VERSION}")
    return None


def _in_unicode(value: Any) -> Any:
    """A copy with a question mark for what is no character."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {_in_unicode(key): _in_unicode(inner) for key, inner in value.items()}
    return [_in_unicode(inner) for inner in value] if isinstance(value, list) else value


def _ref_of(kind: str, metadata: object) -> Ref:
    known = metadata if isinstance(metadata, Mapping) else {}
    return Ref(_name(kind), _name(known.get("namespace") or "default"), _name(known.get("name") or ""))


def _name(name: object) -> str:
    """A value of any type as a name that is fit for a message."""
    return printable(_text(name)[:253])


def _text(value: object) -> str:
    """A value of any type as text."""
    try:
        return str(value)
    except ValueError:  # of an integer of thousands of digits, as YAML reads one from hexadecimal
        return "?"


def _metadata_problem(ref: Ref, error: str) -> Problem:
    if not ref.name:
        return Problem(ref, Reason.INVALID, "metadata.name", "is required")
    message = (
        "name and namespace must be Kubernetes names (lower-case letters, digits, '-', '.'), "
        "labels and timestamps texts"
    )
    return Problem(ref, Reason.INVALID, "metadata", message if "regex" in error else f"{message}: {error}")
