"""What the admin port of a data plane answers: at `/config` which snapshot it serves, at `/unknown-keys` what it lacks.

The data plane writes it, the operator and the command line read it.  A reader takes answers of older and newer
versions: only `digest` or `sequence` must be there, and fields that it does not know are passed over.
"""

from __future__ import annotations

import msgspec

CONFIG_PATH = "/config"
UNKNOWN_KEYS_PATH = "/unknown-keys"
# How long an answer about unknown keys waits for something to say.
UNKNOWN_KEYS_WAIT_S = 25.0
# A reader waits no longer and reads no more than this.
ANSWER_TIMEOUT_S = 2.0
ANSWER_BYTES_MAX = 2**20


class RefusedSnapshot(msgspec.Struct, frozen=True):
    """A snapshot that a worker did not take, and why."""

    digest: str
    error: str


class PortConfig(msgspec.Struct, frozen=True, omit_defaults=True):
    """A port of the snapshot's listeners, and why it can't be opened; "" for one that is open."""

    port: int
    error: str = ""


class WorkerConfig(msgspec.Struct, frozen=True):
    """What one worker serves; `loaded_at` is in seconds since the epoch."""

    pid: int
    digest: str | None = None
    loaded_at: float | None = None
    refused: RefusedSnapshot | None = None


class ServedConfig(msgspec.Struct, frozen=True):
    """The snapshot that all workers serve; `digest` is None while they differ or have none."""

    digest: str | None
    gateway: str | None = None
    routes: int | None = None
    loaded_at: float | None = None
    workers: tuple[WorkerConfig, ...] = ()
    ports: tuple[PortConfig, ...] = ()


def served_digest_of(content: bytes) -> str | None:
    """Return the digest that an answer names, None where it names none or is no such answer."""
    try:
        return msgspec.json.decode(content, type=ServedConfig).digest
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


class UnknownKeys(msgspec.Struct, frozen=True):
    """How many tokens named a key that their issuer does not have, by issuer, since the data plane has started.

    `sequence` is another one whenever the counts are; the next question names it as `after`.
    """

    sequence: int
    issuers: dict[str, int] = {}


def unknown_keys_of(content: bytes) -> UnknownKeys | None:
    """Return what an answer says, None where it is no such answer."""
    try:
        return msgspec.json.decode(content, type=UnknownKeys)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
