"""The documents are kept: every setting, command, option, guard and status has its line, and numbers are right."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer
from msgspec import inspect

from mass_apology import settings
from mass_apology.cli.app import app
from mass_apology.guards import GUARDS
from mass_apology.languages import SHIPPED
from mass_apology.letter.localise import Localiser
from mass_apology.letter.markup import (
    compiled_letter,
    expression_size,
    html_layout,
    rendering_work,
    source,
)
from mass_apology.letter.markup.sandbox import _COMPILED, LetterEnvironment
from mass_apology.letter.message import attach
from mass_apology.model import Status
from mass_apology.system import bounded_toml

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
README = PAGES[0].read_text(encoding="utf-8")
PROSE = "\n".join(page.read_text(encoding="utf-8") for page in PAGES[1:] if page.name != "commands.md")


def _tables(kind: Any, top: str = "") -> Iterator[tuple[str, type[msgspec.Struct]]]:
    """Every table of campaign.toml with the top-level key that it stands under, "" for those keys themselves."""
    if isinstance(kind, inspect.StructType):
        yield top, kind.cls
        for field in kind.fields:
            yield from _tables(field.type, top or field.encode_name)
    for part in ("type", "types", "item_type", "value_type"):
        within = getattr(kind, part, ())
        for each in within if isinstance(within, tuple) else (within,):
            yield from _tables(each, top)


TABLES = {table: top for top, table in _tables(inspect.type_info(settings.Campaign))}


def test_every_table_of_the_settings_is_compared() -> None:
    assert {each for each in vars(settings).values() if getattr(each, "__name__", "").endswith("Settings")} < {*TABLES}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_every_setting_is_documented_where_its_table_is(table: type[msgspec.Struct]) -> None:
    sections = (ROOT / "docs/campaign.md").read_text(encoding="utf-8").split("\n## ")
    headings = [each.partition("\n")[0] for each in sections]
    top = TABLES[table]
    (at,) = [number for number, heading in enumerate(headings) if (f"[{top}]" if top else "The campaign") in heading]
    documented = set(re.findall(r"`\[?([a-z_]+)\]?`", sections[at]))
    if not top:  # the tables have sections of their own
        documented |= set(re.findall(r"`\[+([a-z_]+)\]+`", " ".join(headings)))
    keys = {field.encode_name for field in msgspec.structs.fields(table)}
    if table is settings.Campaign:
        keys -= {"further_relays"}  # no key: the program keeps there what [[relay]] says beyond the first
    if table is settings.ColumnSettings:
        keys -= {"made", "released"}  # no keys: the program keeps there what a user's own names, and `false`, say
    assert keys <= documented


def test_every_filter_is_documented() -> None:
    page = (ROOT / "docs/templates.md").read_text(encoding="utf-8")
    filters = set(LetterEnvironment(Localiser(SHIPPED["en"])).filters) - _COMPILED
    assert {name for name in filters if f"`{name}`" not in page} == set()


def test_every_environment_variable_is_documented() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "mass_apology").rglob("*.py"))
    assert {name for name in re.findall(r"\bMASS_APOLOGY_[A-Z_]+\b", code) if name not in PROSE} == set()


def test_every_status_is_in_the_glossary() -> None:
    page = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    assert all(status in page for status in Status)


def _power(number: int) -> str:
    """``10**30`` → "10³⁰"."""
    digits = str(number)
    assert digits.strip("0") == "1"
    return "10" + str(len(digits) - 1).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


LIMITS = {
    "campaign.toml": f"{bounded_toml.MAX_OCTETS // 1024} KB",
    "tables and lists in it, inside one another": f"{bounded_toml.MAX_DEPTH}",
    "its keys and items of lists, together": f"{bounded_toml.MAX_ENTRIES:,}",
    "one text": f"{bounded_toml.MAX_TEXT:,} characters",
    "one key": f"{bounded_toml.MAX_KEY} characters",
    "attachments and images of a message together": f"{attach.LIMIT // 1_000_000} MB",
    "one image, and the logo": f"{attach.IMAGE_LIMIT // 1_000_000} MB",
    "a letter's file; an HTML page": f"{source.MAX_LETTER // 1024} KB; {source.MAX_HTML_LETTER // 1024} KB",
    "a letter in plain text, a layout's file, a `scenario.toml`": f"{source.MAX_SIZE // 1024} KB",
    "a letter in Markdown": f"{source.MAX_LINES:,} lines",
    "one paragraph": f"{source.MAX_PARAGRAPH:,} characters",
    "a letter's tables": f"{source.MAX_CELLS:,} cells",
    "a layout, an HTML page": f"{html_layout.MAX_ELEMENTS:,} elements",
    "a file's expressions and statements": f"{expression_size.MAX_PIECES:,}",
    "one of them": f"{expression_size.MAX_WORDS} words and signs",
    "its steps; its brackets inside one another": f"{expression_size.MAX_DEPTH}; {expression_size.MAX_BRACKETS}",
    "conditions and loops inside one another": f"{expression_size.MAX_BLOCKS}",
    "`elif` in one `if`": f"{expression_size.MAX_BRANCHES}",
    "a number that is written out": f"{expression_size.MAX_DIGITS} characters",
    "a text or list that a letter puts together": f"{rendering_work.MAX_TEXT:,}",
    "a value, with all that is in it": f"{rendering_work.MAX_VALUE:,}",
    "a product; any whole number": f"{_power(rendering_work.MAX_NUMBER)}; {rendering_work.MAX_BITS:,} bits",
    "the work for one letter": f"{rendering_work.MAX_UNITS:,} characters, items and rounds; "
    f"{rendering_work.MAX_SECONDS} s",
    "a letter: subject, text and HTML": f"{compiled_letter.MAX_PIECES:,} pieces; "
    f"{compiled_letter.MAX_CHARACTERS:,} characters",
}


def test_the_limits_are_those_of_the_code() -> None:
    section = (ROOT / "docs/campaign.md").read_text(encoding="utf-8").split("\n## Limits\n")[1].split("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")]
    assert {of: most for of, most, _ in rows[1:]} == LIMITS


def test_every_limit_is_in_the_table() -> None:
    """Whoever adds a limit tells it: each module's constants are counted."""
    modules = (bounded_toml, expression_size, html_layout, rendering_work, compiled_letter, source)
    names = [name for module in modules for name in vars(module) if name.startswith("MAX_")]
    assert len(names) + len(["LIMIT", "IMAGE_LIMIT"]) == sum(len(most.split("; ")) for most in LIMITS.values()), sorted(
        names
    )


