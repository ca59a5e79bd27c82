"""Forms over a socket: the difference is seen before anything is written, and mistakes stand at their fields."""

from __future__ import annotations

import asyncio
import html
import re
import time

import pytest
import yaml

import manifests
from postern_console.editing import target

SERVICE = {"name": "shop", "namespace": "demo", "hosts": "shop.example.com", "upstream.url": "http://127.0.0.1:1"}


def hidden_in(text):
    """The inputs that a review brings along."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', text)
    return [(html.unescape(name), html.unescape(value)) for name, value in found]


async def seen(console, path, **fields):
    """Look at a change in a form that was just opened."""
    hidden = dict(hidden_in((await console.get(path))[2]))
    return await console.post(path, action="review", **{**hidden, **fields})


async def saved(console, path, **fields):
    """Look at a change and save it."""
    _, _, text = await seen(console, path, **fields)
    headers = {"Origin": console.base}
    return await console.ask("POST", path, headers=headers, data=[*hidden_in(text), ("action", "save")])


@pytest.mark.parametrize("kind", ["services", "routes", "consumers", "jwtcredentials"])
async def test_a_list_leads_to_the_form_of_a_new_object(console, kind):
    """Each kind that is written has one."""
    assert f'href="/{kind}/new"' in (await console.get(f"/{kind}"))[2]
    status, _, text = await console.get(f"/{kind}/new")
    assert (200, True) == (status, 'name="namespace"' in text)


async def test_a_token_issuer_is_only_read(console):
    """It has no form yet."""
    assert "/new" not in (await console.get("/tokenissuers"))[2]
    assert 404 == (await console.get("/tokenissuers/new"))[0]


async def test_a_new_object_is_seen_and_then_written(console, protected):
    """Into a file of its own; the next page is the object's."""
    _, _, text = await seen(console, "/services/new", **SERVICE)
    assert ("manifests/service-shop.yaml" in text, "+  hosts: [shop.example.com]" in html.unescape(text)) == (
        True,
        True,
    )
    assert not (protected.path / "service-shop.yaml").exists()
    status, headers, _ = await saved(console, "/services/new", **SERVICE)
    assert (303, "/services/demo/shop") == (status, headers["Location"])
    assert 200 == (await console.get("/services/demo/shop"))[0]
    written = yaml.safe_load((protected.path / "service-shop.yaml").read_text())
    assert {
        "stripPathPrefix": False,
        "hosts": ["shop.example.com"],
        "upstream": {"url": "http://127.0.0.1:1"},
    } == written["spec"]


async def test_an_object_that_is_there_is_changed_in_its_place(console, protected):
    """Everything else in the file is as it was."""
    file = protected.path / "all.yaml"
    file.write_text("# mine\n" + file.read_text())
    status, _, text = await console.get("/consumers/default/alice/edit")
    assert (200, True) == (status, 'value="readers"' in text)
    before = file.read_text()
    await saved(console, "/consumers/default/alice/edit", groups="readers, writers")
    assert before.replace("  groups:\n  - readers\n", "  groups: [readers, writers]\n") == file.read_text()


async def test_a_mistake_stands_at_its_field_and_nothing_is_written(console, protected):
    """The message is the compiler's, and the form is as it was typed."""
    status, _, text = await seen(console, "/services/new", **SERVICE | {"pathPrefix": "v1", "name": "Shop"})
    assert (422, True, True) == (
        status,
        'id="pathPrefix-mistake"' in text or 'id="name-mistake"' in text,
        'value="v1"' in text,
    )
    status, _, text = await seen(console, "/routes/default/all/edit", **{"serviceRef.name": "app", "methods": "get"})
    assert (422, True) == (status, 'id="methods-mistake">must be an HTTP method' in text)
    assert ["all.yaml"] == [path.name for path in protected.path.iterdir()]


async def test_a_name_that_is_taken_is_said(console):
    """Another object of that name would be a second one."""
    status, _, text = await seen(console, "/services/new", **SERVICE | {"name": "app", "namespace": "default"})
    assert (422, True) == (status, "is taken in this namespace" in text)


async def test_what_is_still_missing_and_what_others_get_is_said(console):
    """It does not keep one from saving."""
    fields = {"name": "r", "namespace": "default", "serviceRef.name": "gone"}
    assert "does not exist" in (await seen(console, "/routes/new", **fields))[2]
    fields = {"consumerRef.name": "alice", "algorithm": "HS256", "key": "x", "keys.0.secretRef.name": "gone",
              "keys.0.secretRef.key": "k", "keys.0.secretRef.encoding": "Plain", "secret_elsewhere": "on"}  # fmt: skip
    assert "It will be saved with problems" in (await seen(console, "/jwtcredentials/default/alice/edit", **fields))[2]


