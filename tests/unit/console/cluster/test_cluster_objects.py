"""A cluster as pages see it: read with few questions, without Secrets, and again when it has changed."""

from __future__ import annotations

import click
import pytest
import yaml

import manifests
from postern_cli.errors import ClusterReadingError
from postern_console.cluster import latest
from postern_console.cluster.cluster_objects import READ_ONLY
from postern_console.views.edit import usual_namespace
from postern_core.parse import parse_manifest
from postern_core.ref import Ref
from postern_operator.errors import LocalError

ALICE = Ref("Consumer", "default", "alice")
KEY = Ref("JWTCredential", "default", "alice")
GROUP = "/apis/postern.dev/v1alpha1"


@pytest.fixture
def without_cache(monkeypatch):
    """Every page lists anew, and waits for it."""
    monkeypatch.setattr(latest, "FRESH_S", 0.0)
    monkeypatch.setattr(latest, "FRESH_TIMES", 0)
    monkeypatch.setattr(latest, "STALE_S", 0.0)


async def test_the_objects_and_findings_are_those_of_the_cluster(objects, cluster):
    """An object that the operator has not looked at yet is a warning, and the state says which cluster was read."""
    state = await objects.state()
    assert ["Consumer", "JWTCredential", "Route", "Service"] == [ref.kind for ref in state.objects]
    assert {"warning"} == {finding.severity for finding in state.findings}
    assert state.cluster.startswith("http://127.0.0.1:")


async def test_no_secret_is_read_for_a_page(objects, cluster):
    """The list, an object's page and a review ask for no Secret, by a list or by name."""
    state = await objects.state()
    await objects.document(state.objects[KEY])
    await objects.review(parse_manifest(manifests.credential("b")))
    assert [] == [path for path in cluster.asked if "secrets" in path]


async def test_a_young_list_is_not_asked_for_again(objects, cluster):
    """A second page within a second is of the same state."""
    state = await objects.state()
    asked = len(cluster.asked)
    assert (state, asked) == (await objects.state(), len(cluster.asked))


async def test_what_has_changed_shows_at_the_next_page(without_cache, objects, cluster):
    """A page shows a new object, and a list without changes is the same state."""
    state = await objects.state()
    assert state is await objects.state()
    cluster.put(manifests.consumer("bob"))
    assert Ref("Consumer", "default", "bob") in (await objects.state()).objects


async def test_what_may_not_be_read_is_left_out_and_said(objects, cluster):
    """All other kinds are shown, and a Route whose Service can't be seen is not wrong."""
    cluster.refused = {f"{GROUP}/services": 403, f"{GROUP}/namespaces/default/services": 403}
    state = await objects.state()
    assert ("Service of all namespaces (403 Forbidden)",) == state.left_out
    assert [] == [finding for finding in state.findings if finding.severity == "error"]


async def test_a_cluster_that_does_not_answer_is_an_error(objects, cluster):
    """A page says in the words of the command line why there is no answer."""
    cluster.refused = {"/": 401}
    with pytest.raises(ClusterReadingError, match="does not know you"):
        await objects.state()


async def test_a_token_takes_the_one_secret_that_is_named(objects, cluster):
    """A token reads the Secret of its own credential alone."""
    cluster.put(manifests.credential("other", keys=[{"secretRef": {"name": "others", "key": "secret"}}]))
    credential = await objects.credential(KEY)
    assert "alice" == credential.key
    assert ["/api/v1/namespaces/default/secrets/alice"] == [it for it in cluster.asked if "secrets" in it]


async def test_why_a_token_can_t_be_made_is_said(objects, cluster):
    """The error names the Secret and the verdict of the API server."""
    cluster.refused = {"/api/v1/namespaces/default/secrets": 403}
    with pytest.raises(click.ClickException, match=r"without Secret default/alice \(403"):
        await objects.credential(KEY)


async def test_a_snapshot_has_the_secrets_that_matter(objects, cluster):
    """A snapshot for an explanation names the Secrets that could not be read."""
    snapshot, left_out = await objects.snapshot("default", lambda parsed: parsed.ref == KEY)
    assert (1, ()) == (len(snapshot.credentials), left_out)
    cluster.refused = {"/api/v1/namespaces/default/secrets": 403}
    _, left_out = await objects.snapshot("default", lambda parsed: parsed.ref == KEY)
    assert ["Secret default/alice (403 Forbidden)"] == list(left_out)


async def test_a_change_is_compared_with_what_is_there_and_not_saved(objects):
    """A console that only reads shows the manifest, and refuses to save it."""
    document = await objects.document((await objects.state()).objects[ALICE])
    manifest = manifests.consumer(groups=["writers"])
    change = await objects.change(ALICE, manifest, document, takes_over=False)
    assert ["readers"] == yaml.safe_load(change.old)["spec"]["groups"]
    assert (manifest, READ_ONLY) == (yaml.safe_load(change.to_apply), change.why_not)
    with pytest.raises(LocalError):
        await objects.save(change)


async def test_a_review_is_of_the_cluster_with_the_change(objects):
    """A Route without its Service has a problem, and one of a Service that is there has none."""
    assert () == (await objects.review(parse_manifest(manifests.route("b")))).own
    changed = parse_manifest(manifests.route("b", serviceRef={"name": "gone"}))
    assert ["spec.serviceRef"] == [problem.field for problem in (await objects.review(changed)).own]


async def test_a_secret_that_is_not_made_yet_counts_in_a_review(objects):
    """What is in it is known, so that a weak one is said before it is saved."""
    credential = manifests.credential(
        "bob", consumerRef={"name": "alice"}, keys=[{"secretRef": {"name": "bob", "key": "secret"}}]
    )
    for value, fields in ((manifests.SECRET, []), ("weak", ["spec.keys[0]"])):
        secret = parse_manifest(manifests.secret("bob", value=value))
        review = await objects.review(parse_manifest(credential), secret)
        assert fields == [problem.field for problem in review.own]


async def test_a_console_that_only_reads_makes_no_secret(objects):
    """The form of a credential has no input for one, and what asks for it is refused."""
    assert not (await objects.state()).takes_secrets
    with pytest.raises(LocalError):
        await objects.change(Ref("Secret", "default", "bob"), manifests.secret("bob"), None, takes_over=False)


async def test_a_console_about_one_namespace_writes_in_no_other(objects_of_empty):
    """With -n a new object is wanted there, even where there is none yet, and one of another namespace is refused."""
    objects, consumer = objects_of_empty, manifests.consumer("b")
    assert "empty" == usual_namespace(await objects.state())
    change = await objects.change(Ref("Consumer", "empty", "b"), consumer, None, takes_over=False)
    assert READ_ONLY == change.why_not
    for kind in ("Consumer", "Secret"):
        with pytest.raises(LocalError, match="about the namespace empty alone"):
            await objects.change(Ref(kind, "default", "b"), consumer, None, takes_over=False)


async def test_an_object_that_a_tool_has_taken_meanwhile_is_not_written(written_objects, cluster):
    """A list may be a minute old; what the API server has of the object now is what counts."""
    parsed = (await written_objects.state()).objects[ALICE]
    marked = manifests.consumer(groups=["readers"])
    marked["metadata"]["labels"] = {"argocd.argoproj.io/instance": "shop"}
    cluster.put(marked)
    document = await written_objects.document(parsed)
    change = await written_objects.change(ALICE, manifests.consumer(), document, takes_over=False)
    assert "Argo CD (application shop) keeps it as its source has it; change it there" == change.why_not
