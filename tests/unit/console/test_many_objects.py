"""Folders with very many objects."""

from __future__ import annotations

import time

import manifests
from postern_console.folder_objects import FolderObjects
from postern_console.paging import Query
from postern_console.views.object_list import object_list

ROUTES = 10_000
TEMPLATE = """\
---
apiVersion: postern.dev/v1alpha1
kind: Route
metadata: {{name: r{0}, namespace: default}}
spec: {{serviceRef: {{name: app}}, paths: [{{type: Exact, value: /p{0}}}]}}
"""


async def test_a_list_of_ten_thousand_routes_takes_less_than_a_second(folder):
    """A page that is opened again reads and compiles nothing anew; the search looks at every object."""
    folder.write(manifests.service())
    folder.write("".join(map(TEMPLATE.format, range(ROUTES))), name="routes.yaml")
    objects = FolderObjects((folder.path,))
    await objects.state()
    began_s = time.process_time()
    found = object_list(await objects.state(), "Route", Query("p999"))
    taken_s = time.process_time() - began_s
    assert (11, True) == (found["page"].total, taken_s < 1)
