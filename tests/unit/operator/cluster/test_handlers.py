"""kopf watches our four kinds, and does nothing else."""

from __future__ import annotations

import kopf

from postern_operator.cluster.handlers import KopfThread, handlers, kopf_settings
from postern_operator.cluster.metrics import Metrics


def registered():
    heard = []
    registry = handlers("/nowhere", lambda type_, manifest: heard.append((type_, manifest)))
    return registry, heard


def test_each_kind_has_one_handler_of_events():
    """And none that would annotate or finalise an object."""
    registry, _ = registered()
    assert ["consumers", "jwtcredentials", "routes", "services"] == sorted(
        handler.selector.any_name for handler in registry._watching.get_all_handlers()
    )
    assert {"postern.dev"} == {handler.selector.group for handler in registry._watching.get_all_handlers()}
    assert [] == [*registry._changing.get_all_handlers(), *registry._spawning.get_all_handlers()]


async def test_an_event_is_handed_on():
    """As it came."""
    registry, heard = registered()
    [handler, *_] = registry._watching.get_all_handlers()
    await handler.fn(event={"type": "ADDED", "object": {"kind": "Route"}}, logger=None)
    assert [("ADDED", {"kind": "Route"})] == heard


def test_kopf_is_quiet():
    """It posts nothing, looks for no peers and no kinds, and every watch ends in time."""
    settings = kopf_settings()
    assert isinstance(settings, kopf.OperatorSettings)
    assert (False, True, True) == (settings.posting.enabled, settings.peering.standalone, settings.scanning.disabled)
    assert settings.watching.server_timeout < settings.watching.client_timeout
    assert None is not settings.watching.connect_timeout


def test_kopf_stops_when_it_is_told_to():
    """The thread has nothing to begin when it is to stop already."""
    thread = KopfThread("/nowhere", (), lambda *_: None, Metrics())
    thread._stop.set()
    thread._watch(lambda *_: None)
