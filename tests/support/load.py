"""A light and constant load, and what of it has failed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Self

# Between two requests.
PAUSE_S = 0.02


class Load:
    """A request every few milliseconds, as long as the context lasts; `failed` has what was not 200."""

    def __init__(self, ask: Callable[[], int]) -> None:
        self._ask = ask
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.asked = 0
        self.failed: list[int | str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._is_over.wait(PAUSE_S):
            try:
                status: int | str = self._ask()
            except OSError as error:
                status = type(error).__name__
            self.asked += 1
            if status != 200:
                self.failed.append(status)
