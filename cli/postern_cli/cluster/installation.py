"""What is running in a cluster: who leads, what is published for each gateway, and which pods serve it.

docs/kubectl.md lists the rights that this takes; where one is missing, what it
would have shown is unknown, and the rest is shown.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from kubernetes.aio import client

from postern_cli.errors import RefusedError
from postern_core.admin_api import CONFIG_PATH
from postern_core.publication import INDEX_ENTRY, INDEX_OBJECT
from postern_core.resources.kubernetes import SERVICE_NAME_LABEL
from postern_operator.cluster.api.resource_types import CONFIG_MAPS, ENDPOINT_SLICES
from postern_operator.cluster.leader_election import LEASE, UNREADABLE
from postern_operator.cluster.rollout.data_plane_pods import AdminEndpoint, admin_session, served_digests
from postern_operator.cluster.rollout.published_objects import GATEWAY, MANAGED_BY
from postern_operator.cluster.watch.references import ADMIN_SERVICE

from .api_get import FORBIDDEN, NOT_FOUND, Answer, api_get
from .pods import Pod, pods_of

LEASE_PATH = "/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases/{name}"
# Where the manifests of this project publish a gateway, for who may not look for it.
USUAL_NAMESPACE = "postern-{gateway}"
ASKED_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Leader:
    """The operator's Lease; `unknown` is why it can't be read, "" where it was.

    `unreadable` is what its holder says that it can't read of the cluster.
    """

    namespace: str
    is_held: bool = False
    holder: str = ""
    renewed_s_ago: int | None = None
    unknown: str = ""
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Published:
    """What is published for a gateway; `digest` is "" for nothing, `unknown` as above, for it and for its pods."""

    gateway: str
    namespace: str
    digest: str = ""
    pods: tuple[Pod, ...] = ()
    unknown: str = ""
    pods_unknown: str = ""


async def read_leader(api: client.ApiClient, namespace: str) -> Leader:
    """Whether the Lease is held, by the API server's own clock."""
    try:
        answer = await api_get(api, LEASE_PATH.format(namespace=namespace, name=LEASE))
    except RefusedError as error:
        unknown = "" if error.status == NOT_FOUND else f"{error.why}: you may not get lease {LEASE} there"
        return Leader(namespace, unknown=unknown)
    spec = answer.content.get("spec") or {}
    renewed = _time(spec.get("renewTime"))
    now = answer.time or datetime.now(UTC)
    holder = str(spec.get("holderIdentity") or "")
    is_held = bool(holder) and renewed is not None and now < renewed + timedelta(seconds=_lasts_s(spec))
    ago_s = None if renewed is None else max(0, int((now - renewed).total_seconds()))
    return Leader(namespace, is_held, holder, ago_s, unreadable=_unreadable(answer.content) if is_held else ())


def _unreadable(lease: Mapping[str, Any]) -> tuple[str, ...]:
    """What the holder has noted on the Lease; nothing where that is not a list of texts."""
    noted = ((lease.get("metadata") or {}).get("annotations") or {}).get(UNREADABLE, "[]")
    try:
        return msgspec.json.decode(noted, type=tuple[str, ...])
    except msgspec.MsgspecError:
        return ()


async def read_published(
    api: client.ApiClient, gateways: Collection[str], given: Mapping[str, str], *, with_others: bool, is_direct: bool
) -> tuple[Published, ...]:
    """What is published for these gateways, and `with_others` for all that are found.

    `given` has the namespaces of gateways that need not be looked for; with
    `is_direct` the API server is not asked to ask the pods.
    """
    found = [await _index_in(api, gateway, namespace) for gateway, namespace in given.items()]
    looked = [one for one in await _look(api) if one.gateway not in given]
    found += [one for one in looked if with_others or one.gateway in gateways]
    known = {one.gateway for one in found}
    for gateway in sorted(set(gateways) - known):
        found.append(await _index_in(api, gateway, USUAL_NAMESPACE.format(gateway=gateway)))
    found = [await _with_pods(api, one, is_direct=is_direct) for one in found]
    return tuple(sorted(found, key=lambda one: (one.gateway, one.namespace)))


