"""The records of decisions in docs/adr are numbered, dated and listed, and each has all of its parts."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "docs/adr"
RECORDS = sorted(FOLDER.glob("[0-9]*.md"))
NUMBERED = re.compile(r"(\d{4})-[a-z0-9-]+\.md")
HEAD = re.compile(r"# (\d+)\. (.+)\n\n- Date: (\S+)\n- Status: (.+)\n\n")
STATUS = re.compile(r"proposed|accepted|rejected|superseded by \d{4}")
SECTIONS = ["Context", "Decision", "Ruled out", "Consequences"]


def head_of(record: Path) -> tuple[int, str, str, str]:
    """A record's number, title, date and status."""
    found = HEAD.match(record.read_text(encoding="utf-8"))
    assert found, f"{record.name} does not begin as docs/adr/template.md does"
    return int(found[1]), found[2], found[3], found[4]


def row_of(record: Path) -> str:
    """A record's row in the list of docs/adr/README.md."""
    number, title, date, status = head_of(record)
    return f"| [{number:04}]({record.name}) | {title} | {date} | {status} |"


def test_records_are_numbered_without_gaps():
    """The numbers of the files are 1, 2, 3 and so on, and no number is used twice."""
    numbers = [int(NUMBERED.fullmatch(record.name)[1]) for record in RECORDS]
    assert list(range(1, len(RECORDS) + 1)) == numbers


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_a_record_has_a_number_a_date_and_a_status(record):
    """The heading has the file's number, the date is an ISO date, and the status is one of four."""
    number, _, date, status = head_of(record)
    assert int(record.name[:4]) == number
    assert date == dt.date.fromisoformat(date).isoformat()
    assert STATUS.fullmatch(status)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_a_record_has_all_sections(record):
    """Every record says what was ruled out and what follows, and no section is empty."""
    parts = re.split(r"^## (.+)$", record.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    assert SECTIONS == parts[::2]
    assert all(text.strip() for text in parts[1::2])


def test_a_record_that_supersedes_exists():
    """`superseded by 0021` names a record that is there."""
    named = {status[-4:] for _, _, _, status in map(head_of, RECORDS) if status.startswith("superseded")}
    assert set() == named - {record.name[:4] for record in RECORDS}


def test_the_list_of_records_is_complete():
    """The table of docs/adr/README.md has exactly the rows that the records' heads give."""
    listed = re.findall(r"^\| \[.*$", (FOLDER / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert [row_of(record) for record in RECORDS] == listed
