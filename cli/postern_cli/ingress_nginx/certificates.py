"""The Certificate that cert-manager made of an Ingress, as an object of its own.

cert-manager makes one for each Secret of an Ingress that names an issuer, and deletes it with the Ingress: without an
object of its own the certificate of a converted Ingress would be renewed no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .source import Manifest, NginxIngress

PREFIX = "cert-manager.io/"
CLUSTER_ISSUER, ISSUER = f"{PREFIX}cluster-issuer", f"{PREFIX}issuer"
KINDS = {CLUSTER_ISSUER: "ClusterIssuer", ISSUER: "Issuer"}


def certificates_of(source: NginxIngress) -> Iterator[Manifest]:
    """A Certificate for each Secret of an Ingress whose annotation names an issuer."""
    for annotation, kind in KINDS.items():
        issuer = source.of_others.get(annotation)
        for entry in source.tls if issuer else ():
            if entry.get("secretName") and entry.get("hosts"):
                secret = str(entry["secretName"])
                spec = {
                    "secretName": secret,
                    "dnsNames": list(entry["hosts"]),
                    "issuerRef": {"name": issuer, "kind": kind},
                }
                metadata = source.metadata(secret)
                yield {"apiVersion": "cert-manager.io/v1", "kind": "Certificate", "metadata": metadata, "spec": spec}


def without_repeated(manifests: Iterable[Manifest], known: dict[tuple[str, str], Manifest]) -> list[Manifest]:
    """The same without Certificates that are known: of several Ingresses with one Secret the first has all names."""
    kept = []
    for it in manifests:
        if it["kind"] == "Certificate":
            first = known.setdefault((it["metadata"].get("namespace", ""), it["metadata"]["name"]), it)
            if first is not it:
                names = first["spec"]["dnsNames"]
                names += [name for name in it["spec"]["dnsNames"] if name not in names]
                continue
        kept.append(it)
    return kept


def is_said(annotation: str) -> bool:
    """Whether an annotation is in the Certificates that are made."""
    return annotation in KINDS
