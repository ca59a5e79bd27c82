"""Play the steps: send each request, show the command and the answer that really came, and check it."""

from __future__ import annotations

import contextlib
import http.client
import shlex
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from .programs import DemoError, postern
from .steps import BEFORE_TOKEN, HOST, WITH_TOKEN, Answer, Step

TOKEN_LIFE = timedelta(days=30)


def play(gateway: str, folder: Path) -> list[str]:
    """Play every step; give back what was wrong."""
    wrong: list[str] = []
    for number, step in enumerate(BEFORE_TOKEN, 1):
        wrong += show(number, step, gateway, "")
    token_number = len(BEFORE_TOKEN) + 1
    token = mint_token(token_number, folder)
    for number, step in enumerate(WITH_TOKEN, token_number + 1):
        wrong += show(number, step, gateway, token)
    return wrong


def show(number: int, step: Step, gateway: str, token: str) -> list[str]:
    """Send one request, print it with its answer, and give back what was wrong with that."""
    print(f"\n--- {number}. {step.title}\n$ {step.command(gateway)}", flush=True)
    answer = ask(step, gateway, token)
    print(answer)
    mistakes = [f"step {number}: {mistake}" for mistake in step.mistakes(answer)]
    print("\n".join(f"WRONG: {mistake}" for mistake in mistakes) or "As it should be.", flush=True)
    return mistakes


def ask(step: Step, gateway: str, token: str) -> Answer:
    """Send a request as curl would after the shell has put in the token."""

    def fill(text: str) -> str:
        return text.replace("${TOKEN}", token).replace("$TOKEN", token)

    headers = {"Host": HOST} | {name: fill(value) for name, value in step.headers.items()}
    with contextlib.closing(http.client.HTTPConnection(gateway, timeout=10)) as connection:
        try:
            connection.request("GET", fill(step.target), headers=headers)
            response = connection.getresponse()
            body = response.read().decode()
        except (OSError, http.client.HTTPException) as error:
            raise DemoError(f"no answer from {gateway}: {error}") from None
        return Answer(response.status, response.reason, tuple(response.getheaders()), body)


def mint_token(number: int, folder: Path) -> str:
    """Show the command that makes a token for oiloil, run it and give back the token."""
    expires = (datetime.now(UTC) + TOKEN_LIFE).date().isoformat()
    who = ["--credential", "oiloil", "--namespace", "demo"]
    payload = ["--expires", expires, "--claim", "user=oiloil", "--claim", "age=18"]
    command = [*postern(), "token", *who, *payload, str(folder)]
    print(f"\n--- {number}. A token for oiloil, with an expiry date and two fields of payload")
    print(f"$ TOKEN=$({shlex.join(command)})\n$ echo $TOKEN", flush=True)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, timeout=30)
    token = done.stdout.strip()
    if done.returncode or token.count(".") != 2:
        raise DemoError("no token was made; the message above says why")
    print(token, flush=True)
    return token
