"""Patterns that read hostile text take linear time: four times the text takes about four times as long, not sixteen."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from mass_apology.bounces.notices import looks_failed
from mass_apology.guards.domains import internal_hosts
from mass_apology.letter.markup.links import addresses
from mass_apology.model import Reply
from mass_apology.recipients.damage import Damage
from mass_apology.recipients.row_structure import padded_quotes, repair
from mass_apology.sending.event_log import redact_addresses
from mass_apology.sending.refusals_in_a_row import normalised_reply
from mass_apology.spreadsheets import marked, unmarked
from mass_apology.typed_files.number_format import number_format

SHORT = 3_000  # characters
TIMES = 4
MOST = 10  # times the time of the short text: linear is 4, quadratic 16


def seconds(read: Callable[[str], object], text: str) -> float:
    """The least processor time of a call, of some tries that are each long enough for the clock."""
    tries = []
    for _ in range(5):
        calls, began = 0, time.process_time()
        while (spent := time.process_time() - began) < 0.002 or not calls:
            read(text)
            calls += 1
        tries.append(spent / calls)
    return min(tries)


def repaired(text: str) -> object:
    return repair(["", text], text, ",", width=1, named=1)


def damaged(text: str) -> object:
    return Damage("affected.csv", frozenset({"note"}), "email").flaws({"note": [text]}, [2])


def reply(text: str) -> object:
    return normalised_reply(Reply(code=550, enhanced=None, text=text))


@pytest.mark.parametrize(
    ("read", "pump", "end"),
    [
        (repaired, " ", "x"),
        (padded_quotes("\t").search, "\t", "x"),
        (padded_quotes(",").search, " ", "x"),
        (damaged, "?", "!"),
        (damaged, "? ", "!"),
        (marked, "\t", "x"),
        (marked, "\t ", "x"),
        (unmarked, "\t", "'"),
        (redact_addresses, "a", " "),
        (reply, "a", " "),
        (looks_failed, "deliver", "."),
        (looks_failed, "fail", "."),
        (internal_hosts, "mailto:", " "),
        (lambda text: addresses(f' href="{text}', {}), "{{a}}", ""),
        (lambda text: addresses(text, {}), ' href="{{', ""),
        (number_format, "[", "0"),
    ],
)
def test_four_times_the_text_takes_no_sixteen_times_the_time(
    read: Callable[[str], object], pump: str, end: str
) -> None:
    short, long = (pump * (length // len(pump)) + end for length in (SHORT, SHORT * TIMES))
    assert seconds(read, long) < MOST * seconds(read, short)