async def test_a_change_that_was_not_seen_is_not_saved(console, protected):
    """Without the digest of what was seen the difference comes first, and so it does when the file has changed."""
    before = sorted(protected.path.iterdir())
    status, _, text = await console.post("/services/new", action="save", **SERVICE)
    assert (200, before) == (status, sorted(protected.path.iterdir()))
    (protected.path / "service-shop.yaml").write_text("# mine\n")
    headers = {"Origin": console.base}
    status, _, _ = await console.ask(
        "POST", "/services/new", headers=headers, data=[*hidden_in(text), ("action", "save")]
    )
    assert (200, "# mine\n") == (status, (protected.path / "service-shop.yaml").read_text())


async def test_what_can_t_be_changed_from_here_is_said(console, protected):
    """A list is edited in its file."""
    whole = {"apiVersion": "v1", "kind": "List", "items": [manifests.consumer("bob")]}
    protected.write(whole, name="list.yaml")
    status, _, text = await seen(console, "/consumers/default/bob/edit", groups="x")
    assert (422, True) == (status, "edit it there" in text)


@pytest.mark.parametrize("name", ["gone", "broken"])
async def test_what_can_t_be_read_has_no_form(console, protected, name):
    """A broken object is mended in its file."""
    protected.write(manifests.consumer("broken", groups=1), name="broken.yaml")
    assert 404 == (await console.get(f"/consumers/default/{name}/edit"))[0]


async def test_a_key_that_is_none_is_on_no_page(console):
    """It could be a secret that was pasted at a wrong place."""
    fields = {"name": "c", "namespace": "default", "consumerRef.name": "alice", "algorithm": "ES256"}
    status, _, text = await seen(console, "/jwtcredentials/new", **fields | {"keys.0.publicKey": "s3cret"})
    assert (422, False, True) == (status, "s3cret" in text, "keys.0.publicKey-mistake" in text)


async def again(console, path, text):
    """Send what a page holds unseen, to save it."""
    return await console.ask(
        "POST", path, headers={"Origin": console.base}, data=[*hidden_in(text), ("action", "save")]
    )


async def test_a_form_whose_object_has_changed_comes_back(console, protected):
    """What another has written is not lost: what was typed is kept, and is compared with it before it is saved."""
    path = "/consumers/default/alice/edit"
    file = protected.path / "all.yaml"
    opened = dict(hidden_in((await console.get(path))[2]))
    file.write_text(file.read_text().replace("  - readers\n", "  - readers\n  - others\n"))
    status, _, text = await console.post(path, action="review", **opened, groups="readers", customID="mine")
    assert (409, True, True) == (status, "has changed since this form was opened" in text, 'value="mine"' in text)
    assert 409 == (await console.post(path, action="review", groups="readers"))[0]
    hidden = dict(hidden_in(text))
    status, _, text = await console.post(path, action="review", **hidden, groups="readers", customID="mine")
    assert (200, True) == (status, "-  - others" in text)
    file.write_text(file.read_text().replace("  - others\n", "  - more\n"))
    assert (409, True) == ((await again(console, path, text))[0], "- more" in file.read_text())


async def test_of_two_saves_at_once_none_is_lost(console, protected, monkeypatch):
    """The later one is looked at again, as the file is another by then."""
    written = target.replace_shared_file

    def slow(path, content):
        time.sleep(0.2)
        written(path, content)

    monkeypatch.setattr(target, "replace_shared_file", slow)
    protected.write(manifests.consumer("a"), manifests.consumer("b"), name="two.yaml")
    paths = [f"/consumers/default/{name}/edit" for name in "ab"]
    texts = [(await seen(console, path, groups="x"))[2] for path in paths]
    answers = await asyncio.gather(*map(again, [console] * 2, paths, texts))
    assert [200, 303] == sorted(status for status, _, _ in answers)
    ((late, text),) = ((path, text) for path, (status, _, text) in zip(paths, answers, strict=True) if status == 200)
    assert 303 == (await again(console, late, text))[0]
    specs = [it["spec"] for it in yaml.safe_load_all((protected.path / "two.yaml").read_text())]
    assert [{"groups": ["x"]}] * 2 == specs
