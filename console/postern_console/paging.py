"""Long lists: search, and pages of fifty. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlencode

T = TypeVar("T")

PAGE_SIZE = 50
# No list has more pages, and Python reads no number of 5,000 digits.
DIGITS_MAX = 9


@dataclass(frozen=True, slots=True)
class Query:
    """What of a list is asked for: words that all must occur, only what has findings, and which page."""

    text: str = ""
    has_findings: bool = False
    page: int = 1

    def href(self, page: int) -> str:
        """The address of another page of the same list."""
        given = {"q": self.text, "only": "findings" if self.has_findings else "", "page": page if page > 1 else ""}
        return "?" + urlencode({name: value for name, value in given.items() if value})


def query_of(text: str, only: str, page: str) -> Query:
    """Read a query as an address has it; what is no number is the first page."""
    number = int(page[:DIGITS_MAX]) if page.isascii() and page.isdecimal() else 1
    return Query(text.strip(), only == "findings", number)


def matches(query: Query, texts: Iterable[str]) -> bool:
    """Whether each word of the query occurs in one of the texts, in any case."""
    known = "\n".join(texts).casefold()
    return all(word in known for word in query.text.casefold().split())


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list: `number` of `pages`, and the addresses of its neighbours, "" for none."""

    items: tuple[T, ...]
    total: int
    number: int
    pages: int
    before: str
    after: str


def page_of(items: Sequence[T], query: Query) -> Page[T]:
    """The page that a query asks for, or the last one."""
    pages = max(1, -(-len(items) // PAGE_SIZE))
    number = min(max(query.page, 1), pages)
    start = (number - 1) * PAGE_SIZE
    return Page(
        items=tuple(items[start : start + PAGE_SIZE]),
        total=len(items),
        number=number,
        pages=pages,
        before=query.href(number - 1) if number > 1 else "",
        after=query.href(number + 1) if number < pages else "",
    )
