"""Secrets that local mode makes, and keeps."""

from __future__ import annotations

import base64
import stat

import pytest

from manifests import credential, secret
from postern_core.link.references import value_of
from postern_core.parse import parse_manifest
from postern_operator.errors import LocalError
from postern_operator.local import generated_secrets
from postern_operator.local.generated_secrets import GeneratedSecrets, state_folder, with_generated_secrets


def wanting(name="alice", **spec):
    return parse_manifest(credential(name, keys=[], **spec))


@pytest.fixture
def state(tmp_path):
    return tmp_path / ".postern"


def values_in(objects):
    return {it.ref.name: value_of(it.ref, it, "secret") for it in objects if it.ref.kind == "Secret"}


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_the_state_folder_is_in_the_first_folder_or_beside_the_first_file(tmp_path):
    """Where whoever reads the manifests finds it."""
    (tmp_path / "a.yaml").touch()

    assert tmp_path / ".postern" == state_folder([tmp_path])
    assert tmp_path / ".postern" == state_folder([tmp_path / "a.yaml", tmp_path / "sub"])


def test_a_secret_is_made_once(state):
    """A token outlives a restart."""
    first = with_generated_secrets([wanting()], state, make=True)
    second = with_generated_secrets([wanting()], state, make=True)

    assert 32 == len(base64.b64decode(values_in(first)["alice-jwt"]))
    assert values_in(first) == values_in(second)


def test_a_new_one_leaves_the_others_as_they_are(state):
    """What is kept is never overwritten."""
    first = with_generated_secrets([wanting()], state, make=True)
    both = with_generated_secrets([wanting(), wanting("bob", algorithm="HS512")], state, make=True)

    assert values_in(first)["alice-jwt"] == values_in(both)["alice-jwt"]
    assert 64 == len(base64.b64decode(values_in(both)["bob-jwt"]))


def test_what_is_kept_is_its_owner_s_alone(state):
    """The file of secrets is readable by its owner alone, and ignored by Git."""
    with_generated_secrets([wanting()], state, make=True)

    assert (0o700, 0o600) == (mode_of(state), mode_of(state / "secrets.json"))
    assert "*\n" == (state / ".gitignore").read_text()


def test_a_secret_of_the_user_wins(state):
    """None is made beside it."""
    objects = [wanting(), parse_manifest(secret("alice-jwt"))]

    assert tuple(objects) == with_generated_secrets(objects, state, make=True)
    assert not state.exists()


def test_who_only_looks_writes_nothing(state):
    """What is missing is made up, and different each time."""
    first = with_generated_secrets([wanting()], state, make=False)
    second = with_generated_secrets([wanting()], state, make=False)

    assert values_in(first) != values_in(second)
    assert not state.exists()


def test_who_only_looks_sees_what_is_kept(state):
    """A read-only command sees the kept secrets, so that it explains what is served."""
    kept = with_generated_secrets([wanting()], state, make=True)

    assert values_in(kept) == values_in(with_generated_secrets([wanting()], state, make=False))


def test_the_same_objects_stay_the_same(state):
    """Nothing is compiled for a reading that is no news."""
    generated, objects = GeneratedSecrets(state, make=True), (wanting(),)
    first = generated.added_to(objects)

    assert first is generated.added_to(objects)
    assert first[1] is generated.added_to((*objects, wanting("bob")))[2]


def test_a_secret_that_was_removed_is_made_anew(state):
    """Removing a Secret from the file generates a new one."""
    generated, objects = GeneratedSecrets(state, make=True), (wanting(),)
    first = generated.added_to(objects)
    (state / "secrets.json").unlink()

    assert values_in(first) != values_in(generated.added_to(objects))


def test_a_broken_file_is_told_without_a_word_of_it(state):
    """It may hold secrets."""
    state.mkdir()
    (state / "secrets.json").write_text('{"default/alice-jwt": hunter2')
    with pytest.raises(LocalError) as caught:
        with_generated_secrets([wanting()], state, make=True)

    assert "secrets.json can't be read" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_file_that_breaks_later_hurts_only_what_is_new(state):
    """What is known goes on serving."""
    generated = GeneratedSecrets(state, make=True)
    first = generated.added_to((wanting(),))
    (state / "secrets.json").write_text("{")

    assert values_in(first) == values_in(generated.added_to((wanting(),)))
    with pytest.raises(LocalError):
        generated.added_to((wanting(), wanting("bob")))


def test_a_place_that_can_not_be_written_is_told(tmp_path):
    """With the way out."""
    with pytest.raises(LocalError, match="can't be kept"):
        with_generated_secrets([wanting()], tmp_path / "nowhere" / ".postern", make=True)


def test_what_another_process_has_made_is_taken(state, monkeypatch):
    """Of two that generate at the same time, the first one's secret counts for both."""
    theirs = with_generated_secrets([wanting()], state, make=True)
    ours = GeneratedSecrets(state, make=True)
    read, answers = generated_secrets._read, [{}]
    monkeypatch.setattr(generated_secrets, "_read", lambda at: answers.pop() if answers else read(at))

    assert values_in(theirs) == values_in(ours.added_to((wanting(),)))
