"""`postern token`: a token that the gateway will take."""

from __future__ import annotations

import time
from pathlib import Path

import click

from postern_core.compile import compile_identities
from postern_core.generated_secrets import wanted_secrets
from postern_core.grants import Grants
from postern_core.parse import Parsed
from postern_core.ref import Ref
from postern_core.snapshot import Credential
from postern_operator.local.generated_secrets import state_folder
from postern_operator.validators import VALIDATORS

from .arguments import Line, folders_or_none
from .claim_values import claims_from, moment_of, seconds_of
from .load_folders import grants_of, read_folders, tell_mistakes, with_secrets
from .load_objects import load_objects
from .printing import printable
from .sources import Source, Wanted, Where, cluster_option, source_of, where_options
from .token_signing import Times, choose_key, claims_of, sign

# An RSA key of 16,384 bits has some 13 KB.
PRIVATE_KEY_BYTES_MAX = 64 * 1024


@click.command()
@folders_or_none
@click.option("--credential", metavar="NAME", required=True, help="The JWTCredential to make it for.")
@click.option(
    "--namespace", "-n", metavar="NAME", help="Its namespace.  [default: default; of a cluster, the context's]"
)
@click.option("--expires", metavar="DATE", help="When it ends: a date (00:00 UTC) or an RFC 3339 time.")
@click.option("--ttl", metavar="DURATION", help="How long it lives, such as 24h.")
@click.option(
    "--claim",
    metavar="NAME=VALUE",
    type=Line(),
    multiple=True,
    help="One more claim; the value is JSON where it parses, else text. May be repeated.",
)
@click.option("--key-id", metavar="ID", help="Which key signs; becomes the token's kid.  [default: the first live key]")
@click.option(
    "--key-claim", metavar="NAME", default="key", show_default=True, help="The claim with the credential's key."
)
@click.option(
    "--private-key",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The PEM to sign with, for RS, PS, ES and EdDSA; it is read, never stored.",
)
@cluster_option
@where_options
def token(
    *,
    folders: tuple[Path, ...],
    credential: str,
    namespace: str | None,
    expires: str | None,
    ttl: str | None,
    claim: tuple[str, ...],
    key_id: str | None,
    key_claim: str,
    private_key: Path | None,
    is_cluster: bool,
    context: str,
    kubeconfig: str,
) -> None:
    """Make a token that the gateway will take.

    It is printed alone on standard output, so that it can be piped.
    HS algorithms sign with the credential's secret; one that is to be generated and isn't there yet is made first.
    In a cluster that is the operator's work, and of all Secrets the credential's own is read.

    \b
    Examples:
      postern token --credential oiloil --namespace demo --expires 2027-06-30 manifests
      postern token --credential oiloil -n demo --ttl 24h --claim user=oiloil --claim age=18 manifests
      postern token --credential billing -n demo --ttl 1h --private-key private.pem manifests
      kubectl postern token --credential oiloil -n demo --ttl 1h
    """  # noqa: D301 # click wants the character, not its escape
    now_s = time.time()
    times = _times(expires, ttl, now_s)
    given = claims_from(claim)
    where = Where(context, kubeconfig, (namespace or "") if is_cluster else "")
    source = source_of(folders, where, is_cluster=is_cluster)
    found = (
        _in_cluster(source, credential) if is_cluster else find_credential(folders, namespace or "default", credential)
    )
    payload = claims_of(found, key_claim, times, given)
    pem = None if private_key is None else _read(private_key)
    click.echo(sign(found, choose_key(found, key_id, now_s), payload, pem))


def _times(expires: str | None, ttl: str | None, now_s: float) -> Times:
    if (expires is None) == (ttl is None):
        raise click.UsageError("give one of --expires and --ttl: when the token ends, or how long it lives")
    # Rounded down, so that a ttl that is just a policy's maxLifetime is no longer than that.
    issued_s = int(now_s)
    return Times(issued_s, moment_of(expires, now_s) if expires is not None else issued_s + seconds_of(ttl or ""))


def _in_cluster(source: Source, name: str) -> Credential:
    """The credential as the gateways of a cluster know it, by what its own Secrets hold and no others."""

    def is_meant(parsed: Parsed) -> bool:
        return (parsed.ref.kind, parsed.ref.name) == ("JWTCredential", name)

    gathered = load_objects(source, Wanted(("Consumer", "JWTCredential"), is_meant, is_of_one_namespace=True))
    tell_mistakes(gathered.reading)
    # An object that couldn't be read may exist, so it is not reported as missing.
    if gathered.left_out.told:
        raise click.ClickException(f"a token can't be made without {printable('; '.join(gathered.left_out.told))}")
    return serving_credential(Ref("JWTCredential", gathered.namespace, name), gathered.objects, Grants())


def find_credential(folders: tuple[Path, ...], namespace: str, name: str) -> Credential:
    """The credential with its keys; says why where there is none that serves."""
    wanted = Ref("JWTCredential", namespace, name)
    reading = read_folders(folders)
    tell_mistakes(reading)
    # A key is the same credential's at all gateways.
    grants = grants_of(Source(folders, None), "default")
    found = serving_credential(wanted, with_secrets(reading.objects, folders, make=False), grants)
    if not wanted_secrets(parsed for parsed in reading.objects if parsed.ref == wanted):
        return found
    # Only now, when it is known that it will be used, a secret is made that lasts.
    lasting = serving_credential(wanted, with_secrets(reading.objects, folders, make=True), grants)
    if lasting != found:
        click.echo(f"A secret was generated for {wanted}; it is kept in {state_folder(folders)}.", err=True)
    return lasting


def serving_credential(wanted: Ref, objects: tuple[Parsed, ...], grants: Grants) -> Credential:
    """The credential as gateways know it; says why where there is none that serves."""
    identities = compile_identities(objects, inspectors=VALIDATORS, grants=grants)
    for entry in identities.credentials:
        if entry.id == wanted.id:
            return entry
    problems = [problem for problem in identities.problems if problem.ref == wanted]
    if problems:
        told = "\n".join(f"  {problem}" for problem in problems)
        raise click.ClickException(f"{wanted} can't be used:\n{told}")
    raise click.ClickException(f"there is no {wanted}; {_known(objects, wanted)}")


def _known(objects: tuple[Parsed, ...], wanted: Ref) -> str:
    """The names that would do, those of the same name in another namespace first."""
    known = sorted(parsed.ref for parsed in objects if parsed.ref.kind == "JWTCredential" and parsed.ref.name)
    elsewhere = [ref.namespace for ref in known if ref.name == wanted.name]
    if elsewhere:
        return f"there is one in namespace {' and '.join(elsewhere)}: give --namespace"
    names = [ref.path for ref in known][:20]
    return f"known are {', '.join(names)}" if names else "and no other"


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(PRIVATE_KEY_BYTES_MAX + 1)
    except OSError as error:
        raise click.ClickException(f"{path} can't be read: {error.strerror}") from None
    if len(content) > PRIVATE_KEY_BYTES_MAX:
        raise click.ClickException(f"{path} is too large for a private key")
    return content
