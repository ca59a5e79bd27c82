"""Requests as real traffic has them: nearly every head is one that was never sent before.

Browsers, mobile clients and services ask, with 8 to 20 fields: the ids of traces and requests differ each time, cookies
and tokens by user, paths by what is asked for.  All of it comes from one seed, so that every gateway gets the same.
"""

from __future__ import annotations

import json
import random
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.material import HOST, Key

SEED = 19
ROUTES = 10
USERS = 1_000
# Of so many requests a fixed number is refused, sends a body, or has a token that was never sent; in any order.
BLOCK = 100
REFUSED, UPLOADS, NEW_TOKENS = 5, 5, 2
BODY_BYTES = (100, 4_000)
# Of answers, by the last hexadecimal digit of a path: 0.2 to 20 KiB.
ANSWER_BYTES: tuple[int, ...] = tuple(round(205 * (100 ** (number / 15))) for number in range(16))

Fields = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it is on the wire, and the status with which it must be answered."""

    wire: bytes
    status: int = 200


def requests(
    key: Key, count: int, *, uploads: bool = True, routes: int = ROUTES, credentials: int = 1
) -> Iterator[Request]:
    """So many requests, in whole blocks; without `uploads` none has a body. Users are spread over all credentials."""
    dice = random.Random(SEED)  # noqa: S311 # it shall repeat itself
    names = [f"c{number * credentials // USERS}" for number in range(USERS)]
    users = [_User(dice, key.token(number=number, credential=name)) for number, name in enumerate(names)]
    bad: list[Callable[[], str]] = [lambda: "", lambda: _forged(key), lambda: key.token(expired=True)]
    for first in range(0, count, BLOCK):
        refused, sending, new = _places(dice, REFUSED), _places(dice, UPLOADS), _places(dice, NEW_TOKENS)
        for place in range(BLOCK):
            user = dice.choice(users)
            token, status = user.token, 200
            if place in refused:
                token, status = bad[(first + place) % len(bad)](), 401
            elif place in new:
                number = USERS + first + place
                token = key.token(number=number, credential=names[number % USERS])
            yield Request(_wire(dice, user, token, routes, sends=uploads and place in sending), status)


class _User:
    """Who calls: one kind of client, with a token and cookies of its own."""

    def __init__(self, dice: random.Random, token: str) -> None:
        self.token = token
        self.fields = dice.choices((_browser, _mobile, _service), (50, 30, 20))[0](dice)


def _wire(dice: random.Random, user: _User, token: str, routes: int, *, sends: bool) -> bytes:
    body = json.dumps({"note": "x" * dice.randint(*BODY_BYTES)}).encode() if sends else b""
    fields: Fields = [("Host", HOST), *user.fields]
    if token:
        fields.insert(dice.randint(1, len(fields)), ("Authorization", f"Bearer {token}"))
    fields.append(("traceparent", f"00-{dice.randbytes(16).hex()}-{dice.randbytes(8).hex()}-01"))
    fields.append(("x-request-id", _uuid(dice)))
    if sends:
        fields += [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields)
    return f"{'POST' if sends else 'GET'} {_path(dice, routes)} HTTP/1.1\r\n{lines}\r\n".encode() + body


def _path(dice: random.Random, routes: int) -> str:
    thing = _uuid(dice) if dice.random() < 0.5 else str(dice.randrange(10**6, 10**9))
    query = f"?page={dice.randint(1, 40)}&sort=-created" if dice.random() < 0.3 else ""
    return f"/v1/r{dice.randrange(routes)}/{thing}{query}"


def _browser(dice: random.Random) -> Fields:
    version = dice.randint(120, 140)
    seen = f"GA1.1.{dice.randrange(10**9)}.{dice.randrange(10**9)}"
    return [
        ("Connection", "keep-alive"),
        ("sec-ch-ua", f'"Chromium";v="{version}", "Not/A)Brand";v="24"'),
        ("sec-ch-ua-mobile", "?0"),
        ("sec-ch-ua-platform", dice.choice(('"Windows"', '"macOS"', '"Linux"'))),
        ("User-Agent", f"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/{version}.0.0.0 Safari/537.36"),
        ("Accept", "application/json, text/plain, */*"),
        ("Sec-Fetch-Site", "same-origin"),
        ("Sec-Fetch-Mode", "cors"),
        ("Sec-Fetch-Dest", "empty"),
        ("Referer", f"https://{HOST}/app/"),
        ("Accept-Encoding", "gzip, deflate, br, zstd"),
        ("Accept-Language", dice.choice(("en-US,en;q=0.9", "de-DE,de;q=0.9,en;q=0.8", "fr-FR,fr;q=0.9"))),
        ("Cookie", f"session={dice.randbytes(16).hex()}; theme=dark; _ga={seen}"),
        *([("If-None-Match", f'"{dice.randbytes(8).hex()}"')] if dice.random() < 0.3 else ()),
    ]


def _mobile(dice: random.Random) -> Fields:
    return [
        ("User-Agent", f"Shop/5.{dice.randrange(20)}.0 (iPhone; iOS 18.{dice.randrange(6)}; Scale/3.00)"),
        ("Accept", "application/json"),
        ("Accept-Language", dice.choice(("en-GB;q=1.0", "de-DE;q=1.0, en-DE;q=0.9"))),
        ("Accept-Encoding", "gzip"),
        ("X-Device-Id", _uuid(dice)),
        ("X-App-Version", f"5.{dice.randrange(20)}.0"),
        ("Connection", "keep-alive"),
    ]


def _service(dice: random.Random) -> Fields:
    return [
        ("User-Agent", dice.choice(("Go-http-client/1.1", "python-httpx/0.28.1", "okhttp/4.12.0"))),
        ("Connection", "keep-alive"),
        ("Accept", "*/*"),
        ("Accept-Encoding", "gzip"),
        ("baggage", f"tenant={dice.randrange(500)},region=eu-1"),
    ]


def _places(dice: random.Random, count: int) -> frozenset[int]:
    return frozenset(dice.sample(range(BLOCK), count))


def _uuid(dice: random.Random) -> str:
    text = dice.randbytes(16).hex()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def _forged(key: Key) -> str:
    """A token that was never signed."""
    return f"{key.token().rpartition('.')[0]}.{secrets.token_urlsafe(32)}"
