"""Reads from log.jsonl the events of each letter, in the log's order. Incomplete lines are skipped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from mass_apology.errors import InputError
from mass_apology.ledger.whereabouts import Told
from mass_apology.model import FIRST_WAVE, Status

_STATUSES = {
    "accepted": Status.ACCEPTED,
    "refused": Status.REFUSED,
    "expired": Status.EXPIRED,
    "in_doubt": Status.IN_DOUBT,
    "deferred": None,
}
_UNKNOWN = "the log ends before it says what became of this letter"


class _Event(Struct, frozen=True, kw_only=True):
    """A line of the log: the fields that are used here."""

    at: str
    event: str
    letter: str = ""
    letters: tuple[str, ...] = ()
    lines: tuple[int, ...] = ()
    attempts: int = 0
    code: int | None = None
    enhanced_code: str | None = None
    reply: str | None = None
    wave: str = FIRST_WAVE
    campaign: str | None = None
    ledger: str = ""
    recipients: str = ""


_decode = msgspec.json.Decoder(_Event).decode


def ledgers(log: Path, campaign: str) -> list[str]:
    """The names of the ledgers that sent the campaign's letters, in the log's order."""
    found = [each.ledger for each in _events(log) if each.event == "started" and _is_of(each, campaign)]
    return list(dict.fromkeys(name for name in found if name))


def read_letters(log: Path, campaign: str, file: str) -> Iterator[Told]:
    """The logged events of the campaign's letters; ``file`` is the digest of the present recipients file.

    A letter claimed in a run without an end, and without an outcome, is IN_DOUBT.
    """
    run = _Event(at="", event="started")
    ours = True
    claimed: dict[str, Told] = {}
    for event in _events(log):
        if event.event == "started":
            yield from claimed.values()
            claimed.clear()
            run, ours = event, _is_of(event, campaign)
        elif event.event == "ended":
            claimed.clear()
        elif ours and event.event == "claimed":
            claimed.update((each.token, each) for each in _claimed(event, run, file))
        elif ours and event.event in _STATUSES and event.letter:
            claimed.pop(event.letter, None)
            yield _outcome(event, run, file)
    yield from claimed.values()


def _claimed(event: _Event, run: _Event, file: str) -> Iterator[Told]:
    for token, line in zip(event.letters, event.lines, strict=False):
        yield Told(
            token=token,
            wave=run.wave,
            line=line if run.recipients == file else None,
            status=Status.IN_DOUBT,
            at=_timestamp(event.at),
            attempts=1,
            reply=_UNKNOWN,
        )


def _outcome(event: _Event, run: _Event, file: str) -> Told:
    return Told(
        token=event.letter,
        wave=run.wave,
        line=event.lines[0] if event.lines and run.recipients == file else None,
        status=_STATUSES[event.event],
        at=_timestamp(event.at),
        attempts=event.attempts,
        code=event.code,
        enhanced_code=event.enhanced_code,
        reply=event.reply,
    )


def _is_of(event: _Event, campaign: str) -> bool:
    """Logs of older versions do not name the campaign."""
    return event.campaign in {None, campaign}


def _timestamp(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return 0.0


def _events(log: Path) -> Iterator[_Event]:
    try:
        with log.open("rb") as file:
            for line in file:
                with suppress(msgspec.DecodeError):
                    yield _decode(line)
    except OSError as error:
        raise InputError(
            f"{log} cannot be read: {error.strerror or error}.", next_step="Name the campaign's own log: log.jsonl"
        ) from error
