"""The part of a policy that says how clients find out where to get a token (RFC 9728)."""

from __future__ import annotations

from .snapshot_entry import Entry


class ProtectedResource(Entry, frozen=True):
    """What is published of the application behind a policy, beside who issues tokens for it.

    `path` is that of its Service, "" for the root.  Its metadata is at `metadata_path`.
    """

    path: str = ""
    scopes: tuple[str, ...] = ()
    name: str = ""
    documentation: str = ""

    @property
    def metadata_path(self) -> str:
        """RFC 9728, section 3.1: the well-known part is inserted before the path of the resource."""
        return f"/.well-known/oauth-protected-resource{self.path}"
