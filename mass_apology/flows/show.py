"""ledger → what people and scripts look at: where a campaign stands, and what became of everyone."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import msgspec
from msgspec import Struct

from mass_apology.campaign import LEDGER_NAME, read_campaign
from mass_apology.errors import OutputError
from mass_apology.flows import plan
from mass_apology.flows.log import without_addresses
from mass_apology.flows.output import new_file
from mass_apology.ledger import Control, Records, Result
from mass_apology.model import Status

COLUMNS = (
    "recipient",
    "address",
    "language",
    "wave",
    "status",
    "attempts",
    "code",
    "enhanced_code",
    "reply",
    "message_id",
    "accepted_at",
    "sha256",
    "rows",
)
TOP_REPLIES = 20
_WITH_DIGITS = re.compile(r"\b\w*\d\w*\b")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Standing(Struct, frozen=True, kw_only=True):
    """Where a campaign stands at this moment."""

    campaign: str
    activity: str  # "sending (pid 4711 on host)", "not running", …
    counts: Mapping[Status, int]
    due: int


class ReplyCount(Struct, frozen=True, kw_only=True):
    """How many letters ended with one reply."""

    status: Status
    code: int | None
    text: str  # codes and the first words, without addresses
    count: int


class Report(Struct, frozen=True, kw_only=True):
    """Who was reached and who was not."""

    campaign: str
    letters: int
    due: int
    counts: Mapping[Status, int]
    replies: tuple[ReplyCount, ...]  # of letters that were not accepted, the most frequent first
    written: str | None  # the file with a row per recipient


def standing(folder: Path) -> Standing:
    """Read the ledger as it is; works while ``send`` runs."""
    campaign = read_campaign(folder)
    with Records.open(folder / LEDGER_NAME, campaign.name) as ledger:
        counts = ledger.counts(plan.FIRST_WAVE)
        return Standing(
            campaign=campaign.name,
            activity=_activity(ledger),
            counts=counts,
            due=plan.due(counts),
        )


def report(folder: Path, to: Path | None, *, force: bool) -> Report:
    """Sum up the ledger, and write a row per recipient to ``to`` (.csv or .json) where it is given.

    Raises ``OutputError`` if the file exists and ``force`` is false, or cannot be written.
    """
    campaign = read_campaign(folder)
    with Records.open(folder / LEDGER_NAME, campaign.name) as ledger:
        if to is not None:
            _write(ledger.results(plan.FIRST_WAVE), to, force=force)
        counts = ledger.counts(plan.FIRST_WAVE)
        return Report(
            campaign=campaign.name,
            letters=sum(counts.values()),
            due=plan.due(counts),
            counts={status: count for status, count in counts.items() if count},
            replies=_replies(ledger.results(plan.FIRST_WAVE)),
            written=str(to) if to else None,
        )


def _activity(ledger: Records) -> str:
    holder = ledger.holder()
    if holder is None:
        return "not sending"
    asked = {Control.RUN: "sending", Control.PAUSE: "paused", Control.STOP: "stopping"}[ledger.requested()]
    return f"{asked} (process {holder.pid} on {holder.host})"


def _replies(results: Iterable[Result]) -> tuple[ReplyCount, ...]:
    """What was said about letters that were not accepted, the most frequent first."""
    counts: Counter[tuple[Status, int | None, str]] = Counter()
    for result in results:
        if result.reply is not None and result.status is not Status.ACCEPTED:
            counts[result.status, result.code, _kind_of_reply(result)] += 1
    return tuple(
        ReplyCount(status=status, code=code, text=text, count=count)
        for (status, code, text), count in counts.most_common(TOP_REPLIES)
    )


def _kind_of_reply(result: Result) -> str:
    """Words with digits are queue ids and times, which differ from letter to letter."""
    codes = " ".join(str(each) for each in (result.code, result.enhanced_code) if each is not None)
    words = _WITH_DIGITS.sub("…", without_addresses(result.reply or ""))
    return f"{codes} {words}".strip()[:120]


def _write(results: Iterable[Result], to: Path, *, force: bool) -> None:
    writers = {".csv": _write_csv, ".json": _write_json}
    if to.suffix not in writers:
        raise OutputError(
            f"{to} ends in neither .csv nor .json.", next_step="Name the file results.csv or results.json."
        )
    with new_file(to, force=force) as file:
        writers[to.suffix](results, file)


def _write_csv(results: Iterable[Result], file: TextIO) -> None:
    rows = csv.writer(file)
    rows.writerow(COLUMNS)
    for result in results:
        rows.writerow([_cell(value) for value in _row(result).values()])


def _write_json(results: Iterable[Result], file: TextIO) -> None:
    """An array with an object a line, so that it streams and can still be read as one."""
    encode = msgspec.json.Encoder().encode
    before = "["
    for result in results:
        file.write(f"{before}\n{encode(_row(result)).decode()}")
        before = ","
    file.write("\n]\n" if before == "," else "[]\n")


def _row(result: Result) -> Mapping[str, object]:
    return {
        "recipient": result.name,
        "address": result.address,
        "language": result.language,
        "wave": result.wave,
        "status": result.status,
        "attempts": result.attempts,
        "code": result.code,
        "enhanced_code": result.enhanced_code,
        "reply": result.reply,
        "message_id": result.message_id or None,
        "accepted_at": _iso(result.accepted_at),
        "sha256": result.sha256.hex() if result.sha256 else None,
        "rows": " ".join(map(str, msgspec.json.decode(result.lines, type=list[int]))),
    }


def _cell(value: object) -> object:
    """Safe to open in a spreadsheet: what would run as a formula is marked as text."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def _iso(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
