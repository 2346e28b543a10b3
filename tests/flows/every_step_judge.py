"""The judge of every step: reads the ledger's and the list's files by itself, and believes the relay."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from every_step import Death
from every_step_story import Act, Letter, Story
from msgspec import Struct
from returned_mail import address_of

_ARRIVED = frozenset({"ACCEPTED", "BOUNCED", "COMPLAINED"})
_MAY_HAVE_ARRIVED = _ARRIVED | {"HANDING_OVER", "IN_DOUBT"}
_LETTERS = """
SELECT wave, lines, status, message_id FROM delivery JOIN recipient ON recipient.id = delivery.recipient
"""


class Expected(Struct, frozen=True, kw_only=True):
    """What must be so after an act."""

    letters: Mapping[Letter, str]
    listed: Mapping[int, str]
    armed: Mapping[str, int]
    set_aside: str
    confirmed: int  # plans
    purged: bool

    def after(self, act: Act) -> Expected:
        """Once the act is done."""
        return Expected(
            letters={**self.letters, **act.letters},
            listed={**self.listed, **act.listed},
            armed={**self.armed, **act.armed},
            set_aside=act.set_aside or self.set_aside,
            confirmed=self.confirmed + (act.name in {"send", "send with a grown file", "send after it"}),
            purged=self.purged or act.name == "purge",
        )


NOTHING = Expected(letters={}, listed={}, armed={}, set_aside="", confirmed=0, purged=False)


def wrong_at_once(story: Story) -> list[str]:
    """What is wrong just after a crash, when nothing has been mended yet."""
    if not (story.folder / "ledger.sqlite").exists() or not (story.folder / "ledger.sqlite").stat().st_size:
        return [f"{letter} has arrived and there is no ledger" for letter in story.arrived()]
    rows = _read(story.folder / "ledger.sqlite", _LETTERS)
    statuses = {(wave, _number(lines)): status for wave, lines, status, _ in rows}
    return [
        f"{letter} has arrived and is {statuses.get(letter)}"
        for letter in story.arrived()
        if statuses.get(letter) not in _MAY_HAVE_ARRIVED
    ]


def wrong(story: Story, expected: Expected, death: Death | None) -> list[str]:
    """What is wrong after an act, or after a crash in it and a second try."""
    return [
        *_wrong_letters(story, expected, death),
        *_wrong_books(story.folder / "ledger.sqlite", expected),
        *_wrong_list(story.state / "suppressions.sqlite", expected),
        *(f"{path.name} was left" for path in story.folder.iterdir() if _is_leftover(path)),
    ]


def _wrong_letters(story: Story, expected: Expected, death: Death | None) -> Iterator[str]:
    rows = _read(story.folder / "ledger.sqlite", _LETTERS)
    found = {(wave, _number(lines)): (status, message_id) for wave, lines, status, message_id in rows}
    if len(found) != len(rows):
        yield "somebody has two letters of one wave"
    arrived = story.arrived()
    doubts = 0
    for letter in sorted({*found, *expected.letters, *arrived}):
        status, message_id = found.get(letter, ("nothing", ""))
        wanted = expected.letters.get(letter, "nothing")
        if status == wanted:
            if arrived[letter] != (status in _ARRIVED):
                yield f"{letter} is {status}, and arrived {arrived[letter]} times"
        elif status == "IN_DOUBT" and death is not None:
            doubts += 1
            if arrived[letter] > 1 or not (story.dots[letter] or death.may_leave_doubt):
                yield f"{letter} is {status}, and arrived {arrived[letter]} times"
        else:
            yield f"{letter} is {status}, and should be {wanted}"
        if arrived[letter] and story.message_id(*letter) != message_id:
            yield f"{letter} has another Message-ID at the relay"
    if doubts > 1:  # there is one connection
        yield f"{doubts} letters are in doubt"


def _wrong_books(ledger: Path, expected: Expected) -> Iterator[str]:
    aside = sorted(json.loads(f"[{line}]")[0] - 2 for (line,) in _read(ledger, "SELECT line FROM withheld"))
    facts = {
        "the file's soundness": (_read(ledger, "PRAGMA integrity_check"), [("ok",)]),
        "who holds it": (_read(ledger, "SELECT host FROM lock"), [(None,)]),
        "what was agreed to": (dict(_read(ledger, "SELECT wave, letters FROM armed")), dict(expected.armed)),
        "rows set aside": (aside, [*map(int, expected.set_aside.split())]),
        "messages read": (
            _read(ledger, "SELECT count(*), count(DISTINCT key) FROM feedback"),
            [(6, 6) if 0 in expected.listed else (0, 0)],
        ),
    }
    for what, (is_so, should_be) in facts.items():
        if is_so != should_be:
            yield f"{what}: {is_so}, and not {should_be}"
    notes = [what for (what,) in _read(ledger, "SELECT what FROM note")]
    plans = {what for what in notes if what.startswith("plan ") and "confirmed" in what}
    if len(plans) < expected.confirmed:
        yield f"of {expected.confirmed} confirmed plans {len(plans)} are noted"
    if expected.purged != ("personal data purged" in notes):
        yield "the note of the purge"


def _wrong_list(path: Path, expected: Expected) -> Iterator[str]:
    entries = _read(path, "SELECT address, reason FROM entry") if path.exists() else []
    wanted = Counter((address_of(number), reason) for number, reason in expected.listed.items())
    if expected.purged:
        wanted = Counter((None, reason) for _, reason in wanted.elements())
    if Counter(entries) != wanted:
        yield f"the list holds {entries}"


def _read(path: Path, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        return connection.execute(question).fetchall()


def _number(lines: object) -> int:
    """The customer, by the first line number of the file: the header is line 1, and customer 0 is below it."""
    return int(json.loads(str(lines))[0]) - 2


def _is_leftover(path: Path) -> bool:
    """A temporary file."""
    return path.name.startswith(".") or ".plan-" in path.name
