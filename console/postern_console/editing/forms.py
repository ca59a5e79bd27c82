"""The form of each kind: which fields it has, and how a manifest is made of it. Pure."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, get_args

from postern_console.shown_manifest import is_public, without_user_info
from postern_core.kinds import API_VERSION
from postern_core.resources.jwt_credential import Algorithm
from postern_core.resources.types import NAME_PATTERN

from .fields import Column, Field, shown_values, spec_with, value_at

AUTHENTICATION = "Authentication"
MODES = (
    ("Required", "a good token"),
    ("Optional", "a good token or none"),
    ("Permissive", "anything; a bad token counts as none"),
    ("Disabled", "nothing: public"),
)
PLACES = ("header", "query", "cookie", "webSocketProtocol")
USUAL_PLACES = ({"header": "Authorization"}, {"query": "jwt"}, {"cookie": "jwt"})
MODE = ("auth", "jwt", "mode")


def _place_row(place: Mapping[str, str]) -> dict[str, str]:
    kind = next((name for name in PLACES if name in place), PLACES[0])
    return {"place": kind, "name": place.get(kind, ""), "scheme": place.get("scheme", "")}


def _place(row: Mapping[str, str]) -> dict[str, str]:
    scheme = row["scheme"].strip()
    return {row["place"]: row["name"].strip()} | ({"scheme": scheme} if scheme else {})


def _match(row: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in row.items() if (name, value) != ("type", "Exact")}


def _authentication(otherwise: str) -> tuple[Field, ...]:
    """The section that Service and Route share; `otherwise` is what holds without one."""

    def jwt(*path: str) -> tuple[str, ...]:
        return ("auth", "jwt", *path)

    places = (Column("place", "Place", PLACES), Column("name", "Name"), Column("scheme", "Scheme"))
    return (
        Field(MODE, "A request needs", "choice", choices=(("", otherwise), *MODES), section=AUTHENTICATION),
        Field(
            jwt("from"), "The token is in the first of", "rows", list(USUAL_PLACES), columns=places,
            section=AUTHENTICATION, to_row=_place_row, from_row=_place,
        ),
        Field(jwt("stripCredentials"), "Take the token out before the request goes on", "tick", default=False,
              section=AUTHENTICATION),
        Field(jwt("keyClaim"), "The claim that names the key", default="key", section=AUTHENTICATION),
        Field(jwt("requiredClaims"), "Claims that a token must have", "words", [], section=AUTHENTICATION),
        Field(jwt("allow", "consumers"), "Only these Consumers", "words", [], section=AUTHENTICATION),
        Field(jwt("allow", "groups"), "Only these groups", "words", [], section=AUTHENTICATION),
    )  # fmt: skip


SERVICE = (
    Field(("hosts",), "Hosts", "words", [], placeholder="shop.example.com", hint="None are all hosts."),
    Field(("pathPrefix",), "Path prefix", default="/", placeholder="/v1"),
    Field(("stripPathPrefix",), "Take the prefix off before a request goes on", "tick", default=True),
    Field(("upstream", "url"), "URL of the application", placeholder="http://127.0.0.1:8000", section="Upstream"),
    Field(("upstream", "service", "name"), "or Service of Kubernetes", section="Upstream"),
    Field(("upstream", "service", "port"), "its port", "number", section="Upstream"),
    *_authentication("nothing: Routes without a section of their own are public"),
)
ROUTE = (
    Field(("serviceRef", "name"), "Service"),
    Field(("methods",), "Methods", "words", [], placeholder="GET HEAD", hint="None are all methods."),
    Field(("paths",), "Paths", "rows", [], hint="Below the prefix of the Service; none are all paths.",
          columns=(Column("type", "Type", ("Exact", "Prefix", "Regex")), Column("value", "Path"))),
    Field(("headers",), "Headers that must match", "rows", [], from_row=_match,
          to_row=lambda it: {"type": "Exact"} | it,
          columns=(Column("name", "Name"), Column("type", "Type", ("Exact", "Regex")), Column("value", "Value"))),
    *_authentication("what its Service says"),
)  # fmt: skip
CONSUMER = (
    Field(("groups",), "Groups", "words", [], placeholder="readers billing"),
    Field(("customID",), "Custom ID", hint="An identifier of your own, which the application reads."),
)
CREDENTIAL = (
    Field(("consumerRef", "name"), "Consumer"),
    Field(("key",), "Key", hint="What the key claim of its tokens holds; by default the name of this object."),
    Field(("algorithm",), "Algorithm", "choice", "HS256", choices=tuple((one, one) for one in get_args(Algorithm))),
)
KEYS = (
    Field(("keys", "0", "secretRef", "name"), "Existing Secret", section="Key",
          hint="With HS algorithms: leave it empty, and Postern generates a random secret."),
    Field(("keys", "0", "secretRef", "key"), "its entry", placeholder="secret", section="Key"),
    Field(("keys", "0", "secretRef", "encoding"), "is written as", "choice", "Plain", section="Key",
          choices=(("Plain", "the secret itself"), ("Base64", "the secret in Base64"))),
    Field(("keys", "0", "publicKey"), "Public key (PEM or JWK), with the other algorithms", "area", section="Key"),
)  # fmt: skip
# RFC 1123's names, and Kubernetes' names of a Secret's entries: a secret that was pasted there is mostly none of them.
NAMES_OF_KEYS = (("keys.0.secretRef.name", NAME_PATTERN), ("keys.0.secretRef.key", r"^[-._a-zA-Z0-9]{1,253}\Z"))
FORMS: Mapping[str, tuple[Field, ...]] = MappingProxyType(
    {"Service": SERVICE, "Route": ROUTE, "Consumer": CONSUMER, "JWTCredential": CREDENTIAL}
)


def fields_for(kind: str, spec: Mapping[str, Any]) -> tuple[Field, ...]:
    """The fields of a form for a spec: keys that a form has no inputs for are left to the file."""
    if kind != "JWTCredential":
        return FORMS[kind]
    if "issuerRef" in spec:
        return tuple(field for field in CREDENTIAL if field.path != ("algorithm",))
    keys = spec.get("keys", [])
    is_simple = len(keys) <= 1 and not any("publicKeyRef" in key for key in keys)
    return (*CREDENTIAL, *KEYS) if is_simple else CREDENTIAL


def values_for(kind: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    """What a form holds for a spec that is there, without what could be a secret."""
    fields = fields_for(kind, spec)
    values = shown_values(fields, _flat(spec))
    has_auth = isinstance(spec.get("auth"), Mapping)
    if any(field.path == MODE for field in fields):
        values[".".join(MODE)] = value_at(spec, MODE, "Required") if has_auth else ""
    return fit_to_show(values)


def fit_to_show(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values without what could be a secret: a password in a URL, a key that is no public one, or is no name."""
    shown = dict(values)
    for field, pattern in NAMES_OF_KEYS:
        if field in shown and not re.match(pattern, shown[field].strip()):
            shown[field] = ""
    if (public := shown.get("keys.0.publicKey")) and not is_public(public):
        shown["keys.0.publicKey"] = ""
    if (url := shown.get("upstream.url")) and url != without_user_info(url):
        shown["upstream.url"] = ""
    return shown


