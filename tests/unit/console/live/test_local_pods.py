"""The admin port of a gateway on this machine."""

from __future__ import annotations

from one_answer import serving
from postern_cli.running_gateways import RunningGateway
from postern_console.live.local_pods import pods_of_gateways


async def digest_of(_):
    return "expected"


async def test_a_gateway_is_asked_for_what_it_serves_and_counts(aiohttp_admin):
    """It is named by its address."""
    (pod,) = await pods_of_gateways([RunningGateway("default", "127.0.0.1:80", aiohttp_admin)], digest_of)
    assert ("default", "127.0.0.1:80", "d", "expected") == (pod.gateway, pod.name, pod.config.digest, pod.expected)
    assert {"x": 2.0} == dict(pod.counts.denials)


async def test_one_without_an_answer_is_there_too():
    """Its page says so."""
    async with serving(b"SSH-2.0\r\n") as (url, _):
        gateways = [
            RunningGateway("a", "[::]:1", url.removeprefix("http://")),
            RunningGateway("b", "x:1", "127.0.0.1:1"),
        ]
        pods = await pods_of_gateways(gateways, digest_of)
    assert [True, True] == [it.config is None and "gives no answer" in it.unknown for it in pods]
