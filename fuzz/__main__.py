"""`python -m fuzz [TARGET ...]`: runs targets, prints what came of them, and fails where an input did."""

from __future__ import annotations

import argparse
import secrets
import sys

from . import corpus, guided
from .engine import TARGETS, replay, run


def main() -> int:
    parser = argparse.ArgumentParser(prog="fuzz", description="Random input to the doors that strangers reach.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"{', '.join(TARGETS)}; all of them by default")
    parser.add_argument("--seconds", type=float, default=30, help="how long each target runs (30)")
    parser.add_argument("--inputs", type=int, default=None, help="how many inputs each tries, instead of a time")
    parser.add_argument("--guided", action="store_true", help=f"by coverage: {', '.join(guided.TARGETS)}")
    parser.add_argument("--replay", metavar="HEX", nargs="?", const="", help="one input, or all of the kept corpus")
    parser.add_argument("--seed", type=int, default=None, help="which inputs; another one at each run by default")
    options = parser.parse_args()
    unknown = set(options.targets) - set(TARGETS)
    if unknown:
        parser.error(f"no target {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    if options.guided:
        found = [guided.run_guided(name, seconds=options.seconds) for name in options.targets or guided.TARGETS]
        return 0 if all(found) else 1
    if options.replay is not None:
        one = [bytes.fromhex(options.replay)]
        tallies = [replay(name, one if options.replay else corpus.kept(name)) for name in options.targets or TARGETS]
        print(*tallies, sep="\n")
        return 1 if any(tally.failures for tally in tallies) else 0
    seed = secrets.randbelow(2**32) if options.seed is None else options.seed
    tallies = []
    for name in options.targets or TARGETS:
        seconds = options.seconds if options.inputs is None else None
        tallies.append(run(name, seconds=seconds, iterations=options.inputs, seed=seed))
        print(tallies[-1], flush=True)
    print(f"seed {seed}: run the same inputs again with SEED={seed}")
    return 1 if any(tally.failures for tally in tallies) else 0


if __name__ == "__main__":
    sys.exit(main())
