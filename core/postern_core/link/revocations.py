"""The ids that a credential's `revoked.jtisFrom` takes back, read from the object that holds them.

A list that can't be read refuses the credential or issuer: otherwise deleting a ConfigMap
would make revoked tokens valid again.
"""

from __future__ import annotations

from postern_core.parse import Parsed
from postern_core.problems import Problem, Reason
from postern_core.ref import Ref
from postern_core.resources.revoked import JtisFrom, Revoked
from postern_core.revocation import packed

from .references import Missing, is_marked_for_keys, no_secret_for_keys, value_of

# Of one list: 214 KB in the snapshot, as digests.
JTIS_MAX = 10_000

AT = "spec.revoked.jtisFrom"


def revoked_digests(parsed: Parsed, revoked: Revoked, holding: Parsed | None) -> str | Problem:
    """The listed ids as the snapshot carries them, "" where `revoked` names no list, or what is wrong with it."""
    source = revoked.jtis_from
    if source is None:
        return ""
    holder = Ref(source.kind, parsed.ref.namespace, source.name)
    jtis = _read(holder, source, holding)
    if isinstance(jtis, Missing):
        return Problem(parsed.ref, jtis.reason, AT, f"{jtis.message}; until then none of its tokens passes", (holder,))
    return packed(jtis)


def _read(holder: Ref, source: JtisFrom, holding: Parsed | None) -> set[str] | Missing:
    if holder.kind == "Secret" and (holding is None or not is_marked_for_keys(holding)):
        # Otherwise a status would disclose whether any Secret of the namespace is text, and its length.
        return no_secret_for_keys(holder)
    value = value_of(holder, holding, source.key)
    if isinstance(value, Missing):
        return value
    where = f"{holder}, entry {source.key!r}"
    try:
        text = value.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Missing(Reason.INVALID_KEY_MATERIAL, f"{where}: is not UTF-8; write one id a line")
    lines = text.split("\n")
    # Who meant an id with spaces at its ends gets that, who didn't gets it without.
    jtis = {jti for line in lines for jti in (line.removesuffix("\r"), line.strip()) if jti.strip()}
    if len(jtis) > JTIS_MAX:
        message = (
            f"{where}: lists more than {JTIS_MAX:,} ids; take out those of tokens that have expired, "
            "or revoke by issuedBefore"
        )
        return Missing(Reason.TOO_LARGE, message)
    return jtis
