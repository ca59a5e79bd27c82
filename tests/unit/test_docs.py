"""The documentation knows everything that a user can write, read or meet, and says nothing that isn't so."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import click
import pytest
import yaml

from postern_core.parse import is_known, parse_manifest
from postern_core.problems import Reason

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "examples").rglob("*.md"),
        ROOT / "tests/golden/README.md",
    ]
)
REFERENCE = ROOT / "docs/reference"
ROOTS_OF_CODE = (
    "core", "kit", "operator", "dataplane", "cli", "console", "tests", "docs", "bench", "fuzz", "helm", "examples",
)  # fmt: skip
DECISIONS = set((ROOT / "docs/adr").glob("*.md"))  # Their form is tested in test_decisions.py.


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def prose_lines(page: Path) -> list[str]:
    """The lines of a page outside code blocks, tables and comments."""
    without_code = re.sub(r"^```.*?^```$", "", text_of(page), flags=re.MULTILINE | re.DOTALL)
    return [line for line in without_code.splitlines() if not line.startswith(("|", "<!--"))]


def anchors_of(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("reason", Reason)
def test_a_condition_s_reason_is_explained(reason):
    """Somebody who reads a reason in a status finds it in the reference."""
    if reason.condition is None:
        return
    assert f"`{reason.text}`" in text_of(REFERENCE / "conditions.md")


def test_a_denial_s_reason_is_explained():
    """The reference has a row for every reason that a log or a metric may show, with its status."""
    from postern_dataplane.request import denials

    rows = re.findall(r"^\| `(\w+)` \| (\d+) \|", text_of(REFERENCE / "denials.md"), re.MULTILINE)
    constants = [*vars(denials).values(), *denials.INVALID_TOKEN.values()]
    known = {(one.reason, str(one.status)) for one in constants if isinstance(one, denials.Denial)}
    assert sorted(denials.DenialReason) == sorted(reason for reason, _ in rows)
    assert sorted(known) == sorted(rows)


def test_a_field_of_the_access_log_is_explained():
    """Every field of a line is in the reference, by its name in each format."""
    from postern_dataplane.telemetry.log_line import NAMES

    page = text_of(REFERENCE / "metrics.md")
    assert [] == [name for names in NAMES.values() for name in names if name and f"`{name}`" not in page]


def commands():
    from postern_cli.main import main

    command = main if isinstance(main, click.Command) else importlib.import_module("postern_cli.main").cli
    yield from command.commands.items()


def test_a_command_is_explained():
    """Each command has a section, and each of its options is named there."""
    page = text_of(REFERENCE / "cli.md")
    for name, command in commands():
        _, _, after = page.partition(f"## postern {name}\n")
        section = after.partition("\n## ")[0]
        options = [flag for one in command.params if isinstance(one, click.Option) for flag in one.opts]
        assert [] == [option for option in options if f"`{option}" not in section], name


@pytest.fixture
def build_reference(monkeypatch):
    """The program that `make docs` runs."""
    monkeypatch.syspath_prepend(ROOT / "docs")
    return importlib.import_module("build_reference")


def test_the_page_of_fields_is_fresh(build_reference):
    """`make docs` would write what is there."""
    assert build_reference.page() == text_of(REFERENCE / "fields.md")


def test_the_list_of_modules_is_fresh(monkeypatch):
    """`make docs` would write what is there."""
    monkeypatch.syspath_prepend(ROOT / "docs")
    build_modules = importlib.import_module("build_modules")
    assert build_modules.page() == text_of(build_modules.PAGE), "run: make docs"


def test_the_tables_of_settings_are_fresh(build_reference):
    """`make docs` would write what is there."""
    tables = build_reference.settings_tables
    assert [] == [name_of(page) for page in tables.PAGES if tables.filled(text_of(page)) != text_of(page)]


def test_the_tables_of_metrics_are_fresh(build_reference):
    """`make docs` would write what is there, and each metric has a row."""
    table = build_reference.metrics_table
    assert [] == [name_of(page) for page in table.PAGES if table.filled(page) != text_of(page)]
    assert [] == [row for page, rows in table.PAGES.items() for row in rows if row not in text_of(page)]


def test_the_state_diagrams_are_fresh(build_reference):
    """`make docs` would write what is there, and each machine has its place."""
    diagrams = build_reference.state_diagrams
    page = text_of(diagrams.PAGE)
    assert diagrams.filled(page) == page
    assert [] == [name for name in diagrams.MACHINES if f"<!-- states: {name} -->" not in page]


def test_a_setting_is_explained(build_reference):
    """Every setting of every program has a row in one of the tables, whatever its group."""
    tables = build_reference.settings_tables
    pages = "\n".join(text_of(page) for page in tables.PAGES)
    every = [(prefix, one) for struct, prefix in tables.PROGRAMS.values() for one in tables.settings_of(struct)]
    names = [f"`{prefix}_{one.name.upper()}`" for prefix, one in every if prefix != "POSTERN_RUN"]
    assert [] == [name for name in names if name not in pages]


def test_no_service_can_set_a_setting(build_reference):
    """Kubernetes gives a pod variables named by the Services beside it, so that no setting's may end like theirs."""
    programs = build_reference.settings_tables.PROGRAMS.values()
    names = [one.name for struct, _ in programs for one in build_reference.settings_tables.settings_of(struct)]
    assert [] == [name for name in names if re.search(r"(^|_)(port|service_host|port_\d+_\w+|service_port_\w+)$", name)]


