"""The addresses of pages, and texts that lead to them."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from postern_console.shown_kinds import SHOWN_KINDS
from postern_console.state import ConsoleState
from postern_core.ref import Ref

DECODE_PATH, GATEWAYS_PATH, DENIALS_PATH, ABOUT_PATH = "/decode", "/gateways", "/denials", "/about"


@dataclass(frozen=True, slots=True)
class Link:
    """A text, and where it leads; `href` is "" for a text alone."""

    text: str
    href: str = ""


def list_path(kind: str) -> str:
    """The address of the list of a kind."""
    return f"/{SHOWN_KINDS[kind].plural}"


def object_path(ref: Ref) -> str:
    """The address of an object's page."""
    return f"{list_path(ref.kind)}/{quote(ref.namespace, safe='')}/{quote(ref.name, safe='')}"


def token_path(ref: Ref) -> str:
    """The address of the form that makes a token of a JWTCredential."""
    return f"{object_path(ref)}/token"


def try_path(ref: Ref) -> str:
    """The address of the form that sends a request for a Route."""
    return f"{object_path(ref)}/try"


def link_to(ref: Ref, state: ConsoleState, text: str = "") -> Link:
    """An object by its path; a text alone where there is no such object."""
    return Link(text or ref.path, object_path(ref) if ref in state.objects else "")


@dataclass(frozen=True, slots=True)
class Frame:
    """What every page has around it: the way to the others, and where it is itself."""

    links: tuple[Link, ...]
    current: str


def frame(current: str) -> Frame:
    """The frame of the page at an address."""
    kinds = (Link(kind.title, list_path(name)) for name, kind in SHOWN_KINDS.items())
    others = {
        "Decode and explain": DECODE_PATH, "Gateways": GATEWAYS_PATH, "Denials": DENIALS_PATH, "About": ABOUT_PATH
    }  # fmt: skip
    return Frame((Link("Overview", "/"), *kinds, *(Link(text, path) for text, path in others.items())), current)