async def _look(api: client.ApiClient) -> list[Published]:
    """All indexes of the cluster; none where looking for them is forbidden."""
    try:
        answer = await api_get(
            api,
            CONFIG_MAPS.path(),
            fieldSelector=f"metadata.name={INDEX_OBJECT}",
            labelSelector=f"{MANAGED_BY}=postern,{GATEWAY}",
        )
    except RefusedError as error:
        if error.status != FORBIDDEN:
            raise
        return []
    return [_published(it, it["metadata"]["labels"][GATEWAY]) for it in answer.content.get("items") or ()]


async def _index_in(api: client.ApiClient, gateway: str, namespace: str) -> Published:
    try:
        return _published((await api_get(api, CONFIG_MAPS.path(namespace, INDEX_OBJECT))).content, gateway)
    except RefusedError as error:
        unknown = "" if error.status == NOT_FOUND else f"{error.why}: you may not get configmap {INDEX_OBJECT} there"
        return Published(gateway, namespace, unknown=unknown)


def _published(manifest: Mapping[str, Any], gateway: str) -> Published:
    index = (manifest.get("data") or {}).get(INDEX_ENTRY)
    digest = "" if index is None else hashlib.sha256(str(index).encode()).hexdigest()
    return Published(gateway, manifest["metadata"]["namespace"], digest)


async def _with_pods(api: client.ApiClient, published: Published, *, is_direct: bool) -> Published:
    """The same with its pods, and what each of them serves."""
    path = ENDPOINT_SLICES.path(published.namespace)
    try:
        answer = await api_get(api, path, labelSelector=f"{SERVICE_NAME_LABEL}={ADMIN_SERVICE}")
    except RefusedError as error:
        return replace(published, pods_unknown=f"{error.why}: you may not list endpointslices there")
    pods = pods_of(answer.content.get("items") or ())
    gate = asyncio.Semaphore(ASKED_AT_ONCE)

    async def one(pod: Pod) -> Pod:
        async with gate:
            return await _asked(api, pod, published.namespace)

    through = [pod for pod in pods if pod.name and not is_direct]
    direct = [pod for pod in pods if pod not in through]
    asked = [*await asyncio.gather(*map(one, through)), *await _asked_directly(direct)]
    return replace(published, pods=tuple(sorted(asked, key=lambda pod: (pod.name, pod.address))))


def admin_path(namespace: str, pod: Pod, path: str) -> str:
    """Where the API server asks the admin port of a pod."""
    return f"/api/v1/namespaces/{namespace}/pods/{pod.name}:{pod.port}/proxy{path}"


async def _asked(api: client.ApiClient, pod: Pod, namespace: str) -> Pod:
    """Ask a pod through the API server, which reaches it from everywhere, under the caller's own rights."""
    try:
        answer: Answer = await api_get(api, admin_path(namespace, pod, CONFIG_PATH))
    except RefusedError as error:
        why = "you may not get pods/proxy there; see --direct" if error.status == FORBIDDEN else "it gives no answer"
        return replace(pod, unknown=f"{error.why}: {why}")
    digest = answer.content.get("digest")
    return replace(pod, digest=digest if isinstance(digest, str) else "")


async def _asked_directly(pods: list[Pod]) -> list[Pod]:
    """Ask pods at their own addresses: that takes no right, but a way there."""
    if not pods:
        return []
    async with admin_session() as session:
        admins = [AdminEndpoint(pod.address, pod.port, pod.alternatives) for pod in pods]
        served = await served_digests(admins, session)
    answers = [(pod, served[admin]) for pod, admin in zip(pods, admins, strict=True)]
    return [
        replace(pod, digest=digest or "", unknown="" if digest else "no answer, or its workers differ")
        for pod, digest in answers
    ]


def _lasts_s(spec: Mapping[str, Any]) -> int:
    seconds = spec.get("leaseDurationSeconds")
    return seconds if isinstance(seconds, int) else 0


def _time(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None
