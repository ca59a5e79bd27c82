"""Which JWTPolicy protects an Ingress, and that none which can't be used leaves it to a looser one."""

from __future__ import annotations

import pytest

from manifests import compiled, consumer, ingress, ingress_class, manifest
from postern_core.check import check
from postern_core.kinds import KINDS
from postern_core.link.attached_policies import POLICY_ANNOTATION, attached_policy, link_attached_policies
from postern_core.link.resource_index import index_resources
from postern_core.memo import Memo
from postern_core.parse import parse_manifest
from postern_core.problems import Reason
from postern_core.ref import Ref
from postern_operator.validators import VALIDATORS

WEB = Ref("Ingress", "default", "web")
OLD, NEW = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"


def target(name="web", **fields):
    """A reference to an Ingress."""
    return {"group": "networking.k8s.io", "kind": "Ingress", "name": name} | fields


def policy(name, *targets, created="", namespace="default", spec=None, **jwt):
    """A JWTPolicy; `spec` replaces all that it would say."""
    given = {"jwt": jwt} | ({"targetRefs": list(targets)} if targets else {})
    return manifest("JWTPolicy", name, given if spec is None else spec, namespace, created)


def linked(*manifests, ingresses=(WEB,)):
    """The policies of these manifests, where there are these Ingresses."""
    served = [ingress_class(), *(ingress(ref.name, namespace=ref.namespace) for ref in ingresses)]
    objects = list(map(parse_manifest, (*manifests, *served)))
    index = index_resources(objects, VALIDATORS, Memo())
    ours = [it for it in index.objects.values() if it.ref.kind in KINDS]
    index.valid = {it.ref: it for it in ours if all(found.is_warning for found in check(it, VALIDATORS))}
    return link_attached_policies(index)


def attached(*manifests, ingresses=(WEB,), **annotations):
    """What protects an Ingress with annotations of ours, by their names with underscores."""
    names = {f"postern.dev/{name.replace('_', '-')}": value for name, value in annotations.items()}
    return attached_policy(linked(*manifests, ingresses=ingresses), WEB, names)


def in_force(attachment):
    """The id of the policy in force, None where the Ingress is public; fails where it is refused."""
    assert ("", ()) == (attachment.refusal, attachment.problems)
    return attachment.policy and attachment.policy.id


def reasons(policies):
    """Which policy has which problem."""
    return {(problem.ref.name, problem.reason) for problem in policies.problems}


def test_without_a_policy_an_ingress_is_public():
    """A policy of another Ingress, and one of another namespace, are none of its own."""
    assert in_force(attached()) is None
    elsewhere = policy("p", target(), namespace="other")
    assert in_force(attached(policy("q", target("api")), elsewhere, ingresses=(WEB, WEB._replace(name="api")))) is None


def test_a_policy_is_named_by_the_annotation_or_targets_the_ingress():
    """Either way it is the policy's own id, so that all that share it share one entry."""
    assert "JWTPolicy/default/p" == in_force(attached(policy("p"), jwt_policy="p"))
    assert "JWTPolicy/default/p" == in_force(attached(policy("p", target())))


def test_the_annotation_counts_before_a_target():
    """The more specific policy holds whole, whichever is older."""
    old, new = policy("old", target(), created=OLD), policy("new", created=NEW, audiences=["a"])
    assert "JWTPolicy/default/new" == in_force(attached(old, new, jwt_policy="new"))


def test_of_two_policies_for_one_ingress_the_older_counts():
    """The other is Conflicted, and what it asks for is never mixed in."""
    policies = [policy("a-new", target(), created=NEW), policy("z-old", target(), created=OLD)]
    assert "JWTPolicy/default/z-old" == in_force(attached(*policies))
    assert {("a-new", Reason.CONFLICTED)} == reasons(linked(*policies))


def test_of_two_policies_of_one_age_the_first_by_name_counts():
    """Manifests of a folder have no age."""
    assert "JWTPolicy/default/a" == in_force(attached(policy("b", target()), policy("a", target())))


def test_one_policy_may_name_a_target_twice():
    """It does not conflict with itself."""
    assert set() == reasons(linked(policy("p", target(), target())))


def test_a_disabled_policy_makes_public_in_so_many_words():
    """It takes the place of a stricter one that is younger."""
    assert in_force(attached(policy("p", target(), created=OLD, mode="Disabled"), policy("q", target()))) is None


@pytest.mark.parametrize("jwt", [{"mode": "Sometimes"}, {"anonymousConsumer": {"name": "x"}, "mode": "Optional"}])
def test_an_invalid_policy_keeps_its_place(jwt):
    """Nothing falls back to the policy behind it, nor does the Ingress become public."""
    policies = [policy("broken", target(), created=OLD, **jwt), policy("loose", target(), created=NEW, mode="Disabled")]
    found = attached(*policies)
    assert found.policy is None
    assert found.refusal.startswith("Ingress default/web: its requests get 503: JWTPolicy default/broken")
    assert [Reason.POLICY_INVALID] == [problem.reason for problem in found.problems]
    assert ("loose", Reason.CONFLICTED) in reasons(linked(*policies))


def test_an_annotation_that_names_nothing_refuses():
    """A policy that targets the Ingress does not take the place of the one that is missing."""
    for name in ("gone", "", "Not A Name"):
        found = attached(policy("p", target()), jwt_policy=name)
        assert found.policy is None
        assert "does not exist in namespace default; create it" in found.refusal
        assert [Reason.POLICY_NOT_FOUND] == [problem.reason for problem in found.problems]


def test_a_policy_of_another_namespace_is_none():
    """A name leads nowhere else."""
    assert "does not exist" in attached(policy("p", namespace="other"), jwt_policy="p").refusal


