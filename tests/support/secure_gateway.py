"""A data plane that clients reach over TLS, and its certificates, which change as a mounted Secret does."""

from __future__ import annotations

import itertools
import re
import shutil
import ssl
from pathlib import Path
from typing import Any

import raw
from certificates import Authority, Pair
from gateway import DataPlane, open_to

NAME = "app.example.com"


def secured(upstream: Any, *secrets: dict[str, Any]) -> list[dict[str, Any]]:
    """Manifests of app.example.com in front of an upstream, with the certificates of these Secrets."""
    served = open_to(upstream.address)
    served[0]["spec"]["tls"] = {"certificateRefs": [{"name": it["metadata"]["name"]} for it in secrets]}
    return [*served, *secrets]


class MountedSecret:
    """A Secret of type kubernetes.io/tls in a folder, as the kubelet keeps it.

    The files are links through `..data` into a folder with all of one state;
    a change is a new such folder, and `..data` replaced at once.
    """

    def __init__(self, folder: Path, pair: Pair) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self._numbers = itertools.count()
        self.put(pair)
        for name in ("tls.crt", "tls.key"):
            (folder / name).symlink_to(f"..data/{name}")

    def put(self, pair: Pair) -> None:
        """Change what is mounted."""
        current, link = self.folder / f"..2026_{next(self._numbers)}", self.folder / "..data"
        before = link.resolve() if link.is_symlink() else None
        current.mkdir()
        (current / "tls.crt").write_bytes(pair.chain)
        (current / "tls.key").write_bytes(pair.key)
        (self.folder / "..data_tmp").symlink_to(current.name)
        (self.folder / "..data_tmp").rename(link)
        if before is not None:
            shutil.rmtree(before)


class SecureDataPlane(DataPlane):
    """`listen` is where TLS is spoken, with one certificate, `default`; `plain` where it isn't."""

    listening = re.compile(DataPlane.listening.pattern + r', ?"listen_tls": ?".+?:(?P<tls>\d+)"')

    def __init__(self, folder: Path, *options: str, **arguments: Any) -> None:
        self.authority = Authority("test CA")
        self.certificates = folder / "certificates"
        self.default = MountedSecret(self.certificates / "default", self.mounted())
        super().__init__(
            folder, "--listen-tls", "127.0.0.1:0", "--certificates", str(self.certificates), *options, **arguments
        )

    def mounted(self) -> Pair:
        """The certificate that it starts with."""
        return self.authority.issue(NAME)

    def _addresses(self) -> tuple[raw.Address, raw.Address]:
        self.plain, admin = super()._addresses()
        return self.secure(), admin

    def secure(self, server_name: str | None = NAME, context: ssl.SSLContext | None = None) -> raw.SecureAddress:
        """The address for a client that asks for this name."""
        said = self.listening.search(self.said())
        assert said is not None
        return raw.SecureAddress("127.0.0.1", int(said["tls"]), context or self.authority.client_context(), server_name)
