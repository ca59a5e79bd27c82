"""Start httpbin and the gateway, play the walkthrough, then keep both running."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
from pathlib import Path

from .play import play
from .programs import DemoError, gateway, httpbin, postern, refuse_if_taken, show_console, terminal

FOLDER = Path("examples/01-jwt-auth")


def main() -> int:
    """Give back 0 only if every answer was as it should be."""
    options = parse_options()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda signum, _: sys.exit(128 + signum))
    try:
        for address in (options.listen, options.admin):
            refuse_if_taken(address, "choose others: make demo LISTEN=127.0.0.1:19080 ADMIN=127.0.0.1:19081")
        with httpbin(FOLDER / "service.yaml"), gateway(FOLDER, options.listen, options.admin) as process:
            with terminal:
                wrong = play(options.listen, FOLDER)
                print(verdict(wrong), flush=True)
                if wrong or options.once:
                    return 1 if wrong else 0
                print(f"\nWatching {FOLDER}: edit a file there and ask again. Ctrl-C stops.", flush=True)
                if not options.console:
                    print(f"In a browser: {shlex.join([*postern(), 'console', str(FOLDER)])}", flush=True)
            if options.console:
                show_console(FOLDER)
            raise DemoError(f"the gateway ended with status {process.wait()}")
    except DemoError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.")
        return 0


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Play the walkthrough of README.md against a real gateway.")
    parser.add_argument("--once", action="store_true", help="stop after the walkthrough")
    parser.add_argument("--console", action="store_true", help="then open the console in a browser")
    parser.add_argument("--listen", default="127.0.0.1:9080", metavar="HOST:PORT", help="where the gateway serves")
    parser.add_argument("--admin", default="127.0.0.1:9081", metavar="HOST:PORT", help="its admin port")
    return parser.parse_args()


def verdict(wrong: list[str]) -> str:
    if wrong:
        return "\nNot every answer was as it should be:\n" + "\n".join(f"  {mistake}" for mistake in wrong)
    return "\nEvery answer was as it should be."


if __name__ == "__main__":
    sys.exit(main())
