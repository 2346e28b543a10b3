"""The campaign of the random stories, as its files are on the disk, and the edits that people make to them.

All there is stands in the files: an edit that a process made before it was killed is there for the next one.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

from live import Row, campaign_folder, write_rows
from msgspec import Struct

WAVES = {"first": "sorry", "one": "one", "two": "two", "correction": "again"}
"""Each wave's template."""

_LETTER = """Subject: {{{{ incident.service }}}}: we are sorry

{{{{ salutation }}}}

This is the letter {wave}, in the words W1, about {{{{ incident.service }}}}, for {{{{ customer.minutes }}}} minutes.
"""
_PAGE = "<!DOCTYPE html><html><body>{{ body }}</body></html>"
_FOLLOW_UPS = """
[schedule]
hours = "00:00-24:00"
weekdays = "mon-sun"

[[follow_up]]
name = "one"
template = "one"
at = 2020-01-01T00:00:00Z

[[follow_up]]
name = "two"
template = "two"
from_wave = "one"
after = "3 days"
"""
_NAMES = ("Anna Żak", "José García", "Maria Smith", "Łukasz Ząbek", "Zoë Brontë", "Jan Novák", "Piotr Lis", "Ana Ruiz")
_KEY = 'key = "number"\n'
_HUNDRED = 100
_PLAIN = str.maketrans("ŻóéíŁąëáżń", "ZoeiLaeazn")

Edit = Callable[[Path, Random], object]


class Shown(Struct, frozen=True, kw_only=True):
    """What letters of a wave would say, as the files are."""

    wave: str
    words: str  # "W17", the template's
    fact: str  # "F3", campaign.toml's
    minutes: Mapping[str, tuple[str, ...]]  # mailbox → what its rows say


def begin(folder: Path, url: str, chance: Random) -> None:
    """A new campaign of six to twelve customers."""
    limits = {"refusals": 1.0, "deferrals": 1.0} if chance.random() < 0.7 else {}
    campaign_folder(
        folder,
        url,
        [_row(number, chance) for number in range(chance.randint(6, 12))],
        top={"layout": "bare"},
        incident={"service": "Service F1"},
        relay={
            "connections": chance.choice((1, 1, 2, 4)),
            "timeout": 3.0,
            "dot_timeout": 0.15,
            "messages_per_connection": chance.choice((2, 1000)),
        },
        limits=limits,
        columns={"key": "number"} if chance.random() < 0.4 else {},
    )
    for wave, name in WAVES.items():
        template = folder / "templates" / name
        template.mkdir(exist_ok=True)
        (template / "en.md").write_text(_LETTER.format(wave=wave), encoding="utf-8")
    layouts = folder / "templates" / "layouts"
    layouts.mkdir(exist_ok=True)
    (layouts / "bare.html").write_text(_PAGE, encoding="utf-8")
    with (folder / "campaign.toml").open("a", encoding="utf-8") as file:
        file.write(_FOLLOW_UPS)


def shown(folder: Path, wave: str) -> Shown:
    """What stands in the files just now."""
    minutes: dict[str, tuple[str, ...]] = {}
    for row in rows(folder):
        mailbox = row["email"].lower()
        minutes[mailbox] = (*minutes.get(mailbox, ()), row["minutes"])
    words = re.search(r"\bW\d+\b", _template(folder, wave).read_text(encoding="utf-8"))
    fact = re.search(r"\bF\d+\b", (folder / "campaign.toml").read_text(encoding="utf-8"))
    assert words
    assert fact
    return Shown(wave=wave, words=words[0], fact=fact[0], minutes=minutes)


