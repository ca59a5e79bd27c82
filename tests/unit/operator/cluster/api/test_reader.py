"""Lists and watches, as they come from the API server."""

from __future__ import annotations

import pytest
from kubernetes.aio.client.exceptions import ApiException

from fake_lists import FakeLists, serving
from postern_operator.cluster.api import reader
from postern_operator.cluster.api.reader import (
    PartialObject,
    Resource,
    get_object,
    lines,
    manifest_of,
    pages,
    version_of,
)
from postern_operator.cluster.api.resource_types import ENDPOINT_SLICES, NAMESPACES, SECRETS

PATH = "/api/v1/namespaces/demo/secrets"


@pytest.mark.parametrize(
    ("resource", "namespace", "name", "path"),
    [
        (SECRETS, "", "", "/api/v1/secrets"),
        (SECRETS, "demo", "a", "/api/v1/namespaces/demo/secrets/a"),
        (NAMESPACES, "demo", "", "/api/v1/namespaces"),
        (ENDPOINT_SLICES, "demo", "", "/apis/discovery.k8s.io/v1/namespaces/demo/endpointslices"),
    ],
)
def test_a_resource_has_a_path(resource, namespace, name, path):
    """Of all, of a namespace, or of one object."""
    assert path == resource.path(namespace, name)


@pytest.mark.parametrize(("text", "version"), [("12", 12), ("", 0), ("x1", 0)])
def test_a_version_is_a_number(text, version):
    """What isn't one counts as unknown."""
    assert version == version_of(text)
    assert version == PartialObject("a", resource_version=text).version


async def test_a_list_comes_in_pages(monkeypatch):
    """Until there is no more."""
    monkeypatch.setattr(reader, "PAGE_SIZE", 2)
    fake = FakeLists()
    for name in "abcde":
        fake.put(PATH, name)
    async with serving(fake) as api:
        sizes = [len(page.items) async for page in pages(api, SECRETS, "demo")]
    assert [2, 2, 1] == sizes


async def test_an_item_of_a_list_becomes_a_manifest():
    """Lists leave out what all of their items are."""
    fake = FakeLists()
    fake.put(PATH, "a", data={"k": "dg=="})
    async with serving(fake) as api:
        [manifest] = [manifest_of(SECRETS, raw) async for page in pages(api, SECRETS, "demo") for raw in page.items]
    assert ("v1", "Secret", {"k": "dg=="}) == (manifest["apiVersion"], manifest["kind"], manifest["data"])


async def test_one_object_is_got_or_not_there():
    """A 404 is an answer."""
    fake = FakeLists()
    fake.put(PATH, "a")
    async with serving(fake) as api:
        assert "a" == (await get_object(api, SECRETS, "demo", "a"))["metadata"]["name"]
        assert None is await get_object(api, SECRETS, "demo", "b")


async def test_a_refusal_raises():
    """Without what the server said, which may quote."""
    fake = FakeLists()
    fake.refuse[f"{PATH}/a"] = 403
    async with serving(fake) as api:
        with pytest.raises(ApiException) as refused:
            await get_object(api, SECRETS, "demo", "a")
    assert (403, None) == (refused.value.status, refused.value.body)


async def test_a_watch_tells_line_by_line():
    """From a version on, for a time that the server is told too."""
    fake = FakeLists()
    fake.events[PATH] = [{"type": "ADDED", "object": {"metadata": {"name": "a"}}}]
    async with serving(fake) as api:
        told = [line.type async for line in lines(api, SECRETS, "demo", "7", 5)]
    assert ["ADDED"] == told
    [(_, query)] = fake.requests
    assert ("7", "5") == (query["resourceVersion"], query["timeoutSeconds"])


async def test_an_error_within_a_watch_raises():
    """Such as 410, when the version is too old."""
    fake = FakeLists()
    fake.events[PATH] = [{"type": "ERROR", "object": {"code": 410, "reason": "Expired"}}]
    async with serving(fake) as api:
        with pytest.raises(ApiException) as gone:
            [line async for line in lines(api, SECRETS, "demo", "7", 5)]
    assert 410 == gone.value.status


def test_a_group_is_part_of_a_path():
    """Our own kinds are below /apis."""
    assert "/apis/postern.dev/v1alpha1/routes" == Resource("postern.dev/v1alpha1", "Route", "routes").path()
