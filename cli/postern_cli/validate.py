"""`postern validate`: the checks of `postern run`, without serving."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import click

from postern_core.kinds import FRONT_ENDS
from postern_core.parse import Parsed
from postern_core.problems import Problem
from postern_operator.local.folder_source import Reading

from .arguments import compile_options, folders_or_none
from .diagnostics import Report, as_github, as_json, as_text, report_of
from .load_folders import problems_of
from .load_objects import LoadedObjects, load_objects
from .sources import KeysWanted, Source, Wanted, Where, cluster_option, namespace_option, source_of, where_options
from .visibility import certain

FORMS = MappingProxyType({"text": as_text, "json": as_json, "github": as_github})


@click.command(short_help="Check manifests, or a cluster, without serving.")
@folders_or_none
@click.option("--output", "-o", type=click.Choice(list(FORMS)), default="text", show_default=True, help="The format.")
@click.option("--offline", "is_offline", is_flag=True, help="Fetch no keys of TokenIssuers.")
@click.option("--strict", "is_strict", is_flag=True, help="Count warnings about what was written as errors.")
@compile_options
@cluster_option
@namespace_option
@where_options
def validate(
    *,
    folders: tuple[Path, ...],
    output: str,
    is_offline: bool,
    is_strict: bool,
    is_cluster: bool,
    context: str,
    kubeconfig: str,
    namespace: str,
    **rules: Any,
) -> None:
    """Check manifests as `postern run` does, for every gateway that a Service names, without serving.

    Every problem is printed: the object, the path of the field, and what to do.
    The exit status is 1 when anything is wrong, or when there is nothing to check; warnings don't count.
    With --strict, warnings about what was written count too; those about a state that passes by itself do not.
    Nothing is written. Keys that a TokenIssuer names by a URL are fetched once, so that one that can't be reached is
    a problem too; with --offline they are not, and what depends on them is not checked.

    With --cluster the objects of the cluster are checked. Folders are laid over them: the problems are then those
    that applying them would cause. No Secret is read, so what Secrets hold is not checked there.

    \b
    Examples:
      postern validate manifests
      postern validate manifests -o github      annotations in a pull request
      postern validate manifests --offline      without asking identity providers for their keys
      postern validate manifests --strict       also what is accepted and can never work
      kubectl postern validate                  all that is in the cluster
      kubectl postern validate manifests        what applying them would bring
    """  # noqa: D301 # click wants the character, not its escape
    source = source_of(folders, Where(context, kubeconfig, namespace), is_cluster=is_cluster)
    keys = KeysWanted.UNKNOWN if is_offline else KeysWanted.PUBLISHED
    finding = partial(problems_of, source=source, **rules)
    report = _check(source, load_objects(source, Wanted(fetched_keys=keys)), finding, is_strict=is_strict)
    for line in FORMS[output](report):
        click.echo(line)
    click.get_current_context().exit(0 if report.valid else 1)


def _check(
    source: Source,
    gathered: LoadedObjects,
    finding: Callable[[Sequence[Parsed]], tuple[Problem, ...]],
    *,
    is_strict: bool,
) -> Report:
    left_out = gathered.left_out
    problems = certain(finding(gathered.objects), gathered.objects, left_out)
    unchecked = (*left_out.told, *left_out.unchecked)
    if source.where is None or not source.folders:
        reading = gathered.reading
        if source.where is not None:
            ours = tuple(parsed for parsed in gathered.objects if parsed.ref.kind in FRONT_ENDS)
            reading = Reading(ours)
        places = source.folders or (_place_of(source.where),)
        return report_of(reading, problems, places, unchecked, is_strict=is_strict)
    known = set(finding(gathered.before))
    brought = _brought(problems, gathered, known)
    return report_of(gathered.reading, brought, source.folders, unchecked, is_strict=is_strict)


def _brought(problems: tuple[Problem, ...], gathered: LoadedObjects, before: set[Problem]) -> list[Problem]:
    """The problems of the folders' objects, and those that the folders bring to others."""
    own = {parsed.ref for parsed in gathered.reading.objects}
    return [problem for problem in problems if problem.ref in own or problem not in before]


def _place_of(where: Where | None) -> str:
    return f"namespace {where.namespace}" if where is not None and where.namespace else "the cluster"
