"""The manifests of some folders, read and compiled once, for the commands that only look at them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import click

from postern_core.compile import compile_snapshot
from postern_core.grants import Grants
from postern_core.link.fail_closed import recover_service_scope
from postern_core.link.ingress_classes import gateway_of
from postern_core.link.shares import DEFAULT_SHARE, Share
from postern_core.memo import Memo
from postern_core.parse import Parsed, is_a
from postern_core.problems import Problem, in_order
from postern_core.resources.ingress import IngressClass
from postern_operator.errors import LocalError
from postern_operator.local.folder_source import FolderSource, Reading
from postern_operator.local.generated_secrets import state_folder, with_generated_secrets
from postern_operator.local.grants_file import GrantsFile
from postern_operator.validators import VALIDATORS

from .printing import printable
from .sources import Source
from .visibility import Unread


def read_folders(paths: Sequence[Path]) -> Reading:
    """Read all manifests; a path that can't be read at all is a mistake of usage."""
    try:
        return FolderSource(paths).read()
    except LocalError as error:
        raise click.UsageError(str(error)) from None


def with_secrets(objects: Sequence[Parsed], paths: Sequence[Path], *, make: bool) -> tuple[Parsed, ...]:
    """The objects and the secrets that are generated for them; `make` keeps new ones on disk."""
    try:
        return with_generated_secrets(objects, state_folder(paths), make=make)
    except LocalError as error:
        raise click.ClickException(str(error)) from None


def tell_mistakes(reading: Reading) -> None:
    """Say on standard error which files could not be read: what they hold is missing from the answer."""
    for mistake in reading.mistakes:
        click.echo(f"Warning: {printable(str(mistake))}", err=True)


def tell_left_out(left_out: Unread) -> None:
    """Say on standard error what of a cluster could not be read, and is missing from the answer as well."""
    for line in left_out.told:
        click.echo(f"Warning: left out: {printable(line)}", err=True)


def gateways_of(objects: Sequence[Parsed]) -> tuple[str, ...]:
    """The gateways that some Service or IngressClass names, sound or not, and the one named default."""
    named = {
        gateway
        for parsed in objects
        if parsed.ref.kind == "Service"
        for gateway in recover_service_scope(parsed).gateways
    }
    named |= {gateway for it in objects if is_a(it, IngressClass) and (gateway := gateway_of(it))}
    return tuple(sorted(named | {"default"}))


def grants_of(source: Source, gateway: str) -> Grants:
    """The grants by which `postern run` serves the folders, none where it never did.

    Of a cluster none are known: they are in the gateway's own namespace, which few may read.
    """
    if source.where is not None:
        return Grants()
    return GrantsFile(state_folder(source.folders), gateway).read()


def problems_of(
    objects: Sequence[Parsed],
    share: Share = DEFAULT_SHARE,
    source: Source | None = None,
    *,
    require_policy: bool = False,
) -> tuple[Problem, ...]:
    """What is wrong with the objects, for all gateways; each problem once.

    With the grants that are known where they come from, None for none.
    """
    memo = Memo()
    found: list[Problem] = []
    for gateway in gateways_of(objects):
        grants = grants_of(source, gateway) if source else Grants()
        compiled = compile_snapshot(
            objects,
            inspectors=VALIDATORS,
            gateway=gateway,
            memo=memo,
            share=share,
            grants=grants,
            now_s=time.time(),
            require_policy=require_policy,
        )
        found += compiled.problems
    return in_order(found)
