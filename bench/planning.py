"""A million rows read, checked, rendered and stored: everything that ``send`` does before the first letter leaves."""

from __future__ import annotations

import time
from pathlib import Path

from bench.campaigns import Relay, make_campaign
from bench.process_tree import cpu_seconds
from bench.product import started
from bench.relays import recorder
from bench.result import Bar, Options, Result, TrialError
from bench.workplace import scratch

ROWS = 1_000_000
_LOOK = 0.02  # seconds


def measure(options: Options) -> Result:
    """From the start of the command to the first final dot at the relay, which waits for the durable plan."""
    rows = options.letters(ROWS)
    with scratch("planning") as folder, recorder(folder / "dots.jsonl") as sink:
        campaign = make_campaign(folder / "campaign", rows, Relay(port=sink.port, connections=1))
        seconds, cpu = _until_first_dot(campaign, rows, sink.record)
    return Result(
        bars=(Bar(name="planning, a row", figure=seconds / rows * 1e6, limit=30, unit="us", at_most=True),),
        notes=(f"{rows} rows in {seconds:.1f} s; CPU of all processes together {cpu / rows * 1e6:.0f} us a row",),
    )


def _until_first_dot(campaign: Path, rows: int, record: Path) -> tuple[float, float]:
    """Seconds of the wall clock, and CPU seconds of the command and its processes; the sending is then cut short."""
    begin = time.monotonic()
    with started("send", campaign, "--confirm", str(rows)) as process:
        cpu = 0.0
        while record.stat().st_size == 0:
            if process.poll() is not None:
                said = (campaign / "errors.txt").read_text()[-2000:]
                raise TrialError(f"send ended with exit code {process.returncode} before its first letter:\n{said}")
            cpu = max(cpu, cpu_seconds(process.pid))
            time.sleep(_LOOK)
        return time.monotonic() - begin, cpu
