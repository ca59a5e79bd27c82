"""Which pods are asked, and what they answer."""

import contextlib
from itertools import zip_longest

import pytest
from aiohttp import web

from postern_core.parse import parse_manifest
from postern_operator.cluster.rollout.data_plane_pods import (
    AdminEndpoint,
    admin_session,
    ready_endpoints,
    served_digests,
)


def endpoints(*addresses, name="postern-admin", namespace="gw", family="IPv4", ready=True, port="admin", pods=()):
    return parse_manifest(
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {"name": f"{name}-{family}".lower(), "namespace": namespace,
                         "labels": {"kubernetes.io/service-name": name}},
            "addressType": family,
            "endpoints": [
                {"addresses": [one], "conditions": {"ready": ready}} | ({"targetRef": of} if of else {})
                for one, of in zip_longest(addresses, ({"kind": "Pod", "name": it, "uid": it} for it in pods))
            ],
            "ports": [{"name": "http", "port": 9080}, {"name": port, "port": 9081}],
        }
    )  # fmt: skip


def test_ready_pods_are_asked_at_the_port_named_admin():
    """Each once."""
    found = ready_endpoints([endpoints("10.0.0.2", "10.0.0.1"), endpoints("10.0.0.1")], "gw")

    assert (AdminEndpoint("10.0.0.1", 9081), AdminEndpoint("10.0.0.2", 9081)) == found


@pytest.mark.parametrize(
    "other",
    [
        endpoints("10.0.0.1", ready=False),
        endpoints("10.0.0.1", name="web"),
        endpoints("10.0.0.1", namespace="elsewhere"),
        endpoints("10.0.0.1", port="metrics"),
        endpoints("pod.example.com", family="FQDN"),
    ],
)
def test_nobody_else_is_asked(other):
    """Not ready, another Service's, another namespace's, or without such a port."""
    assert () == ready_endpoints([other], "gw")


def test_a_pod_of_two_families_is_asked_once():
    """It is in two slices; the address of the other family is its alternative, as that of an upstream."""
    both = [endpoints("fd00::1", family="IPv6"), endpoints("10.0.0.1")]

    assert (AdminEndpoint("10.0.0.1", 9081, ("fd00::1",)),) == ready_endpoints(both, "gw")
    [admin] = ready_endpoints(both[:1], "gw")
    assert ("http://[fd00::1]:9081/config",) == admin.urls


def test_a_pod_that_is_in_the_slice_of_one_family_only_is_asked():
    """An object is not called programmed while a pod does not serve it yet."""
    both = [endpoints("fd00::1", "fd00::2", family="IPv6", pods="ab"), endpoints("10.0.0.1", pods="a")]

    expected = (AdminEndpoint("10.0.0.1", 9081, ("fd00::1",)), AdminEndpoint("fd00::2", 9081))
    assert expected == ready_endpoints(both, "gw")


@contextlib.asynccontextmanager
async def pod(answer):
    application = web.Application()
    application.router.add_get("/config", answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield AdminEndpoint("127.0.0.1", runner.addresses[0][1])
    finally:
        await runner.cleanup()


async def asked(answer):
    async with pod(answer) as admin, admin_session() as session:
        return (await served_digests([admin], session))[admin]


async def test_a_pod_says_which_digest_it_serves():
    """All its workers do."""

    async def answer(_):
        return web.json_response({"digest": "abc", "workers": []})

    assert "abc" == await asked(answer)


async def redirect(_):
    raise web.HTTPFound("http://127.0.0.1:9/config")


async def error(_):
    return web.json_response({"digest": "abc"}, status=503)


async def garbage(_):
    return web.Response(body=b"\xff{")


async def endless(_):
    return web.Response(body=b'{"digest": "' + b"a" * 2**21 + b'"}')


async def undecided(_):
    return web.json_response({"digest": None})


@pytest.mark.parametrize("answer", [redirect, error, garbage, endless, undecided])
async def test_any_other_answer_is_none(answer):
    """Nobody is called programmed by mistake."""
    assert await asked(answer) is None


async def test_a_pod_that_is_away_does_not_hide_the_others(monkeypatch):
    """A pod that does not answer doesn't hide the others, and no proxy of the environment is used."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    async def answer(_):
        return web.json_response({"digest": "abc"})

    async with pod(answer) as admin, admin_session() as session:
        served = await served_digests([AdminEndpoint("127.0.0.1", 9), admin], session)

    assert [None, "abc"] == list(served.values())


async def test_the_other_family_is_asked_where_one_is_unreachable():
    """Which one the cluster reaches depends on its network, and not on the slices."""

    async def answer(_):
        return web.json_response({"digest": "abc"})

    async with pod(answer) as admin, admin_session() as session:
        both = AdminEndpoint("127.0.0.2", admin.port, (admin.address,))
        assert {both: "abc"} == await served_digests([both], session)
