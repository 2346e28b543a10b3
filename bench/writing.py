"""One letter written in one process, as a writing process does it: its holes, its joins and its digest."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from bench.campaigns import HEADER, Relay, customer_row, make_campaign
from bench.result import Bar, Options, Result, listed
from bench.workplace import scratch
from mass_apology.campaign import read_campaign
from mass_apology.letter.letter_writer import Writer
from mass_apology.letter.message.compose import rfc5322_date
from mass_apology.letter.template_files import template_directories
from mass_apology.model import Delivery

LETTERS = 3_000  # between two looks at the processor's clock
REPETITIONS = 7
_DATE = rfc5322_date(1_795_000_000)


_KINDS: Mapping[str, Callable[[int], Mapping[str, str]]] = {
    "names and figures that come back": lambda _: {},
    "names that do not come back": lambda number: {"name": _name(number)},
    "no two customers alike": lambda number: {
        "name": _name(number),
        "credit": f"{number}.50",
        "currency": "EUR",
        "code": f"K-{number}",
    },
}
_BARS = 2  # in the third, an amount of money that nobody else has is written in each language's way


def measure(options: Options) -> Result:
    """The best of some repetitions, of letters that no repetition before has had; both ways take turns."""
    letters = options.letters(LETTERS)
    with scratch("writing") as folder:
        campaign = make_campaign(folder / "campaign", 1, Relay(port=25, connections=1))
        make = partial(
            Writer,
            read_campaign(campaign),
            folder=campaign,
            directories=template_directories(campaign),
            header=(*HEADER, "currency", "code"),
        )
        writers = {name: make() for name in _KINDS}
        quick: dict[str, list[float]] = {name: [] for name in _KINDS}
        ordinary: list[float] = []
        for repetition in range(REPETITIONS + 1):  # the first makes what is made once
            for name, writer in writers.items():
                batch = [_delivery(name, repetition * letters + each) for each in range(letters)]
                quick[name].append(_processor_time(writer.write, batch))
            ordinary.append(_processor_time(writers[name].write_ordinarily, batch[: letters // 10]))
    return Result(
        bars=tuple(
            Bar(name=f"writing a letter, {name}", figure=min(quick[name][1:]), limit=12, unit="us", at_most=True)
            for name in list(_KINDS)[:_BARS]
        ),
        notes=(
            *(f"{name}: {listed(spent[1:], 'us')}" for name, spent in quick.items()),
            f"the ordinary way: {listed(ordinary[1:], 'us')}",
            *(f"{name}: {_ways(writer)}" for name, writer in writers.items()),
        ),
    )


def _ways(writer: Writer) -> str:
    return f"{writer.ways.quick} by byte templates, {writer.ways.ordinary.total()} that these could not write"


def _name(number: int) -> str:
    return f"{customer_row(number)['name']}{''.join(chr(ord('a') + number // 26**place % 26) for place in range(4))}"


def _processor_time(write: Callable[..., object], letters: Sequence[Delivery]) -> float:
    """Microseconds of this thread for each letter."""
    begin = time.thread_time_ns()
    for each in letters:
        write(each, date=_DATE, eightbit=True)
    return (time.thread_time_ns() - begin) / 1000 / len(letters)


def _delivery(kind: str, number: int) -> Delivery:
    row = {**customer_row(number), **_KINDS[kind](number)}
    return Delivery(
        id=number,
        address=row["email"],
        name=row["name"],
        language=row["language"],
        time_zone=row["time_zone"],
        lines=f"[{number + 2}]",
        rows=json.dumps([row], ensure_ascii=False),
        message_id=f"<{number:032x}@acme.example>",
    )
