"""Services, resolved."""

from manifests import compiled, reasons, route, service


def test_a_service_without_a_host_of_its_own_serves_no_route():
    """The route is told, and nothing of it is published."""
    older = service("old", "one", "2026-01-01T00:00:00Z")
    newer = service("app", "two", "2026-02-01T00:00:00Z")

    assert [("all", "ServiceInvalid"), ("app", "HostConflict")] == reasons(older, newer, route(namespace="two"))
    assert () == compiled(older, newer, route(namespace="two")).snapshot.routes


def test_a_broken_older_service_keeps_its_host():
    """A typo must not hand the host to another namespace."""
    older = service("old", "one", "2026-01-01T00:00:00Z", extra=1)
    newer = service("app", "two", "2026-02-01T00:00:00Z")

    assert ("app", "HostConflict") in reasons(older, newer)


def test_a_service_of_several_gateways_is_compiled_for_each():
    """A Service of several gateways has equal entries in the snapshot of each."""
    both = service(gateways=["default", "internal"])

    assert compiled(both).snapshot.backends == compiled(both, gateway="internal").snapshot.backends
