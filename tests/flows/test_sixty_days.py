"""Sixty days over two changes of the clock, thirty time zones and the holidays of six countries, by a real ledger."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from live import relay, send
from sixty_days import BEGINS, World
from sixty_days_judge import (
    DAY,
    HOUR,
    WAVES,
    Arrived,
    Books,
    Heard,
    Kept,
    Letter,
    Run,
    Turned,
    Verdict,
    judge,
)
from sixty_days_processes import Clock, Step, hasten, killed_at
from test_bounces import bounce, box, id_of, read_all, suppressed
from test_follow_up import armed, campaign, followed, sent_in

from mass_apology.ledger.in_sql.waves import SqlWaves
from mass_apology.model import Status
from mass_apology.suppression import Reason, Suppressions

pytestmark = pytest.mark.slow


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(BEGINS)
    monkeypatch.setattr(time, "time", clock)
    return clock


def faults(verdict: Verdict) -> list[str]:
    return [*verdict.twice, *verdict.outside, *verdict.missing, *verdict.misnamed]


@pytest.mark.timeout(300)
def test_each_letter_once_inside_its_window_and_nobody_forgotten(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasten(monkeypatch.setattr)
    with relay() as live:
        world = World(tmp_path / "trial", live, clock, recipients=150, seed=1, trouble=25)
        world.sixty_days(every=9)
        verdict = judge(world.books, world.ledger())
    assert faults(verdict) == []
    assert world.alive == []  # a process has died at every step
    assert len(world.books.follow_ups) > 80  # runs that nothing has ended early
    without_a_word = sum(count for what, count in verdict.turned.items() if what.endswith("without a word"))
    assert without_a_word <= verdict.in_doubt <= without_a_word + verdict.died * 2  # of each connection a letter
    assert set(verdict.turned) == {"later", "full", "refused", "taken without a word", "lost without a word"}
    assert set(verdict.statuses) == {status.value for status in Status} - {"PLANNED", "DEFERRED", "HANDING_OVER"}
    assert all(verdict.letters[wave] > 80 for wave in ("first", *WAVES))
    assert {what.what for what in world.books.heard} == {"dead", "full", "complaint", "reply", "forged", "away"}


def letter(wave: str, number: int, day: float, run: int) -> Arrived:
    return Arrived(
        run=run, at=BEGINS + day * DAY, wave=wave, number=number, message_id=f"<{wave}.{number}@acme.example>"
    )


def books(*arrived: Arrived, heard: tuple[Heard, ...] = (), turned: tuple[Turned, ...] = ()) -> Books:
    """Two customers, in Warsaw and in Riga, and a run that ends by itself at noon there on every day."""
    ended = [
        Run(run=day * 10 + 9, begin=BEGINS + day * DAY, end=BEGINS + day * DAY + 60 * (day % 2)) for day in range(30)
    ]
    return Books(
        arrived=list(arrived),
        heard=list(heard),
        turned=list(turned),
        sends=ended[:1],
        follow_ups=ended,
        listed={0: 0, 1: 0},
    )


def ledger(*arrived: Arrived, **others: str) -> dict[Letter, Kept]:
    """One that has accepted what arrived; ``others`` are statuses of letters such as ``one_1``."""
    accepted = {
        (each.wave, each.number): Kept(status="ACCEPTED", accepted=True, message_id=each.message_id) for each in arrived
    }
    for name, status in others.items():
        wave, _, number = name.partition("_")
        kept = Kept(status=status, accepted=False, message_id=letter(wave, int(number), 0, 0).message_id)
        accepted[wave, int(number)] = kept
    return accepted


FIRSTS = (letter("first", 0, 0, 1), letter("first", 1, 0, 1))
ONES = (letter("one", 0, 5, 51), letter("one", 1, 5, 51))  # a Monday


@pytest.mark.parametrize(
    ("arrived", "heard", "expected"),
    [
        ((*FIRSTS, *ONES, *(letter("two", n, 19, 191) for n in (0, 1))), "", ""),
        ((*FIRSTS, *ONES, letter("two", 0, 19, 191)), "", "two to 1"),
        ((*FIRSTS, *ONES, letter("two", 0, 19, 191)), "reply", ""),
        ((*FIRSTS, *ONES, *(letter("two", n, 19, 191) for n in (0, 1))), "reply", "two to 1: not to be written to"),
        ((*FIRSTS, *ONES, letter("two", 0, 20, 201)), "dead", "two to 0"),
        ((*FIRSTS, *ONES, *(letter("two", n, 19, 191) for n in (0, 0))), "dead", "two to 0: 2 times"),
        ((*FIRSTS, *ONES, letter("two", 0, 16, 161)), "dead", "two to 0: before its time"),
        ((*FIRSTS, *ONES, letter("two", 0, 19.5, 191)), "dead", "two to 0: out of hours"),
        ((*FIRSTS, letter("one", 0, 5, 51)), "dead", "one to 1; two to 0"),
        ((FIRSTS[0],), "dead", "first to 1; one to 0"),
        ((*FIRSTS, letter("one", 0, 4, 41), ONES[1], letter("two", 0, 19, 191)), "dead", "one to 0: out of hours"),
    ],
)
def test_the_judge_sees_what_is_wrong(arrived: tuple[Arrived, ...], heard: str, expected: str) -> None:
    """``heard`` is said about the second customer's letter of the first follow-up, on the tenth day."""
    told = (Heard(run=100, what=heard, letter=ONES[1]),) if heard else ()
    found = faults(judge(books(*arrived, heard=told), ledger(*arrived)))
    assert "; ".join(each.partition(",")[0] for each in found) == expected


