"""How many headers the policies of a Service, or of a namespace, may set from claims."""

from manifests import compiled, ingress, ingress_class, jwt_policy, kubernetes_service, route, service
from postern_core.link.forwarded_headers import FORWARDED_MAX, ForwardedHeaders
from postern_core.problems import Reason
from postern_core.ref import Ref


def forwarding(number, count=32):
    """A block that sets headers of its own."""
    return {"forwardClaims": [{"claim": "sub", "header": f"x-{number}-{n}"} for n in range(count)]}


def policies(count):
    """As many JWTPolicies with as many headers as one may have, the oldest first."""
    return [jwt_policy(f"p{n}", created=f"2026-01-{n + 1:02}T00:00:00Z", jwt=forwarding(n)) for n in range(count)]


def named(number):
    """An Ingress that one of them protects."""
    return ingress(f"i{number}", host=f"h{number}.x", annotations={"postern.dev/jwt-policy": f"p{number}"})


def told(found):
    return [(str(it.ref), it.reason.text, it.field) for it in found.problems if not it.is_warning]


def test_names_are_counted_as_they_are_compared():
    """Two spellings that an application may read as one header are one."""
    headers, owner = ForwardedHeaders(), Ref("JWTPolicy", "a", "p")
    full = [f"x-{n}" for n in range(FORWARDED_MAX)]
    assert headers.add("a", owner, full) is None
    assert headers.add("a", owner, ["X_0"]) is None
    problem = headers.add("a", owner, ["x-more"])
    assert (Reason.TOO_LARGE, "spec.jwt.forwardClaims") == (problem.reason, problem.field)
    assert headers.add("b", owner, ["x-more"]) is None
    assert {"a": tuple(sorted(full)), "b": ("x-more",)} == headers.names


def test_the_policies_of_a_namespace_fill_no_entry():
    """Thousands of them had a gateway publish nothing at all, for every tenant: each path has all their names."""
    objects = [ingress_class(), *kubernetes_service(), named(7), named(8)]
    found = compiled(*objects, *policies(9))
    assert {FORWARDED_MAX} == {len(it.clean_headers) for it in found.snapshot.routes if not it.refusal}
    assert {"Ingress/default/i7/0/0": False, "Ingress/default/i8/0/0": True} == {
        it.id: bool(it.refusal) for it in found.snapshot.routes
    }
    assert [("Ingress default/i8", "PolicyInvalid"), ("JWTPolicy default/p8", "TooLarge")] == [
        (ref, reason) for ref, reason, _ in told(found)
    ]


def test_the_routes_of_a_service_fill_no_entry():
    """The youngest beyond the bound is refused alone; older ones are protected and cleaned as before."""
    routes = [
        route(f"r{n}", created=f"2026-01-{n + 1:02}T00:00:00Z", auth={"jwt": forwarding(n)},
              paths=[{"type": "Exact", "value": f"/{n}"}])
        for n in range(9)
    ]  # fmt: skip
    found = compiled(service(), *routes)
    assert ["r8"] == [it.name for it in found.snapshot.routes if it.refusal]
    assert [("Route default/r8", "TooLarge", "spec.auth.jwt.forwardClaims")] == told(found)
    assert FORWARDED_MAX == len(found.snapshot.routes[0].clean_headers)


def test_headers_of_what_is_broken_are_cleaned_still():
    """The application believes them, and a public route beside it would let a client set them."""
    broken = forwarding(0, 1) | {"mode": "Sometimes"}
    objects = [ingress_class(), *kubernetes_service(), jwt_policy("p", jwt=broken), ingress("public")]
    public = route("public", paths=[{"type": "Exact", "value": "/public"}])
    bad = route("bad", auth={"jwt": broken})
    for one in (
        compiled(*objects),
        compiled(*objects, jwt_policy("p", jwt=forwarding(0, 1) | {"tokenIssuers": [{"name": "gone"}]})),
        compiled(service(), public, bad),
        compiled(service(), public, route("bad", auth={"jwt": forwarding(0, 1)}, paths=[{"type": "Exact"}])),
    ):
        assert [("x-0-0",)] == [it.clean_headers for it in one.snapshot.routes if not it.refusal]
    one = compiled(
        *objects[:-2], jwt_policy("p", jwt=forwarding(0, 1) | {"tokenIssuers": [{"name": "gone"}]}), objects[-1]
    )
    assert [("x-0-0",)] == [it.clean_headers for it in one.snapshot.routes if not it.refusal]
