"""Folders are read and compiled when something has changed, and not else."""

from __future__ import annotations

import time

import manifests
from postern_console import folder_objects
from postern_console.folder_objects import FolderObjects
from postern_console.paging import Query
from postern_console.views.object_list import object_list
from postern_core.parse import parse_manifest
from postern_core.ref import Ref


async def test_what_has_not_changed_is_not_compiled_again(protected):
    """The next page is of the same state."""
    objects = FolderObjects((protected.path,))
    assert await objects.state() is await objects.state()


async def test_a_saved_file_shows_at_the_next_page(protected):
    """There is nothing to start anew."""
    objects = FolderObjects((protected.path,))
    await objects.state()
    protected.write(manifests.consumer("bob"), name="bob.yaml")
    assert Ref("Consumer", "default", "bob") in (await objects.state()).objects


async def test_a_state_is_checked_again_after_a_while(protected, monkeypatch):
    """A key that ends soon is a warning that no file brings."""
    monkeypatch.setattr(folder_objects, "RECHECK_S", 0)
    objects = FolderObjects((protected.path,))
    assert await objects.state() is not await objects.state()


async def test_a_review_is_of_all_that_was_compiled(folder):
    """What is known beside the manifests, such as keys of issuers that were fetched, counts there as well."""
    folder.write(manifests.consumer())
    objects = FolderObjects((folder.path,))
    await objects.state()
    objects._complete = (*objects._complete, parse_manifest(manifests.service()))
    assert () == (await objects.review(parse_manifest(manifests.route()))).own


async def test_two_thousand_routes_are_listed_in_less_than_a_fifth_of_a_second(folder):
    """A page that is asked for again reads nothing and compiles nothing."""
    text = "apiVersion: postern.dev/v1alpha1\nkind: Route\nmetadata: {name: r%d}\nspec: {serviceRef: {name: app}}\n"
    folder.write(manifests.service(), *(text % number for number in range(2_000)))
    objects = FolderObjects((folder.path,))
    await objects.state()
    before = time.process_time()
    page = object_list(await objects.state(), "Route", Query("r1999"))
    assert (1, True) == (page["page"].total, time.process_time() - before < 0.2)


async def test_a_generated_secret_is_not_kept_by_looking(folder):
    """Nothing is written beside the manifests."""
    folder.write(manifests.service(), manifests.consumer(), manifests.credential(keys=[]))
    state = await FolderObjects((folder.path,)).state()
    assert [] == [finding for finding in state.findings if finding.severity == "error"]
    assert ["all.yaml"] == [path.name for path in folder.path.iterdir()]
