"""Memory of a small and of a large campaign: it must not grow with the number of customers."""

from __future__ import annotations

from pathlib import Path

from bench.campaigns import Relay, make_campaign
from bench.end_to_end import CONNECTIONS
from bench.product import Run, run, send_all
from bench.relays import smtp_sink
from bench.result import Bar, Options, Result
from bench.workplace import scratch

SMALL = 10_000
LARGE = 1_000_000
MOST = 250.0  # MiB
GROWTH = 1.1


def measure(options: Options) -> Result:
    """Peaks of the whole process tree (PSS summed at one moment), for ``check`` and for ``send``."""
    sizes = options.letters(SMALL), options.letters(LARGE)
    with scratch("flat-memory") as folder, smtp_sink() as port:
        checks = [_check(folder / f"check-{letters}", letters, port) for letters in sizes]
        sends = [_send(folder / f"send-{letters}", letters, port) for letters in sizes]
    return Result(
        bars=(*_bars("check", *checks), *_bars("send", *sends)),
        notes=(f"{sizes[0]} and {sizes[1]} customers", *_notes("check", checks), *_notes("send", sends)),
    )


def _check(folder: Path, letters: int, port: int) -> Run:
    make_campaign(folder, letters, Relay(port=port, connections=CONNECTIONS))
    return run("check", folder, "--json", watch=True).expect()


def _send(folder: Path, letters: int, port: int) -> Run:
    return send_all(make_campaign(folder, letters, Relay(port=port, connections=CONNECTIONS)), letters, watch=True)


def _bars(command: str, small: Run, large: Run) -> tuple[Bar, ...]:
    growth = large.peak_sum / small.peak_sum
    return (
        Bar(
            name=f"memory of {command}, a million customers to ten thousand", figure=growth, limit=GROWTH, at_most=True
        ),
        Bar(
            name=f"memory of {command}, a million customers",
            figure=large.peak_sum,
            limit=MOST,
            unit="MiB",
            at_most=True,
        ),
    )


def _notes(command: str, runs: list[Run]) -> tuple[str, ...]:
    peaks = ", ".join(f"{each.peak_sum:.0f} MiB (largest process {each.peak_rss:.0f})" for each in runs)
    return (f"{command}: peak of all processes together {peaks}",)
