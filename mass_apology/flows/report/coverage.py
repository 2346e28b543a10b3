"""For a regulator: which contents that the law asks for stand in each person's letter, and how soon they had it.

A letter is made again from the ledger's rows and the files as they are. Its Date is the only thing that nobody kept, so
the seconds before it was handed over are tried: where one gives the SHA-256 of the octets that left, what is judged is
the very letter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, tzinfo
from enum import StrEnum

from msgspec import Struct

from mass_apology.errors import MessageError, TemplateError
from mass_apology.flows.person.whose_letters import wave_letter
from mass_apology.flows.plan import plan
from mass_apology.ledger import Records, Result
from mass_apology.letter.letter_writer import Writer
from mass_apology.letter.message.compose import rfc5322_date
from mass_apology.model import Delivery
from mass_apology.system.time_zones import zone_named
from mass_apology.workspace.workspace import Workspace

AWARE = "aware_at"
"""The fact in ``[incident]`` that says when we became aware: the time counts from there."""

_AHEAD = 900  # seconds that a letter may have been ready before it was handed over
_TRIALS = 3  # letters of which all these seconds are tried in vain, before that is given up


class Basis(StrEnum):
    """What a letter was judged by."""

    OCTETS = "the octets that left"  # it was made again, and has the same SHA-256
    FILES = "the files that it was made from"  # they are as they were, by their digests
    NOTHING = ""  # no letter left, or the files changed since, or the ledger was purged


class Cover(Struct, frozen=True, kw_only=True):
    """What one person was told, and when."""

    result: Result
    basis: Basis
    given: int | None  # contents that stand in the letter; None where it could not be judged
    missing: tuple[str, ...]  # the others, with their articles
    minutes: int | None  # from becoming aware to the relay's acceptance


class CoverageSum(Struct, frozen=True, kw_only=True):
    """All of them in figures."""

    legal_pack: str  # "gdpr-34"; empty where the template has none
    contents: int  # that it asks for
    aware_at: datetime | None
    letters: int  # that the relay took
    octets: int  # of these: judged by the octets that left
    files: int  # judged by the files that they were made from
    complete: int  # with all contents
    missing: dict[str, int]  # content → letters without it
    first_minutes: int | None  # from becoming aware to the first acceptance
    last_minutes: int | None
    written: str  # the table's file


class Coverage:
    """Judges the letters of one wave, and adds up what it finds."""

    def __init__(self, workspace: Workspace, ledger: Records, wave: str) -> None:
        """Compile the letters. Raises ``MassApologyError`` where a template, an attachment or a pack cannot be used."""
        campaign = workspace.campaign
        self.aware_at = aware_at(campaign.incident.get(AWARE), zone_named(campaign.time_zone))
        written_from = None if ledger.is_purged else wave_letter(workspace, wave, None)
        self._writer: Writer | None = None
        self._same_files = False
        if written_from is not None:
            recipe = plan.writer_recipe(workspace, ledger.header, written_from.template, written_from.subject_line)
            self._writer = recipe()
            parts = workspace.letter_parts(written_from.template)
            editions = [each.digest_parts for each in ledger.editions() if each.wave == wave]
            self._same_files = bool(editions) and all(dict(each) == parts for each in editions)
        self.legal_pack = self._writer.legal_pack if self._writer else ""
        self.contents: Sequence[str] = self._writer.legal_contents if self._writer else ()
        self._found = Counter[Basis]()
        self._letters = self._complete = 0
        self._missing = Counter[str]()
        self._minutes: list[int] = []
        self._seconds_ahead = 0  # what gave the octets of the letter before
        self._eightbit = True
        self._tries = _TRIALS

    def of(self, results: Iterable[Result]) -> Iterator[Cover]:
        """Each person's cover, added up as it passes."""
        for result in results:
            cover = self._cover(result)
            if result.accepted_at is not None:
                self._add(cover)
            yield cover

    def sum(self, written: str = "") -> CoverageSum:
        """What has passed so far."""
        return CoverageSum(
            legal_pack=self.legal_pack,
            contents=len(self.contents),
            aware_at=self.aware_at,
            letters=self._letters,
            octets=self._found[Basis.OCTETS],
            files=self._found[Basis.FILES],
            complete=self._complete,
            missing=dict(self._missing),
            first_minutes=min(self._minutes, default=None),
            last_minutes=max(self._minutes, default=None),
            written=written,
        )

    def _add(self, cover: Cover) -> None:
        self._letters += 1
        self._found[cover.basis] += 1
        self._complete += cover.given is not None and not cover.missing
        self._missing.update(cover.missing)
        if cover.minutes is not None:
            self._minutes.append(cover.minutes)

    def _cover(self, result: Result) -> Cover:
        minutes = None
        if self.aware_at is not None and result.accepted_at is not None:
            minutes = int((result.accepted_at - self.aware_at.timestamp()) // 60)
        basis, missing = Basis.NOTHING, None
        if self._writer is not None and self.contents and result.sha256 is not None:
            basis, missing = self._judged(self._writer, result)
        return Cover(
            result=result,
            basis=basis,
            given=None if missing is None else len(self.contents) - len(missing),
            missing=missing or (),
            minutes=minutes,
        )

    def _judged(self, writer: Writer, result: Result) -> tuple[Basis, tuple[str, ...] | None]:
        delivery = _delivery(result)
        try:
            day = self._date(writer, delivery, result)
            if day is None and not self._same_files:
                return Basis.NOTHING, None
            content = writer.content(delivery, date=day or rfc5322_date(result.handed_over_at or result.planned_at))
        except (TemplateError, MessageError):  # the row lacks what the template wants now
            return Basis.NOTHING, None
        return (Basis.OCTETS if day else Basis.FILES), writer.legally_missing(delivery, content)

    def _date(self, writer: Writer, delivery: Delivery, result: Result) -> str | None:
        """The Date with which the letter has the octets that left; ``None`` where no likely one gives them."""
        at = int(result.handed_over_at or 0)
        before = self._seconds_ahead
        near = [before, *(max(0, before + step) for step in (-1, 1, -2, 2))]
        for ahead in (*near, *(range(_AHEAD) if self._tries else ())):
            for eightbit in (self._eightbit, not self._eightbit):
                day = rfc5322_date(at - ahead)
                if writer.write(delivery, date=day, eightbit=eightbit).sha256 == result.sha256:
                    self._seconds_ahead, self._eightbit, self._tries = ahead, eightbit, _TRIALS
                    return day
        self._tries = max(0, self._tries - 1)
        return None


def aware_at(fact: object, zone: tzinfo) -> datetime | None:
    """The moment of the fact, where it is one; a day counts from its first minute, by the campaign's clock."""
    if isinstance(fact, datetime):
        return fact if fact.tzinfo else fact.replace(tzinfo=zone)
    return datetime.combine(fact, time(), zone) if isinstance(fact, date) else None


def _delivery(result: Result) -> Delivery:
    return Delivery(
        id=result.delivery or 0,
        address=result.address,
        name=result.name,
        language=result.language,
        time_zone=result.time_zone,
        lines=result.lines,
        rows=result.rows,
        message_id=result.message_id,
        wave=result.wave,
        number=result.delivery or 0,
        code=result.customer_code or "",
    )
