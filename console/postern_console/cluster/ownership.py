"""To whom an object in a cluster belongs: tools that would undo a change, and clients that own its fields. Pure.

`managedFields` are what the API server keeps for server-side apply: for each manager a set of fields as nested keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from postern_core.problems import printable

Manifest = Mapping[str, Any]
FieldSet = dict[str, Any]

# An annotation may hold any text, of any length.
NAME_MAX = 100
HELM_RELEASE = "meta.helm.sh/release-name"
# A label or an annotation by which a tool knows its objects, and what its value names.
MARKS = (
    ("argocd.argoproj.io/tracking-id", "Argo CD", "application"),
    ("argocd.argoproj.io/instance", "Argo CD", "application"),
    ("kustomize.toolkit.fluxcd.io/name", "Flux", "Kustomization"),
    ("helm.toolkit.fluxcd.io/name", "Flux", "HelmRelease"),
    (HELM_RELEASE, "Helm", "release"),
)
MANAGERS = {
    "argocd-controller": "Argo CD",
    "argocd-application-controller": "Argo CD",
    "kustomize-controller": "Flux",
    "helm-controller": "Flux",
    "helm": "Helm",
}


def tool_of(manifest: Manifest) -> str:
    """The tool that keeps an object as its source has it, "" for none: it would undo a change sooner or later."""
    metadata = manifest["metadata"]
    marks = {**(metadata.get("labels") or {}), **(metadata.get("annotations") or {})}
    for mark, tool, what in MARKS:
        if marks.get(mark):
            return f"{tool} ({what} {_name(marks[mark])})"
    if marks.get("app.kubernetes.io/managed-by") == "Helm":
        return "Helm"
    for owner in metadata.get("ownerReferences") or ():
        if owner.get("controller"):
            return f"{_name(owner.get('kind'))} {_name(owner.get('name'))}"
    named = (MANAGERS.get(entry.get("manager", "")) for entry in _entries_of_spec(manifest))
    return next((tool for tool in named if tool), "")


def owners_of(manifest: Manifest, path: tuple[str, ...], manager: str) -> list[str]:
    """The managers of a field of the spec other than this one."""
    return sorted(
        {
            str(entry.get("manager", "unknown"))
            for entry in _entries_of_spec(manifest)
            if entry.get("manager") != manager and _holds(entry["fieldsV1"]["f:spec"], path)
        }
    )


def with_spec_of(manifest: Manifest, manager: str) -> list[dict[str, Any]]:
    """The managedFields with all fields of the spec as applied by this manager alone.

    Only a field that no other manager owns is removed when its manager applies the object without it.
    """
    api_version, every = manifest["apiVersion"], manifest["metadata"].get("managedFields") or ()
    spec: FieldSet = {}
    kept: list[dict[str, Any]] = []
    for entry in every:
        fields = dict(entry.get("fieldsV1") or {})
        if entry.get("subresource"):
            kept.append(dict(entry))
            continue
        _add(spec, fields.pop("f:spec", {}))
        if entry.get("manager") == manager and entry.get("operation") == "Apply":
            continue
        if fields:
            kept.append({**entry, "fieldsV1": fields})
    own = {
        "manager": manager, "operation": "Apply", "apiVersion": api_version, "fieldsType": "FieldsV1",
        "fieldsV1": {"f:spec": spec},
    }  # fmt: skip
    return [*kept, own]


def unlike_fields(
    old: Manifest, new: Manifest, result: Manifest, path: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    """The fields of a spec that came out otherwise than they were meant: kept, lost, or with another value.

    A default that takes the place of a field that was removed is as it was meant.
    """
    for name in sorted(result.keys() | new.keys()):
        inner = (*path, name)
        if name not in new:
            if name in old and old[name] == result[name]:
                yield inner
        elif name not in result:
            yield inner
        elif isinstance(new[name], Mapping) and isinstance(result[name], Mapping):
            before = old.get(name)
            yield from unlike_fields(before if isinstance(before, Mapping) else {}, new[name], result[name], inner)
        elif new[name] != result[name]:
            yield inner


def removed_fields(old: Manifest, new: Manifest, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The fields that were there, and are not meant to be there any more."""
    for name, value in old.items():
        if name not in new:
            yield (*path, name)
        elif isinstance(value, Mapping) and isinstance(new[name], Mapping):
            yield from removed_fields(value, new[name], (*path, name))


def newly_owned(new: Manifest, old: Manifest, own: Mapping[str, Any]) -> dict[str, Any]:
    """What of a spec a manager applies: what it changes, and what it owns already; all else stays with its owners.

    `own` are the manager's fields of the spec.  A list is applied as a whole.
    """
    applied: dict[str, Any] = {}
    for name, value in new.items():
        before, fields = old.get(name), own.get(f"f:{name}")
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            inner = newly_owned(value, before, fields or {})
            # One that becomes empty is applied as such: without it what is around the fields would go with them.
            if inner or fields is not None or not value:
                applied[name] = inner
        elif name not in old or value != before or fields is not None:
            applied[name] = value
    return applied


def fields_of_spec(manifest: Manifest, manager: str) -> Mapping[str, Any]:
    """The fields of the spec that a manager has applied."""
    entries = (
        it for it in _entries_of_spec(manifest) if (it.get("manager"), it.get("operation")) == (manager, "Apply")
    )
    return next((entry["fieldsV1"]["f:spec"] for entry in entries), {})


def _name(text: object) -> str:
    """What an object says of itself, in one line."""
    return printable(str(text).partition(":")[0])[:NAME_MAX]


def _entries_of_spec(manifest: Manifest) -> Iterator[Manifest]:
    for entry in manifest["metadata"].get("managedFields") or ():
        if "f:spec" in (entry.get("fieldsV1") or {}) and not entry.get("subresource"):
            yield entry


def _holds(fields: Mapping[str, Any], path: tuple[str, ...]) -> bool:
    """Whether a set of fields has one at the path, or below or above it."""
    for name in path:
        if f"f:{name}" not in fields:
            return not any(key.startswith("f:") for key in fields) and bool(fields)
        fields = fields[f"f:{name}"]
    return True


def _add(to: FieldSet, fields: Mapping[str, Any]) -> None:
    for name, inner in fields.items():
        _add(to.setdefault(name, {}), inner)