def manifests_in(page: Path) -> list[dict]:
    blocks = re.findall(r"^```yaml\n(.*?)^```$", text_of(page), re.MULTILINE | re.DOTALL)
    documents = [document for block in blocks for document in yaml.safe_load_all(block)]
    return [document for document in documents if isinstance(document, dict) and is_known(document)]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_manifest_in_the_docs_is_good(page):
    """What a page shows can be copied and applied."""
    problems = [str(problem) for one in manifests_in(page) for problem in parse_manifest(one).problems]
    assert [] == problems


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_link_leads_somewhere(page):
    """Each relative link names a file of this repository, and a heading that it has."""
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", "\n".join(prose_lines(page))):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            broken.append(link)
    assert [] == broken


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_line_holds_one_sentence(page):
    """A diff then shows which sentence changed."""
    two = [line for line in prose_lines(page) if re.search(r"[a-z`)][.?!] [A-Z`]", line)]
    assert [] == two


def test_a_page_of_the_docs_is_linked():
    """Each page can be reached from the table of contents; a decision, from the list of decisions."""
    contents = text_of(ROOT / "docs/README.md")
    pages = [page.relative_to(ROOT / "docs") for page in (ROOT / "docs").rglob("*.md") if page not in DECISIONS]
    assert [] == [str(page) for page in pages if page.name != "README.md" and f"({page})" not in contents]
    assert "(adr/README.md)" in contents


def test_a_make_target_in_the_docs_exists():
    """Each `make x` on a page is a target."""
    targets = set(re.findall(r"^([a-z0-9-]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    named = {name for page in PAGES for name in re.findall(r"(?:`|^)make ([a-z0-9-]+)", text_of(page), re.MULTILINE)}
    assert set() == named - targets


def test_no_page_confuses_kubectl():
    """`kubectl get service` is Kubernetes' own kind: ours is always `services.postern.dev`."""
    confusing = r"kubectl [a-z]+ (service|services|svc)\b(?!\.postern)"
    assert [] == [name_of(page) for page in PAGES if re.search(confusing, text_of(page))]


def test_a_test_in_the_docs_exists():
    """A page that names a test as evidence names one that is there."""
    there = {path.stem for path in (ROOT / "tests").rglob("test_*.py")}
    named = {name for page in PAGES for name in re.findall(r"`(?:[a-z]+/)*(test_[a-z_]+)(?:\.py)?`", text_of(page))}
    assert set() == named - there


def test_a_module_in_the_docs_exists():
    """A page that follows the code names modules of this repository, by the end of their paths."""
    there = [f"/{name_of(path)}" for root in ROOTS_OF_CODE for path in (ROOT / root).rglob("*.py")]
    pages = [page for page in PAGES if page not in DECISIONS]  # which stay as they were
    named = {name for page in pages for name in re.findall(r"`([\w/]+/\w+\.py)`", text_of(page))}
    assert [] == sorted(name for name in named if not any(path.endswith(f"/{name}") for path in there))
