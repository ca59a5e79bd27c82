"""`protectedResource` of a Service, from the block to what the snapshot has of it."""

from __future__ import annotations

import pytest

from manifests import compiled, manifest, mistakes, route, service
from postern_core.checks.protected_resource import protected_resource_is_without_issuers
from postern_core.codec import encode_snapshot
from postern_core.link.metadata_routes import add_metadata
from postern_core.link.policies import PUBLIC
from postern_core.link.protected_resource import with_resource
from postern_core.link.routes import Routes
from postern_core.link.services import Services
from postern_core.link.shares import Share
from postern_core.resources.jwt_policy import JWTBlock
from postern_core.resources.protected_resource import ProtectedResource as Block
from postern_core.snapshot_protected_resource import ProtectedResource

ISSUER = manifest(
    "TokenIssuer",
    "idp",
    {
        "issuer": "https://idp",
        "keys": {"ref": {"name": "jwks", "key": "jwks.json"}},
        "anyAudience": True,
        "callers": {"anyone": {}},
    },
)


def app(name="app", resource=None, **spec):
    """A Service that publishes where tokens are made."""
    auth = {"jwt": {"tokenIssuers": [{"name": "idp"}], "protectedResource": resource or {}}}
    return service(name, auth=auth, **spec)


def published(*objects, **options):
    """The routes by which metadata is asked for."""
    return [it for it in compiled(ISSUER, *objects, **options).snapshot.routes if it.serves_metadata]


@pytest.mark.parametrize(("prefix", "path"), [("/", ""), ("/mcp", "/mcp"), ("/a/b", "/a/b")])
def test_the_path_of_the_service_follows_the_well_known_part(prefix, path):
    """RFC 9728, section 3.1: a slash that ends the URL is no part of it."""
    [entry] = published(app(pathPrefix=prefix), route())
    assert [f"/.well-known/oauth-protected-resource{path}"] == [it.value for it in entry.paths]
    assert ("Service/default/app", ("GET", "HEAD"), ("app.example.com",)) == (entry.id, entry.methods, entry.hosts)


def test_the_policy_says_what_is_published():
    """The document and the challenges are made of one value."""
    resource = {"scopes": ["a", "b"], "name": "N", "documentation": "https://d"}
    [policy] = compiled(ISSUER, app(resource=resource, pathPrefix="/x"), route()).snapshot.policies
    assert ProtectedResource("/x", ("a", "b"), "N", "https://d") == policy.protected_resource


def test_the_metadata_is_limited_as_the_service_is():
    """A limit by consumer does not count requests for the metadata, which need no token; the others do."""
    limits = [{"by": by, "requests": 5, "per": "1m"} for by in ("Consumer", "Client", "Route")]
    [entry] = published(app(rateLimit=limits), route())
    assert ["Service/default/app/1", "Service/default/app/2"] == [limit.id for limit in entry.rate_limits]


def test_it_is_there_where_all_routes_have_policies_of_their_own():
    """Nothing but the metadata refers to the Service's policy then."""
    own = route(auth={"jwt": {"mode": "Disabled"}})
    snapshot = compiled(ISSUER, app(), own).snapshot
    assert ["Service/default/app"] == [it.id for it in snapshot.policies]
    assert 1 == len(published(app(), own))


@pytest.mark.parametrize("objects", [(app(),), (app(), route(paths="x")), (app(upstream={"url": "x"}), route())])
def test_a_service_that_serves_nothing_publishes_nothing(objects):
    """A document would say that a token helps."""
    assert [] == published(*objects)


def test_a_namespace_beyond_its_share_publishes_nothing():
    """What it may put in is bounded, and its policy is gone with the Service."""
    assert [] == published(app(), route(), share=Share(size_bytes=200))


def test_snapshots_without_it_are_as_before():
    """Readers of earlier releases go on reading them."""
    encoded = encode_snapshot(
        compiled(ISSUER, service(auth={"jwt": {"tokenIssuers": [{"name": "idp"}]}}), route()).snapshot
    )
    assert not [one for one in encoded.shards.values() if b"protected" in one.content or b"metadata" in one.content]


@pytest.mark.parametrize(
    ("objects", "field"),
    [
        ((service(auth={"jwt": {"protectedResource": {}}}),), "spec.auth.jwt.protectedResource"),
        ((app(resource={"scopes": ["a", "a"]}),), "spec.auth.jwt.protectedResource.scopes[1]"),
        ((app(resource={"scopes": ["a b"]}),), "spec.auth.jwt.protectedResource.scopes[0]"),
        ((app(resource={"scopes": ['a"']}),), "spec.auth.jwt.protectedResource.scopes[0]"),
        ((app(resource={"documentation": "javascript:x"}),), "spec.auth.jwt.protectedResource.documentation"),
        (
            (service(), route(auth={"jwt": {"tokenIssuers": [{"name": "idp"}], "protectedResource": {}}})),
            "spec.auth.jwt.protectedResource",
        ),
    ],
)
def test_what_can_not_be_published_is_refused(objects, field):
    """A scope or a URL that a challenge can't hold is none."""
    assert field in mistakes(ISSUER, *objects)


def test_a_public_service_publishes_nothing():
    """There is no policy that a document could describe."""
    assert PUBLIC is with_resource(PUBLIC, Block(), "/")
    routes = Routes()
    add_metadata(Services(), routes)
    assert [] == routes.entries
    assert [] == list(protected_resource_is_without_issuers(JWTBlock()))
