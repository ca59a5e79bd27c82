"""`postern convert`: manifests of another gateway as manifests for Postern."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import yaml

from .nginx_ingress import CLASS, Converted, convert_all
from .printing import printable


@click.command(short_help="Turn manifests of ingress-nginx into ours.")
@click.argument("origin", type=click.Choice(["ingress-nginx"]))
@click.argument("folders", nargs=-1, required=True, metavar="FOLDER...", type=click.Path(exists=True, path_type=Path))
@click.option("--from-class", default="nginx", show_default=True, metavar="NAME", help="The class that is converted.")
@click.option("--to-class", default="postern", show_default=True, metavar="NAME", help="The class of ours.")
@click.option("--output", "-o", type=click.Path(file_okay=False, path_type=Path), help="Write converted.yaml there.")
@click.option("--force", "is_forced", is_flag=True, help="Replace that file.")
def convert(
    *, origin: str, folders: tuple[Path, ...], from_class: str, to_class: str, output: Path | None, is_forced: bool
) -> None:
    """Turn Ingresses with annotations of ingress-nginx into manifests for Postern.

    An Ingress that needs more than a path and a backend becomes Services and Routes of postern.dev.
    One that can't be said exactly answers 503, and each annotation that is in the way is named with what to do.
    The exit status is 1 when anything is left to do.

    \b
    Examples:
      postern convert ingress-nginx manifests
      postern convert ingress-nginx manifests --output converted
    """  # noqa: D301 # click wants the character, not its escape
    del origin  # There is one.
    ingresses = [it for it in _ingresses(folders) if _class_of(it) in ("", from_class)]
    done = convert_all(ingresses, to_class)
    _write("---\n".join(_texts(done)), output, is_forced=is_forced)
    for it in done:
        for line in it.left:
            click.echo(printable(f"{it.name}: {line}"), err=True)
    if not ingresses:
        click.echo(f"No Ingress of class {from_class} is there.", err=True)
    click.get_current_context().exit(1 if not ingresses or any(it.left for it in done) else 0)


def _texts(done: Sequence[Converted]) -> Iterator[str]:
    for it in done:
        comment = "".join(f"# {printable(f'{it.name}: {line}')}\n" for line in it.left)
        yield comment + "---\n".join(yaml.safe_dump(manifest, sort_keys=False) for manifest in it.manifests)


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


def _ingresses(folders: Sequence[Path]) -> Iterator[dict[str, Any]]:
    for folder in folders:
        files = [folder] if folder.is_file() else sorted(folder.rglob("*"))
        for file in files:
            if file.suffix in (".yaml", ".yml", ".json"):
                yield from _read(file)


def _read(file: Path) -> Iterator[dict[str, Any]]:
    try:
        documents = list(yaml.safe_load_all(file.read_text(encoding="utf-8")))
    except (yaml.YAMLError, OSError, UnicodeDecodeError):
        raise click.ClickException(f"{file}: is not YAML that can be read") from None
    for document in documents:
        for it in document.get("items", [document]) if isinstance(document, dict) else []:
            if isinstance(it, dict) and it.get("kind") == "Ingress":
                if not isinstance(it.get("spec"), dict) or not (it.get("metadata") or {}).get("name"):
                    raise click.ClickException(f"{file}: an Ingress there has no name or no spec")
                yield it


def _class_of(ingress: dict[str, Any]) -> str:
    annotations = ingress["metadata"].get("annotations") or {}
    return str(ingress["spec"].get("ingressClassName") or annotations.get(CLASS) or "")
