"""To whom an object in a cluster belongs: tools that would undo a change, and clients that own its fields. Pure.

`managedFields` are what the API server keeps for server-side apply: for each manager a set of fields as nested keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Manifest = Mapping[str, Any]
FieldSet = dict[str, Any]

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
            return f"{tool} ({what} {str(marks[mark]).partition(':')[0]})"
    if marks.get("app.kubernetes.io/managed-by") == "Helm":
        return "Helm"
    for owner in metadata.get("ownerReferences") or ():
        if owner.get("controller"):
            return f"{owner.get('kind')} {owner.get('name')}"
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


def kept_fields(
    old: Manifest, new: Manifest, result: Manifest, path: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    """The fields that were to be removed and are still as they were, because another manager owns them, too."""
    for name, value in result.items():
        inner = (*path, name)
        if name not in new:
            if name in old and old[name] == value:
                yield inner
        elif isinstance(value, Mapping) and isinstance(new[name], Mapping):
            before = old.get(name)
            yield from kept_fields(before if isinstance(before, Mapping) else {}, new[name], value, inner)
        elif isinstance(value, list) and value != new[name] and isinstance(new[name], list):
            yield inner


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
