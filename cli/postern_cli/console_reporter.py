"""What `postern run` prints: lines and tables on standard output, mistakes on standard error, each once.

Every line is flushed at once, because the reader may be another program.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.text import Text

from postern_core.problems import Problem
from postern_core.ref import Ref
from postern_operator.local.folder_source import Reading
from postern_operator.local.object_conditions import Statuses
from postern_operator.local.rebuild_loop import RebuildResult

from .printing import printable
from .status_table import left_out, sentences, table_of

# A file or a pipe has no width; names are never cut there.
WIDTH_ELSEWHERE = 240


class ConsoleReporter:
    """Prints reports, and remembers them, to print none twice."""

    def __init__(self, out: Console | None = None, err: Console | None = None) -> None:
        self._out = out or console(stderr=False)
        self._err = err or console(stderr=True)
        self._mistakes: set[str] = set()
        self._foreign: set[tuple[str, str]] = set()
        self._failure = ""
        self._shown: tuple[Statuses, tuple[Problem, ...]] | None = None

    def read(self, reading: Reading) -> None:
        """Report files that can't be read, that all can be again, and foreign kinds."""
        mistakes = {str(mistake): None for mistake in reading.mistakes}
        for mistake in mistakes:
            if mistake not in self._mistakes:
                self._warn(mistake)
        if self._mistakes and not mistakes:
            self._say("No file has a mistake any more.")
        self._mistakes = set(mistakes)
        counted = Counter((one.api_version, one.kind) for one in reading.foreign)
        for (version, kind), count in sorted(counted.items()):
            if (version, kind) not in self._foreign:
                self._foreign.add((version, kind))
                self._say(f"Passed over: {count} x {kind} ({version}), which is nothing to the gateway.")

    def waiting(self, unread: Sequence[str]) -> None:
        """Report why nothing is served yet."""
        self._warn(f"every request gets 503 until all files can be read, for what is in {', '.join(unread)} may refuse")

    def secrets_failed(self, message: str) -> None:
        """Report why generated secrets are missing."""
        self._warn_anew(message)

    def reading_failed(self, error: Exception) -> None:
        """Report that the last save could not be read."""
        self._warn_anew(f"the manifests can't be read ({_why(error)}); what was read last stays")

    def rebuild_failed(self, error: Exception) -> None:
        """Report that the last save did not come into force."""
        self._warn(f"the snapshot can't be made ({_why(error)}); the last one stays in force")

    def serving(self, listen: str, admin: str, listen_tls: str = "") -> None:
        """Report the addresses; the last is where TLS is spoken, "" for nowhere."""
        if listen_tls:
            self._say(f"With TLS on https://{listen_tls}.")
        self._say(f"Serving on http://{listen}; http://{admin}/readyz says when. Ctrl-C stops.")

    def in_force(self, rebuilt: RebuildResult, after_s: float) -> None:
        """Report that the last save is served."""
        routes = len(rebuilt.compiled.snapshot.routes)
        plural = "" if routes == 1 else "s"
        self._say(f"In force after {after_s:.2f} s: {routes} route{plural}, snapshot {rebuilt.digest[:12]}.")

    def show(self, statuses: Statuses, problems: Sequence[Problem], origins: Mapping[Ref, str]) -> None:
        """Show the table of objects and what is wrong with them, if that has changed."""
        shown = (statuses, tuple(problems))
        if shown == self._shown:
            return
        self._shown = shown
        if not statuses:
            self._say("There is no object of postern.dev yet: every request gets 404.")
            return
        self._out.print(table_of(statuses))
        for line in (left_out(statuses), *sentences(problems, origins)):
            if line:
                self._say(line)

    def data_plane_says(self, message: str) -> None:
        """Report a warning of the data plane."""
        self._warn(f"data plane: {message}")

    def stopping(self) -> None:
        """Report that the run is stopping."""
        self._say("Stopping when running requests have ended; once more stops at once.")

    def data_plane_ended(self, status: int) -> None:
        """Report why the run ends."""
        how = f"by signal {-status}" if status < 0 else f"with status {status}"
        self._warn(f"the data plane ended {how}")

    def _warn_anew(self, line: str) -> None:
        """Warn once of what fails again and again."""
        if line != self._failure:
            self._warn(line)
        self._failure = line

    def _say(self, line: str) -> None:
        self._out.print(Text(printable(line)))

    def _warn(self, line: str) -> None:
        self._err.print(Text(printable(line), style="red" if self._err.is_terminal else ""))


def console(*, stderr: bool) -> Console:
    """A console that never wraps a line or colours a word by itself; obeys NO_COLOR and FORCE_COLOR."""
    made = Console(stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=True)
    if not made.is_terminal:
        made.width = WIDTH_ELSEWHERE
    return made


def _why(error: Exception) -> str:
    """Of an unexpected exception only the type: its text may quote a secret."""
    return f"{error.strerror}: {error.filename}" if isinstance(error, OSError) else type(error).__name__
