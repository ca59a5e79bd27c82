"""Samples and calls are read from what `perf` and `strace` print, and told of one request."""

from __future__ import annotations

import sys

import pytest
from bench import profile
from bench.profile import Profile, attached, kind_of, read_calls, read_samples, report_page
from bench.results import Report

SAMPLES = """\
# Overhead|Shared Object|Symbol
    30.00%|libpython3.11.so.1.0|[.] _PyEval_EvalFrameDefault
    20.00%|[kernel.kallsyms]|[k] tcp_ack
     5.00%|_core.cpython-311-x86_64-linux-gnu.so|[.] decode
     5.00%|[kernel.kallsyms]|[k] tcp_ack

"""
CALLS = """\
syscall          calls
---------------- -----
read               400
write              200
getpid               1
---------------- -----
total              601
"""


def test_samples_are_hundredths_of_what_was_seen():
    """Lines are rounded, so that the shares of what is printed are taken; one symbol may have several lines."""
    shares, symbols = read_samples(SAMPLES)
    assert {
        "interpreter": 50,
        "kernel": pytest.approx(41.7, abs=0.1),
        "libraries": pytest.approx(8.3, abs=0.1),
    } == shares
    assert ["_PyEval_EvalFrameDefault (libpython3.11.so.1.0)", "tcp_ack ([kernel.kallsyms])"] == list(symbols)[:2]


@pytest.mark.parametrize(
    ("dso", "kind"),
    [
        ("[kernel.kallsyms]", "kernel"),
        ("python3.11", "interpreter"),
        ("libpython3.12.so.1.0", "interpreter"),
        ("libc.so.6", "libraries"),
        ("loop.cpython-311-x86_64-linux-gnu.so", "libraries"),
        ("envoy", "program"),
    ],
)
def test_objects_have_a_kind(dso, kind):
    """An extension of Python is a library in C, not the interpreter."""
    assert kind == kind_of(dso)


def test_calls_are_of_one_request_and_without_what_goes_on_beside():
    """A call that hardly one request makes is no part of the path of a request."""
    assert {"read": 0.4, "write": 0.2} == read_calls(CALLS, 1000)


def test_a_tracer_that_ends_at_once_is_a_failure():
    """Without leave to trace there are no numbers, rather than numbers of nothing."""
    with pytest.raises(ChildProcessError, match="status 3"), attached([sys.executable, "-c", "exit(3)"]):
        pass


def test_the_page_names_shares_calls_and_symbols():
    """Symbols are shown of Python's programs alone."""
    profiles = [
        Profile(
            "Postern", "mixed", 52.3, {"kernel": 30.0, "interpreter": 70.0}, {"f (python3.11)": 9.0}, {"read": 2.0}
        ),
        Profile("Envoy", "mixed", 40.0, {"kernel": 30.0, "program": 70.0}, {"g (envoy)": 8.0}, {"readv": 4.0}),
    ]
    page = report_page(Report("now", 1, {}), profiles)
    assert "| `mixed` | Postern | 52.3 | 30 | 70 |  |  |" in page
    assert "| `mixed` | Envoy | 4.00 | readv 4.00 |" in page
    assert "| 9.0 | `f (python3.11)` |" in page
    assert "g (envoy)" not in page


def test_what_is_lacking_is_named(monkeypatch, capsys):
    """With the packages that bring it."""
    monkeypatch.setattr(profile.shutil, "which", lambda name: None if name == "perf" else name)
    assert 1 == profile.main([])
    assert "needs perf;" in capsys.readouterr().out