def _words(command: Any, *before: str) -> Iterator[tuple[str, Any]]:
    """Every command that does something by itself, as it is typed."""
    for name, each in command.commands.items():
        within = getattr(each, "commands", {})
        if not within or each.invoke_without_command:
            yield " ".join((*before, name)), each
        if within:
            yield from _words(each, *before, name)


COMMANDS = dict(_words(typer.main.get_command(app)))


def test_the_page_of_commands_has_each_command_and_no_other() -> None:
    page = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_documented(name: str) -> None:
    page = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
    section = page.split(f"\n## {name}\n")[1].split("\n## ")[0]
    options = [option for each in COMMANDS[name].params if each.param_type_name == "option" for option in each.opts]
    assert [option for option in options if not re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", section)] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_explained_by_a_page_besides_its_help(name: str) -> None:
    assert f"mass-apology {name}" in PROSE or f"`{name}" in PROSE


def test_the_glossary_has_the_statuses_and_no_others() -> None:
    section = (ROOT / "docs/glossary.md").read_text(encoding="utf-8").split("\n## Statuses\n")[1].split("\n## ")[0]
    assert set(re.findall(r"\b[A-Z_]{6,}\b", section)) == set(Status)


def test_the_page_of_guards_has_the_guards_and_no_others() -> None:
    page = (ROOT / "docs/guards.md").read_text(encoding="utf-8")
    table = page.split("| code | the accident | it looks at |")[1].split("\n\n")[0]
    assert sorted(re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE)) == sorted(GUARDS)


def test_the_readme_has_every_page() -> None:
    linked = set(re.findall(r"^- \[docs/[\w.-]+\]\(docs/([\w.-]+\.md)\)", README, re.MULTILINE))
    assert linked == {path.name for path in (ROOT / "docs").glob("*.md")}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        file, _, heading = target.partition("#")
        if re.match(r"[a-z]+:", target):  # another place, or an example
            continue
        path = page.parent / file if file else page
        assert path.exists(), target
        if heading:
            titles = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in {_anchor(title) for title in titles}, target


def _anchor(title: str) -> str:
    """A heading's name in links: "A `row`, and more" → "a-row-and-more"."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


UNDER_TWENTY = (
    *("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
TENS = ("twenty", "thirty", "forty", "fifty")


def in_words(number: int) -> str:
    """``27`` → "twenty-seven"."""
    if number < 20:
        return UNDER_TWENTY[number]
    tens, ones = divmod(number - 20, 10)
    return f"{TENS[tens]}-{UNDER_TWENTY[ones]}" if ones else TENS[tens]


LETTERS = [path for path in (ROOT / "templates").glob("*/??.md") if path.parent.name not in {"layouts", "legal"}]
SITUATIONS = {path.parent for path in LETTERS}
LANGUAGES = {path.stem for path in LETTERS}
COUNTED = {
    r"([\w-]+) \[guards\]": len(GUARDS),
    r"([\w-]+) guards\b": len(GUARDS),
    r"([\w-]+) situations\b": len(SITUATIONS),
    r"situations,? in ([\w-]+) languages": len(LANGUAGES),
}


@pytest.mark.parametrize("pattern", COUNTED)
def test_numbers_in_the_pages_are_those_of_the_code(pattern: str) -> None:
    numbers = {
        *UNDER_TWENTY,
        *(f"{each}{more}" for each in TENS for more in ("", *(f"-{n}" for n in UNDER_TWENTY[1:10]))),
    }
    said = {word.lower() for word in re.findall(pattern, f"{README}\n{PROSE}", re.IGNORECASE)} & numbers
    assert said <= {in_words(COUNTED[pattern])}


def test_the_numbers_of_the_readme_are_found() -> None:
    assert f"{in_words(len(GUARDS))} [guards]" in README
    assert f"{in_words(len(SITUATIONS))} situations in {in_words(len(LANGUAGES))} languages" in README


def test_nothing_is_called_installable_that_is_not_published() -> None:
    texts = [*PAGES, *(ROOT / "mass_apology").rglob("*.py"), *(ROOT / "templates").rglob("*.toml")]
    by_name = re.compile(r"(?:pip|pipx|uv tool|uv pip) install [^\n|]*(?<![\w/])mass-apology\b")
    assert [str(path) for path in texts if by_name.search(path.read_text(encoding="utf-8"))] == []


def test_every_extra_is_on_the_page_of_installing() -> None:
    page = (ROOT / "docs/installing.md").read_text(encoding="utf-8")
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert {extra for extra in extras if f"`{extra}`" not in page} == set()