def rows(folder: Path) -> list[dict[str, str]]:
    """The customers' file."""
    with (folder / "affected.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def has_key(folder: Path) -> bool:
    """Whether customers are known again by their numbers."""
    return _KEY in (folder / "campaign.toml").read_text(encoding="utf-8")


def customer_of(number: str) -> int:
    """Whose number it is; another system may have given another hundred to all of them."""
    return int(number[1:]) % _HUNDRED


def _template(folder: Path, wave: str) -> Path:
    return folder / "templates" / WAVES[wave] / "en.md"


def _row(number: int, chance: Random) -> Row:
    return {
        "email": f"customer{number}@d{number % 7}.example",
        "name": f"{chance.choice(_NAMES)}",
        "minutes": str(chance.randint(1, 900)),
        "number": f"N{number}",
    }


# Edits of the customers' file


def _change_one(folder: Path, chance: Random, change: Callable[[dict[str, str]], object]) -> None:
    there = rows(folder)
    change(chance.choice(there))
    write_rows(folder / "affected.csv", there)


def _add(folder: Path, chance: Random) -> None:
    there = rows(folder)
    known = [int(row["number"][1:]) for row in there]
    new = _row(max(known) + 1, chance) if chance.random() < 0.7 else _row(chance.randint(0, max(known)), chance)
    there.insert(chance.randint(0, len(there)), dict(new))  # sometimes somebody who is there, or was there
    write_rows(folder / "affected.csv", there)


def _remove(folder: Path, chance: Random) -> None:
    there = rows(folder)
    if len(there) > 3:
        there.remove(chance.choice(there))
    write_rows(folder / "affected.csv", there)


def _rename(folder: Path, chance: Random) -> None:
    _change_one(folder, chance, lambda row: row.update(name=chance.choice(_NAMES)))


def _without_accents(folder: Path, chance: Random) -> None:
    there = [{**row, "name": row["name"].translate(_PLAIN)} for row in rows(folder)]
    write_rows(folder / "affected.csv", there)


def _other_case(folder: Path, chance: Random) -> None:
    _change_one(folder, chance, lambda row: row.update(email=row["email"].swapcase()))


def _other_minutes(folder: Path, chance: Random) -> None:
    _change_one(folder, chance, lambda row: row.update(minutes=str(chance.randint(1, 900))))


def _move(folder: Path, chance: Random) -> None:
    _change_one(folder, chance, lambda row: row.update(email=f"moved{chance.randint(0, 99)}@d1.example"))


def _shares_a_mailbox(folder: Path, chance: Random) -> None:
    there = rows(folder)
    one, other = chance.choice(there), chance.choice(there)
    other.update(email=one["email"])
    write_rows(folder / "affected.csv", there)


def _spoil(folder: Path, chance: Random) -> None:
    _change_one(folder, chance, lambda row: row.update(minutes="many"))


def _mend(folder: Path, chance: Random) -> None:
    there = [{**row, "minutes": "7" if row["minutes"] == "many" else row["minutes"]} for row in rows(folder)]
    write_rows(folder / "affected.csv", there)


def _shuffle(folder: Path, chance: Random) -> None:
    there = rows(folder)
    chance.shuffle(there)
    write_rows(folder / "affected.csv", there)


def _renumber(folder: Path, chance: Random) -> None:
    """Another system's numbers, in the column that may be the key."""
    there = [{**row, "number": f"N{int(row['number'][1:]) + _HUNDRED}"} for row in rows(folder)]
    write_rows(folder / "affected.csv", there)


# Edits of the others


def _words(wave: str) -> Edit:
    def edit(folder: Path, chance: Random) -> None:
        path = _template(folder, wave)
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"\bW\d+\b", f"W{chance.randint(2, 10**6)}", text), encoding="utf-8")

    edit.__name__ = f"words of {wave}"
    return edit


def _fact(folder: Path, chance: Random) -> None:
    _change_toml(folder, r"\bF\d+\b", f"F{chance.randint(2, 10**6)}")


def _rate(folder: Path, chance: Random) -> None:
    _change_toml(folder, r'rate = "[^"]*"', f'rate = "{chance.choice(("unlimited", "2000/s"))}"')


def _key(folder: Path, chance: Random) -> None:
    """A key is named, or is one no more."""
    path = folder / "campaign.toml"
    text = path.read_text(encoding="utf-8")
    if "[columns]" not in text:
        text = text.replace("[schedule]", "[columns]\n[schedule]")
    text = text.replace(_KEY, "") if _KEY in text else text.replace("[columns]\n", f"[columns]\n{_KEY}")
    path.write_text(text, encoding="utf-8")


def _change_toml(folder: Path, pattern: str, new: str) -> None:
    path = folder / "campaign.toml"
    path.write_text(re.sub(pattern, new, path.read_text(encoding="utf-8")), encoding="utf-8")


OF_ROWS: tuple[Edit, ...] = (
    _add,
    _remove,
    _rename,
    _without_accents,
    _other_case,
    _other_minutes,
    _move,
    _shares_a_mailbox,
    _spoil,
    _mend,
    _shuffle,
    _renumber,
)
OF_WORDS: tuple[Edit, ...] = (*map(_words, WAVES), _fact, _rate)
OF_THE_KEY: Edit = _key
