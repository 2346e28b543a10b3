"""A rate of 200 a second, as the relay sees it: the final dots in its worst second."""

from __future__ import annotations

from collections.abc import Sequence

from bench.campaigns import Relay, make_campaign
from bench.product import send_all
from bench.relays import dots_per_second, recorder
from bench.result import Bar, Options, Result
from bench.workplace import scratch

RATE = 200
LETTERS = 2_500
CONNECTIONS = 20


def measure(options: Options) -> Result:
    """The most dots in any one second, wherever it begins."""
    letters = options.letters(LETTERS)
    with scratch("even-rate") as folder, recorder(folder / "dots.jsonl") as sink:
        relay = Relay(port=sink.port, connections=CONNECTIONS, rate=f"{RATE}/s")
        send_all(make_campaign(folder / "campaign", letters, relay), letters)
        arrivals = sink.stop()
    moments = [arrival.at for arrival in arrivals]
    mean = dots_per_second(arrivals)
    return Result(
        bars=(
            Bar(
                name="rate 200/s, the worst second",
                figure=most_within(moments, 1.0),
                limit=RATE + 1,
                unit="dots",
                at_most=True,
            ),
        ),
        notes=(
            f"the worst 100 ms: {most_within(moments, 0.1)} dots",
            f"mean rate {mean:.2f} a second, {mean / RATE:.2%} of what was asked, over {letters} letters",
        ),
    )


def most_within(moments: Sequence[float], seconds: float) -> int:
    """The most of the ascending moments in any half-open stretch of so many seconds."""
    start = most = 0
    for number, moment in enumerate(moments, 1):
        while moments[start] <= moment - seconds:
            start += 1
        most = max(most, number - start)
    return most
