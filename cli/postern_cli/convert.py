"""`postern convert`: manifests of another gateway as manifests for Postern."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import yaml

from postern_core.parse import parse_manifest

from .ingress_nginx.conversion import Converted, convert_all
from .ingress_nginx.source import NginxIngress
from .manifest_folders import written_manifests
from .printing import printable
from .sources import Source, Where, cluster_option, namespace_option, source_of, where_options

PAGE = "docs/migrating/ingress-nginx.md"
# Those of Kubernetes' own Ingress, now and before version 1.22.
GROUPS = ("networking.k8s.io", "extensions")


@click.command(short_help="Turn manifests of ingress-nginx into ours.")
@click.argument("origin", type=click.Choice(["ingress-nginx"]))
@click.argument("folders", nargs=-1, metavar="[FOLDER...]", type=click.Path(exists=True, path_type=Path))
@cluster_option
@namespace_option
@where_options
@click.option("--from-class", default="nginx", show_default=True, metavar="NAME", help="The class that is converted.")
@click.option("--to-class", default="postern", show_default=True, metavar="NAME", help="The class of ours.")
@click.option("--suffix", default="", metavar="TEXT", help="Goes behind the names of Ingresses, so that yours stay.")
@click.option("--output", "-o", type=click.Path(file_okay=False, path_type=Path), help="Write converted.yaml there.")
@click.option("--force", "is_forced", is_flag=True, help="Replace that file.")
def convert(
    *,
    origin: str,
    folders: tuple[Path, ...],
    is_cluster: bool,
    namespace: str,
    context: str,
    kubeconfig: str,
    from_class: str,
    to_class: str,
    suffix: str,
    output: Path | None,
    is_forced: bool,
) -> None:
    """Turn Ingresses with annotations of ingress-nginx into manifests for Postern.

    An Ingress that needs more than a path and a backend becomes Services and Routes of postern.dev.
    One that can't be said exactly answers 503, and each annotation that is in the way is named with what to do.
    The exit status is 1 when anything is left to do.
    With --cluster nothing is changed, and no Secret is read.

    \b
    Examples:
      postern convert ingress-nginx manifests
      postern convert ingress-nginx manifests --output converted
      kubectl postern convert ingress-nginx -n shop --suffix=-postern
    """  # noqa: D301 # click wants the character, not its escape
    del origin  # There is one.
    source = source_of(folders, Where(context, kubeconfig, namespace), is_cluster=is_cluster)
    found, warnings = _read(source, from_class)
    done = convert_all(found, to_class, suffix)
    _write("---\n".join(_texts(done)), output, is_forced=is_forced)
    for line in _report(done, warnings, from_class):
        click.echo(printable(line), err=True)
    click.get_current_context().exit(1 if not found or warnings or any(it.left for it in done) else 0)


def _read(source: Source, class_name: str) -> tuple[list[NginxIngress], list[str]]:
    """The Ingresses of a class, and of none, those of folders before those of the cluster; and warnings of that."""
    written = _ingresses(written_manifests(source.folders))
    found, warnings = _once(it for it in written if it.ingress_class in ("", class_name))
    if source.where is not None:
        # Late: an installation without the packages for a cluster does all else.
        from .cluster.read_ingresses import read_ingresses  # noqa: PLC0415

        listed = read_ingresses(source.where, class_name)
        known = {(it.namespace, it.name) for it in found}
        found += [it for it in _ingresses(listed.manifests) if (it.namespace, it.name) not in known]
        warnings += listed.warnings
    return found, warnings


def _once(ingresses: Iterable[NginxIngress]) -> tuple[list[NginxIngress], list[str]]:
    """Each Ingress once: of two of one name the first counts, as when folders are served."""
    found: dict[str, NginxIngress] = {}
    warnings = []
    for it in ingresses:
        first = found.setdefault(it.title, it)
        if first is not it:
            warnings.append(f"{it.title} of {it.origin} is at {first.origin} already, and that one is used")
    return list(found.values()), warnings


def _ingresses(manifests: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[NginxIngress]:
    for origin, manifest in manifests:
        group, _, version = str(manifest["apiVersion"]).partition("/")
        if manifest.get("kind") != "Ingress" or group not in GROUPS:
            continue
        if (group, version) != (GROUPS[0], "v1"):
            message = f"an Ingress of {group}/{version}, which Kubernetes serves no more; write it as {GROUPS[0]}/v1"
            raise click.ClickException(f"{origin}: {message}")
        parsed = parse_manifest(manifest)
        if parsed.resource is None:
            raise click.ClickException(f"{origin}: {parsed.problems[0]}")
        yield NginxIngress(manifest, origin)


def _texts(done: Sequence[Converted]) -> Iterator[str]:
    for it in done:
        comment = "".join(f"# {printable(f'{it.title}: {line}')}\n" for line in (*it.left, *it.notes))
        yield comment + "---\n".join(yaml.safe_dump(manifest, sort_keys=False) for manifest in it.manifests)


def _report(done: Sequence[Converted], warnings: Sequence[str], from_class: str) -> Iterator[str]:
    for it in done:
        yield from (f"{it.title}: {line}" for line in it.left)
        yield from (f"{it.title}: note: {line}" for line in it.notes)
    yield from (f"Warning: {line}" for line in warnings)
    if not done:
        yield f"No Ingress of class {from_class} is there."
        return
    yield f"Settings of the controller, such as 1 MiB for bodies or Strict-Transport-Security, are not read: {PAGE}"
    left = sum(bool(it.left) for it in done)
    plain = sum([one["kind"] for one in it.manifests] == ["Ingress"] and not it.left for it in done)
    yield (
        f"{len(done)} Ingress{'es' * (len(done) > 1)}: {len(done) - left - plain} as Services and Routes,"
        f" {plain} with another class alone, {left} left to do."
    )


def _write(text: str, output: Path | None, *, is_forced: bool) -> None:
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.mkdir(parents=True, exist_ok=True)
        with (output / "converted.yaml").open("w" if is_forced else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise click.ClickException(f"{output}/converted.yaml is there already; --force replaces it") from None
    except OSError as error:
        raise click.ClickException(f"{output}: {error.strerror}") from None
