"""Clients that ask again and again in threads of their own, and keep what went wrong."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator

import raw


class PortLoad:
    """What clients of one port have met: answers by status, and what else came of requests."""

    def __init__(self, port: int, *, keeps_alive: bool) -> None:
        self.port = port
        self.keeps_alive = keeps_alive
        self.results: Counter[int | str] = Counter()
        self.is_ending = threading.Event()

    def run(self) -> None:
        """Ask until the end, or until the port is closed between two connections."""
        while not self.is_ending.is_set():
            try:
                client = raw.Client(("127.0.0.1", self.port))
            except ConnectionRefusedError:
                self.results["refused"] += 1
                return
            with client:
                self._ask(client)

    def _ask(self, client: raw.Client) -> None:
        while not self.is_ending.is_set():
            try:
                answer = client.ask(raw.request("/"))
            except (OSError, AssertionError) as error:
                self.results[f"{type(error).__name__}: {error}"] += 1
                return
            self.results[answer.status if answer.is_whole else "cut short"] += 1
            if not self.keeps_alive or answer.value("Connection") == "close":
                return


@contextlib.contextmanager
def load_on(port: int, *, clients: int = 3, keeps_alive: bool = True) -> Iterator[PortLoad]:
    """Clients at work as long as the context lasts, with a request behind them when it begins."""
    load = PortLoad(port, keeps_alive=keeps_alive)
    threads = [threading.Thread(target=load.run, daemon=True) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        raw.until(lambda: bool(load.results), "a first answer")
        yield load
    finally:
        load.is_ending.set()
        for thread in threads:
            thread.join(raw.PATIENCE_S)