def spec_of_form(kind: str, spec: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The spec that a form makes of the one that is there."""
    fields = fields_for(kind, spec)
    mode = values.get(".".join(MODE))
    plain = [field for field in fields if field.path != MODE and (mode or field.path[0] != "auth")]
    changed = spec_with(plain, _flat(spec), values)
    if mode == "":
        changed.pop("auth", None)
    elif mode is not None:
        policy = changed.setdefault("auth", {}).setdefault("jwt", {})
        if mode != policy.get("mode", "Required"):
            policy["mode"] = mode
    return _listed(changed)


def manifest_of(kind: str, namespace: str, name: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    """A new object."""
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": dict(spec)}


def _flat(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The spec with its only key as a mapping, so that a field has a path."""
    flat = copy.deepcopy(dict(spec))
    if len(flat.get("keys", ())) == 1:
        flat["keys"] = {"0": flat["keys"][0]}
    return flat


def _listed(spec: dict[str, Any]) -> dict[str, Any]:
    if isinstance(spec.get("keys"), dict):
        key = spec["keys"]["0"]
        if not any(key.get("secretRef", {}).get(name) for name in ("name", "key")):
            key.pop("secretRef", None)
        spec["keys"] = [key]
        if not key.keys() & {"secretRef", "publicKey", "publicKeyRef"}:
            del spec["keys"]
    return spec
