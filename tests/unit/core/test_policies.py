"""An auth.jwt block, resolved."""

from manifests import compiled, consumer, route, service


def policy(**jwt):
    return compiled(service(auth={"jwt": jwt}), route(), consumer("guest")).snapshot.policies[0]


def test_the_default_places_are_header_query_and_cookie():
    """In this order."""
    expected = [("header", "authorization"), ("query", "jwt"), ("cookie", "jwt")]

    assert expected == [(it.kind, it.name) for it in policy().places]


def test_namespaces_begin_with_ones_own():
    """All of them are None."""
    found = [policy(allow={"namespaces": it}).namespaces for it in ("Same", "All", ["b", "a", "default"])]

    assert [("default",), None, ("default", "a", "b")] == found


def test_durations_are_milliseconds():
    """An unset lifetime is no bound."""
    entry = policy(leeway="1m", maxLifetime="24h")

    assert (60_000, 86_400_000, None) == (entry.leeway_ms, entry.max_lifetime_ms, policy().max_lifetime_ms)


def test_a_disabled_policy_is_none():
    """The route is public."""
    assert [None] == [
        it.policy for it in compiled(service(auth={"jwt": {"mode": "Disabled"}}), route()).snapshot.routes
    ]


def test_an_anonymous_consumer_that_exists_is_named():
    """By its name in the policy's namespace."""
    assert "guest" == policy(mode="Optional", anonymousConsumer={"name": "guest"}).anonymous_consumer


def test_a_name_is_the_path_of_one():
    """A snapshot says the same of both, so that it does not change with how it was written."""
    by_name, by_path = (
        policy(allow={"claims": [one | {"anyOf": ["a"]}]}) for one in ({"name": "x.y"}, {"path": ["x.y"]})
    )
    assert by_name == by_path
    assert [("x.y", ())] == [(it.name, it.path) for it in by_name.allow_claims]


def test_values_are_texts_in_the_snapshot():
    """YAML may say booleans and numbers without quotes, and they are compared by value."""
    [match] = policy(allow={"claims": [{"path": ["a", "b"], "allOf": [True, 18, 18.0, "x"]}]}).allow_claims
    assert ("", ("a", "b"), (), ("true", "18", "18", "x")) == (match.name, match.path, match.any_of, match.all_of)


def test_names_of_ones_own_namespace_may_say_so():
    """A policy that allows `default/alice` where alice is of this namespace was green, and 403 for ever."""
    entry = policy(allow={"consumers": ["default/alice", "other/bob"], "groups": ["default/a", "b"]})
    assert (("alice", "other/bob"), ("a", "b")) == (entry.allow_consumers, entry.allow_groups)