def turned(what: str, *days: float, wave: str = "one") -> tuple[Turned, ...]:
    """What the relay said of the first customer's letter."""
    token = letter(wave, 0, 0, 0).message_id.strip("<>").partition("@")[0]
    return tuple(Turned(run=int(day) * 10 + 5, at=BEGINS + day * DAY, token=token, what=what) for day in days)


BEGUN = (*FIRSTS, ONES[1], letter("two", 1, 19, 191))  # and the first customer's second letter is in question


@pytest.mark.parametrize(
    ("status", "turned_away", "expected"),
    [
        ("REFUSED", turned("refused", 5), ""),
        ("REFUSED", turned("later", 5), "one to 0; one to 0 did not arrive"),
        ("DEFERRED", turned("later", 5), "one to 0; one to 0 did not arrive"),
        ("EXPIRED", turned("later", 5, 5.1, 5.2), "one to 0; one to 0 did not arrive"),
        ("EXPIRED", turned("later", 5, 5.1, 5.2, 5.22), ""),
        ("IN_DOUBT", turned("lost without a word", 5), ""),
        ("ACCEPTED", turned("lost without a word", 5), "one to 0; one to 0 did not arrive"),
        ("WITHHELD", (), "one to 0; one to 0 did not arrive"),
    ],
)
def test_the_judge_sees_a_status_that_does_not_say_what_happened(
    status: str, turned_away: tuple[Turned, ...], expected: str
) -> None:
    verdict = judge(books(*BEGUN, turned=turned_away), ledger(*BEGUN, one_0=status))
    assert "; ".join(each.partition(",")[0] for each in faults(verdict)) == expected


def test_a_letter_that_arrived_and_is_in_doubt_needs_a_cause() -> None:
    arrived = (*FIRSTS, *ONES)
    kept = ledger(*FIRSTS, ONES[1], one_0="IN_DOUBT")
    in_doubt = "one to 0 arrived, and is IN_DOUBT"
    assert judge(books(*arrived), kept).misnamed == [in_doubt]
    assert judge(books(*arrived, turned=turned("taken without a word", 5)), kept).misnamed == []
    killed = books(*arrived)
    killed.killed.add(51)
    assert judge(killed, kept).misnamed == []


def test_a_clock_set_back_after_a_crash_brings_no_letter_early(tmp_path: Path, clock: Clock) -> None:
    with relay() as live:
        folder = campaign(tmp_path / "trial", live)
        send(folder)
        armed(folder, 20)
        clock.at += 3 * DAY + HOUR
        assert killed_at(Step(SqlWaves, "add", after=True), lambda: followed(folder))
        clock.at -= 5 * HOUR
        assert sent_in(followed(folder)) == 0
        clock.at += 5 * HOUR
        assert sent_in(followed(folder)) == 20


def test_a_crash_between_the_ledger_and_the_list_loses_no_suppression(tmp_path: Path) -> None:
    with relay() as live:
        folder = campaign(tmp_path / "trial", live)
        send(folder)
        source = box(tmp_path, bounce(3, id_of(live, 3)))
        assert killed_at(Step(Suppressions, "add_all", after=False), lambda: read_all(folder, source))
        read_all(folder, source)
        assert suppressed() == {"customer3@d3.example": Reason.DEAD_ADDRESS}
