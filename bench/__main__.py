"""``python -m bench [NAME…]``: measure the bars, print each on a line. Exit code 1 where one is not met."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable, Mapping
from typing import NoReturn

from bench import (
    bad_facts,
    bloat,
    coming_back,
    common_pace,
    critic_speed,
    end_to_end,
    even_rate,
    flat_memory,
    following,
    hostile,
    hostile_box,
    kill,
    kill_workers,
    letters,
    lint_score,
    looking,
    one_connection,
    over_tls,
    planning,
    several_relays,
    start_up,
    stories,
    tried,
    watched,
    writing,
)
from bench.result import Options, Result, TrialError

BARS: Mapping[str, Callable[[Options], Result]] = {
    "start-up": start_up.measure,
    "one-connection": one_connection.measure,
    "even-rate": even_rate.measure,
    "end-to-end": end_to_end.measure,
    "over-tls": over_tls.measure,
    "planning": planning.measure,
    "flat-memory": flat_memory.measure,
    "writing": writing.measure,
    "looking": looking.measure,
    "following": following.measure,
    "coming-back": coming_back.measure,
}
ASKED_FOR: Mapping[str, Callable[[Options], Result]] = {
    "common-pace": common_pace.measure,
    "bloat": bloat.measure,
    "kill": kill.measure,
    "kill-workers": kill_workers.measure,
    "letters": letters.measure,
    "lint-score": lint_score.measure,
    "lint-speed": critic_speed.measure,
    "bad-facts": bad_facts.measure,
    "hostile": hostile.measure,
    "hostile-mail": hostile_box.measure,
    "several-relays": several_relays.measure,
    "stories": stories.measure,
    "tried": tried.measure,
    "watched": watched.measure,
}
"""Measured only when named: they take as long as all the others, or need programs that the others do not."""


def main() -> NoReturn:
    """Measure what is asked for, one after the other."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: no process of ours is left behind
    names, options = _arguments()
    try:
        met = [_measured(name, options) for name in names]
    except KeyboardInterrupt:
        sys.exit("Interrupted; what was measured stands above.")
    sys.exit(0 if all(met) else 1)


def _arguments() -> tuple[list[str], Options]:
    defaults = Options()
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(BARS)}; or {', '.join(ASKED_FOR)}")
    parser.add_argument("--scale", type=float, default=defaults.scale, help="of all numbers, to try the bench itself")
    parser.add_argument("--kills", type=int, default=defaults.kills, help="for kill and kill-workers (%(default)s)")
    parser.add_argument(
        "--seed", type=int, default=defaults.seed, help="for kill, kill-workers and stories (%(default)s)"
    )
    parser.add_argument("--language", action="append", default=[], help="for bad-facts, one or several: only these")
    parser.add_argument("--file", action="append", default=[], help="for hostile, one or several: only these")
    parser.add_argument("--show", action="store_true", help="for bad-facts: each that is missed, each false finding")
    found = parser.parse_args()
    if unknown := set(found.names) - {*BARS, *ASKED_FOR}:
        parser.error(f"there is no bar {', '.join(sorted(unknown))}")
    options = Options(
        scale=found.scale,
        kills=found.kills,
        seed=found.seed,
        languages=tuple(found.language),
        files=tuple(found.file),
        show=found.show,
    )
    return found.names or list(BARS), options


def _measured(name: str, options: Options) -> bool:
    """Print one module's bars; true where all are met."""
    begin = time.monotonic()
    try:
        result = {**BARS, **ASKED_FOR}[name](options)
    except TrialError as error:
        print(f"{name}: not measured. {error}\n", flush=True)
        return False
    for bar in result.bars:
        print(bar.line())
    for note in result.notes:
        print(f"    {note}")
    scaled = "" if options.scale == 1 else f", at {options.scale} of the letters: the bars do not hold"
    print(f"    {name} took {time.monotonic() - begin:.0f} s{scaled}\n", flush=True)
    return all(bar.met for bar in result.bars)


if __name__ == "__main__":
    main()
