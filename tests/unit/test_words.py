"""The words of this repository: names that were given up stay away, names in the glossary exist, and prose is plain."""

from __future__ import annotations

import ast
import functools
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path for root in ("core", "kit", "operator", "dataplane", "cli", "console") for path in (ROOT / root).rglob("*.py")
)
GLOSSARY = ROOT / "docs/design/glossary.md"

# Names of classes, functions and variables that were given up, and what to say instead; then those of modules, which
# may be good names of other things. To give up another one, rename it and add a line.
NAMES = {
    "Admin": "AdminEndpoint",
    "Attempts": "RetryState",
    "Certified": "CertificatesLoaded",
    "Clash": "NameConflict",
    "Counted": "WorkerReport",
    "CountedAndLogged": "FanOutObserver",
    "CredentialRow": "CompiledCredential",
    "Criterion": "ValueMatcher",
    "Current": "ActiveTable",
    "Download": "ResponseWriter",
    "Entrance": "ListenerConfig",
    "Farewell": "LingeringClose",
    "Fleet": "WorkerPool in the data plane, GatewayRollout in the operator",
    "HoldOff": "Debounce",
    "HostRoutes": "VirtualHost",
    "Hosts": "VirtualHosts",
    "KnownFrame": "CachedTemplate",
    "KnownHead": "CachedDecision",
    "Ledger": "GenerationLedger",
    "Look": "ScanResult",
    "Needs": "CredentialRefs",
    "Newest": "LatestValue",
    "Objects": "ObjectCache",
    "Pace": "TokenBucket",
    "Passed": "Authorized",
    "Pauses": "ReadGate",
    "Phase": "ExchangeState",
    "Plan": "RouteMatch",
    "PolicyRow": "CompiledPolicy",
    "Rebuilt": "RebuildResult",
    "Renewal": "CertificateReloader",
    "Rotation": "EdfScheduler",
    "RouteRow": "CompiledRoute",
    "SAID_OF_CLIENTS": "FORWARDED_HEADERS",
    "Shelf": "CertificateStore",
    "Stream": "Informer",
    "Teller": "EventRules, or ConsoleReporter",
    "Telling": "StatusSync",
    "Together": "FanOutFeed",
    "Upload": "RequestBody",
    "UpstreamRuntime": "ConnectionPool",
    "Upstreams": "PoolManager",
    "World": "ResourceIndex",
    "do_all": "run_bounded",
    "doubles": "duplicates",
    "dropped_of_strangers": "stripped_if_untrusted",
    "make_plan": "match_route",
    "regrouped": "changed",
    "remade": "changed",
    "settle_hosts": "assign_hosts",
}
MODULES = {
    "assembly": "app",
    "balance": "load_balancer",
    "downstream": "client_connection",
    "event_writes": "event_writer",
    "farewell": "lingering_close",
    "gathering": "load_objects",
    "handshake": "tls_handshake",
    "judge": "authorize",
    "known_heads": "decision_cache",
    "minting": "token_signing",
    "newest": "latest_value",
    "parallel": "run_bounded",
    "patching": "copy_on_write",
    "pauses": "read_gate",
    "phase": "state",
    "probes": "admin_server",
    "rebuilding": "rebuild_loop",
    "renewal": "certificate_reloader",
    "salvage": "fail_closed",
    "shelf": "certificate_store",
    "status_writes": "status_writer",
    "telling": "status_sync",
    "trusts": "is_trusted_proxy",
}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@functools.cache
def defined_in(path: Path) -> frozenset[str]:
    """The names of the classes, functions, arguments and variables of a module."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                names.add(name)
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                names.add(name)
    return frozenset(names)


@functools.cache
def defined() -> frozenset[str]:
    return frozenset(name for path in SOURCES for name in defined_in(path))


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_name_that_was_given_up_stays_away(path):
    """No module, class, function, argument or variable has a name that another has replaced."""
    assert path.stem not in MODULES, f"say {MODULES[path.stem]}"
    assert {} == {name: NAMES[name] for name in defined_in(path) if name in NAMES}


def places_in_the_glossary() -> list[str]:
    rows = [line.split("|") for line in GLOSSARY.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return [place for row in rows for place in re.findall(r"`([^`]+)`", row[-2])]


@pytest.mark.parametrize("place", places_in_the_glossary())
def test_a_place_in_the_glossary_exists(place):
    """The last column of the glossary names files, folders, classes and functions of this repository."""
    assert (ROOT / place).exists() if "/" in place else place in defined()


def test_a_word_in_the_glossary_has_one_row():
    """One thing has one word, and no word has two rows."""
    words = re.findall(r"^\| ([\w ,]+) \|", GLOSSARY.read_text(encoding="utf-8"), re.MULTILINE)
    named = [word.strip() for cell in words for word in cell.split(",") if cell != "word"]
    assert sorted(set(named)) == sorted(named)


# Their subject is a person that isn't there, or they are no English: the subject is the code, which returns and raises.
# `gives` is one at the beginning of a docstring and behind a semicolon, where `returns` belongs.
FOREIGN = re.compile(
    r"\b(?:whoever|(?:no|some|every|any)body|for ever|takes? it that|(?:is|are) news|no news|told|tells? (?:of|about)"
    r"|goodbye|what there is|speaks? of|as good as)\b|(?:\A|[.:;]\s+)whatever\b|(?:;|\A)\s*gives\b",
    re.IGNORECASE,
)
# How the docstring of a test begins that is no sentence of its own, or refers to a neighbour.
CONTINUING = re.compile(
    r"\A(?:so|and|also|or|but|nor|neither|even|then|likewise|as above|as before|the same|that|not even|still)\b"
    r"|\b(?:tests?|those|ones?|rules?) (?:above|below)\b",
    re.IGNORECASE,
)
DOCS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])
# Written from docstrings, which have a test of their own.
GENERATED = {ROOT / "docs/design/modules.md"}


def prose_of(path: Path) -> Iterator[str]:
    """The docstrings and comments of a module."""
    text = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.string.lstrip("# ")


def docstrings_of_tests(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield ast.get_docstring(node) or ""


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("test_*.py")), ids=name_of)
def test_the_docstring_of_a_test_stands_alone(path):
    """No docstring of a test continues its name, or refers to another test: a report shows one of them alone."""
    assert [] == [text for text in docstrings_of_tests(path) if CONTINUING.search(text)]


@pytest.mark.parametrize("folder", sorted({path.parent for path in SOURCES}), ids=name_of)
def test_the_prose_of_a_package_is_plain(folder):
    """No docstring or comment of a package has a foreign phrase."""
    found = {
        path.name: phrases
        for path in sorted(folder.glob("*.py"))
        if (phrases := [phrase for text in prose_of(path) for phrase in FOREIGN.findall(text)])
    }
    assert {} == found


@pytest.mark.parametrize("page", [page for page in DOCS if page not in GENERATED], ids=name_of)
def test_the_prose_of_a_page_is_plain(page):
    """No page of the documentation has a foreign phrase."""
    assert [] == FOREIGN.findall(page.read_text(encoding="utf-8"))