def test_an_unknown_annotation_of_ours_refuses():
    """It may have been meant to protect; those of others are none of ours."""
    found = attached(policy("p"), jwt_policy="p", jwt_polcy="p")
    assert found.policy is None
    assert "is no annotation of an Ingress; use one of postern.dev/jwt-policy" in found.refusal
    assert ["metadata.annotations[postern.dev/jwt-polcy]"] == [problem.field for problem in found.problems]
    assert in_force(attached_policy(linked(), WEB, {"example.com/postern.dev": "x"})) is None


def test_an_annotation_of_ours_in_another_case_refuses():
    """The API server accepts capitals in the names of annotations, and no name but the one is read."""
    found = attached_policy(linked(policy("p")), WEB, {"Postern.dev/jwt-policy": "p"})
    assert (None, True) == (found.policy, "is no annotation of an Ingress" in found.refusal)


@pytest.mark.parametrize(
    "name", ["x.postern.dev/jwt-policy", "x.postern.dev/a", "jwt-policy", "postern.io/jwt-policy", "a.b/JWT_Policy"]
)
def test_an_annotation_that_is_nearly_ours_refuses(name):
    """An Ingress would look protected, and be open."""
    assert "is no annotation of an Ingress" in attached_policy(linked(policy("p")), WEB, {name: "p"}).refusal


@pytest.mark.parametrize("name", ["notpostern.dev/a", "postern.dev.example.com/a", "example.com/jwt-policy-owner"])
def test_an_annotation_of_another_name_is_none_of_ours(name):
    """Others may say what they want."""
    assert in_force(attached_policy(linked(policy("p")), WEB, {name: "p"})) is None


@pytest.mark.parametrize(
    "spec",
    [
        {"jwt": {}, "targetRefs": "web"},
        {"jwt": {}, "targetRefs": None},
        {"jwt": {}, "targetRefs": ["web"]},
        {"jwt": {}, "targetRefs": [target(name=5)]},
        {"jwt": {}, "targetRef": target()},
        {"jwt": {}, "targetRefs": [target(kind="ingress")]},
        {"jwt": {}, "targetRefs": [target(sectionName="a")]},
    ],
)
def test_targets_that_can_t_be_read_are_every_ingress(spec):
    """What was meant to be protected is refused, rather than public."""
    assert "JWTPolicy default/p is not accepted" in attached(policy("p", spec=spec)).refusal


def test_a_policy_of_unreadable_targets_leaves_those_of_an_older_one():
    """It counts in the order of all, and its annotation's is before it."""
    older, broken = policy("older", target(), created=OLD), policy("p", created=NEW, spec={"jwt": {}, "targetRefs": 5})
    assert "JWTPolicy/default/older" == in_force(attached(older, broken))
    assert "JWTPolicy/default/named" == in_force(attached(broken, policy("named"), jwt_policy="named"))


def test_a_target_of_gateway_api_is_no_ingress():
    """The policy is refused, as such targets are yet to come, and an Ingress of that name is not meant."""
    gateway = target(group="gateway.networking.k8s.io", kind="Gateway")
    assert in_force(attached(policy("p", gateway))) is None
    message = compiled(policy("p", gateway)).problems[0].message
    assert "is not known here" in message
    assert message.endswith("use one of networking.k8s.io")


def test_a_target_that_is_not_there_is_named():
    """The policy protects nothing, and says so."""
    assert {("p", Reason.TARGET_NOT_FOUND)} == reasons(linked(policy("p", target("gone"))))


def test_a_target_of_another_controller_is_named():
    """Nothing of that Ingress is served here, so that the policy protects nothing."""
    (problem,) = linked(policy("p", target("theirs")), ingress("theirs", ingressClassName="nginx")).problems
    assert Reason.TARGET_NOT_FOUND == problem.reason
    assert "is of no class that is served here" in problem.message


def test_references_of_the_block_are_of_the_policy_s_namespace():
    """As in a Service: its Consumers, and the credentials that count."""
    anonymous = {"mode": "Optional", "anonymousConsumer": {"name": "alice"}}
    found = linked(policy("p", namespace="a", **anonymous), consumer(namespace="a"))
    entry = found.linked[Ref("JWTPolicy", "a", "p")].entry
    assert ("a", ("a",), "alice") == (entry.namespace, entry.namespaces, entry.anonymous_consumer)
    (problem,) = linked(policy("p", namespace="b", **anonymous), consumer(namespace="a")).problems
    assert "spec.jwt.anonymousConsumer" == problem.field


def test_headers_of_claims_are_cleaned_on_every_path_of_the_namespace():
    """A public Ingress of the same application lets no client set what a policy vouches for."""
    found = attached(policy("p", forwardClaims=[{"claim": "sub", "header": "X-User"}]), policy("q"), jwt_policy="q")
    assert ("x-user",) == found.clean_headers


def test_an_annotation_is_by_its_full_name():
    """The name that documentation has."""
    assert "postern.dev/jwt-policy" == POLICY_ANNOTATION


def test_a_gateway_may_require_a_policy():
    """Without one an Ingress answers 503, and so it does when its policy is deleted; Disabled is a policy."""
    required = linked(policy("open", mode="Disabled"), ingresses=(WEB,))
    required.required_by = "public"
    found = attached_policy(required, WEB, {})
    assert [Reason.POLICY_REQUIRED] == [problem.reason for problem in found.problems]
    assert found.refusal.startswith("Ingress default/web: gateway public requires a policy")
    assert in_force(attached_policy(required, WEB, {POLICY_ANNOTATION: "open"})) is None
