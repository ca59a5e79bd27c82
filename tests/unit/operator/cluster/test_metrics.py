"""The metrics of the operator, and how API requests are counted."""

from __future__ import annotations

import aiohttp
import pytest

from fake_lists import FakeLists, serving
from postern_operator.cluster.metrics import METRICS, Metrics


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


def test_every_declared_metric_is_exposed():
    """The registry has each declared metric, and no other."""
    exposed = [family.name + ("_total" if family.type == "counter" else "") for family in Metrics().registry.collect()]
    assert exposed == [metric.name for metric in METRICS]
