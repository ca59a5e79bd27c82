"""The page of the gateways over a socket."""

from __future__ import annotations

from postern_cli.running_gateways import Announcement
from postern_console.local_gateways import LocalGateways


async def test_a_gateway_that_runs_is_shown_and_another_can_be_started(console, protected):
    """By a form, as nothing is done by a link."""
    assert "Start it here" in (await console.get("/gateways"))[2]
    with Announcement(protected.path / ".postern", "default") as announcement:
        announcement.say("127.0.0.1:1234", "127.0.0.1:1")
        _, _, text = await console.get("/gateways")
    assert (True, False) == ("http://127.0.0.1:1234" in text, "Start it here" in text)


async def test_a_gateway_is_started_by_its_name(console, monkeypatch):
    """A name that no Service has is none."""
    started = []

    async def start(_, gateway):
        started.append(gateway)

    monkeypatch.setattr(LocalGateways, "start", start)
    status, headers, _ = await console.post("/gateways", gateway="default")
    assert (303, "/gateways") == (status, headers["Location"])
    assert 404 == (await console.post("/gateways", gateway="other"))[0]
    assert ["default"] == started
