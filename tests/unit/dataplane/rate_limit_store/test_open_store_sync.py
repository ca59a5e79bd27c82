"""When there is a loop to run."""

from __future__ import annotations

import subprocess
import sys

from postern_dataplane.rate_limit_store.open_store_sync import open_store_sync
from postern_dataplane.rate_limits.token_buckets import TokenBuckets
from postern_dataplane.settings import Settings
from postern_dataplane.store_address import StoreAddress
from postern_dataplane.telemetry.counters import Counters


def test_without_a_store_there_is_no_loop():
    """A worker counts alone."""
    assert None is open_store_sync(Settings(config="/"), TokenBuckets(), Counters())


def test_with_a_store_there_is_one():
    """It asks nothing before it runs."""
    settings = Settings(config="/", rate_limit_store=StoreAddress(host="store.example"))
    sync = open_store_sync(settings, TokenBuckets(), Counters())
    assert sync is not None
    assert "" == sync.gateway


def test_a_worker_without_a_store_does_not_load_its_client():
    """It would take memory in each worker."""
    code = "import sys, postern_dataplane.process.worker; sys.exit('redis' in sys.modules)"
    assert 0 == subprocess.run([sys.executable, "-c", code], check=False).returncode
