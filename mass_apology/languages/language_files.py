"""``languages/de.toml`` in a campaign's folder → a language that is not shipped, or other words for one that is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from msgspec.structs import replace

from mass_apology.errors import CampaignError
from mass_apology.languages.language import Language
from mass_apology.languages.registry import CODE, SHIPPED, Languages
from mass_apology.languages.vocative import first_name
from mass_apology.system.bounded_toml import MAX_OCTETS, parse_toml
from mass_apology.system.regular_file import read_regular
from mass_apology.type_errors import converted

FOLDER = "languages"
"""Where a campaign describes languages, in its own folder."""

_GREETINGS = ("salutations", "informal")
_RULE = ("called", "gender_by_name")  # of salutations: how names are addressed, which no file can say


def language_files(folder: Path) -> list[Path]:
    """The files of a campaign's folder that describe languages."""
    return sorted((folder / FOLDER).glob("*.toml"))


def read_languages(folder: Path) -> Languages:
    """The shipped languages and those of a campaign's folder, each of whose fields goes before the shipped one.

    Raises ``CampaignError`` that names each file that cannot be used, and the key.
    """
    own: dict[str, Language] = {}
    problems: list[str] = []
    for path in language_files(folder):
        try:
            own[path.stem] = _language(path)
        except OSError as error:
            problems.append(f"{path} cannot be read: {error.strerror}")
        except ValueError as error:  # not UTF-8, not TOML, an unknown or mistyped field
            problems.append(f"{path}: {error}")
    if problems:
        raise CampaignError(
            "; ".join(problems) + ".", next_step="Mend what is named here (docs/languages.md lists all fields)."
        )
    return Languages({each.code: each for each in SHIPPED}, own)


def _language(path: Path) -> Language:
    """One file's fields over the shipped ones. ``ValueError`` with a clause."""
    if not CODE.fullmatch(path.stem):
        raise ValueError("it is not named after a language's code, such as de.toml")
    table = parse_toml(read_regular(path, MAX_OCTETS).decode("utf-8-sig").replace("\r\n", "\n"))
    _refuse_programs_own(table)
    told, shipped = converted({**table, "code": path.stem}, Language), SHIPPED[path.stem]
    fields = {name: getattr(told, name) for name in table}
    for each in _GREETINGS:
        greetings, known = getattr(told, each), getattr(shipped, each)
        if greetings and known:  # other words, and the same rule for names
            fields[each] = replace(greetings, **{name: getattr(known, name) for name in _RULE})
        elif greetings and each == "informal":
            fields[each] = replace(greetings, called=first_name)
    return replace(shipped, **fields)


def _refuse_programs_own(table: dict[str, Any]) -> None:
    """Raise ``ValueError`` for what is no file's to say."""
    if "code" in table:
        raise ValueError("`$.code` is the name of the file, and cannot be given")
    if "reading" in table:
        raise ValueError("`$.reading` holds words that the program reads in any campaign, and cannot be given")
    for each in _GREETINGS:
        greetings = table.get(each)
        for name in _RULE:
            if isinstance(greetings, dict) and name in greetings:
                raise ValueError(f"`$.{each}.{name}` is a rule of the program's, and cannot be given")
