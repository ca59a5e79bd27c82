"""The metrics of the operator, and how API requests are counted."""

from __future__ import annotations

import re
from pathlib import Path

import aiohttp
import pytest

from fake_lists import FakeLists, serving
from postern_operator.cluster.metrics import Metrics

PAGE = Path(__file__).parents[4] / "docs/reference/operator.md"


async def test_requests_are_counted_by_verb_and_status():
    """One that got no answer is an error."""
    metrics = Metrics()
    async with serving(FakeLists()) as api, aiohttp.ClientSession(trace_configs=[metrics.request_trace()]) as session:
        async with session.get(f"{api.configuration.host}/nothing"):
            pass
        with pytest.raises(aiohttp.ClientError):
            await session.get("http://127.0.0.1:1/")
    counted = {
        tuple(sample.labels.values()): sample.value
        for metric in metrics.api_requests.collect()
        for sample in metric.samples
        if sample.name.endswith("_total")
    }
    assert {("get", "404"): 1, ("get", "error"): 1} == counted


def test_a_metric_is_explained():
    """Every metric is in the reference, and no other."""
    names = [family.name + ("_total" if family.type == "counter" else "") for family in Metrics().registry.collect()]
    explained = re.findall(r"^\| `(postern_operator_[a-z_]+)`", PAGE.read_text(), re.MULTILINE)
    assert sorted(names) == sorted(explained)
