"""docs/architecture.md shows the house as it is: its layers, its files, and what a change touches."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "mass_apology"
PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
PICTURE = PAGE.partition("```text\n")[2].partition("```")[0]
NAMED = sorted(set(re.findall(r"`([\w./-]+(?:\.\w+|/))`", PAGE)) - {"scenario.toml"})  # of the template, by its name
CHANGES = {
    cells[0]: cells
    for line in PAGE.partition("## Where to change what")[2].splitlines()
    if line.startswith("| ") and len(cells := line.strip("| ").split(" | ")) == 3 and cells[0] != "change"
}
SMALL_CHANGES = (
    *("filter", "guard", "finding", "status", "reply", "without a reply", "column of the results", "type of columns"),
    *("bounces", "option", "ledger", "relay", "lint rule", "page", "made from", "language", "webhook", "rates"),
)


@pytest.mark.parametrize("path", NAMED)
def test_every_file_that_the_page_names_is_there(path: str) -> None:
    found = [folder / path for folder in (PACKAGE, ROOT) if (folder / path).exists()]
    assert found
    assert found[0].is_dir() == path.endswith("/")


def test_the_picture_shows_the_layers_of_the_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (layers,) = (each["layers"] for each in contracts if each["id"] == "layers")
    bands = re.split(r"^─.*\n", PICTURE, flags=re.MULTILINE)[1:]
    shown = [{line.partition("│")[0].strip() for line in band.splitlines()} - {""} for band in bands]
    assert shown == [set(layer.split(" | ")) for layer in layers]


def test_every_line_of_the_picture_has_its_columns() -> None:
    assert {re.sub("[^│┼]", "", line).replace("┼", "│") for line in PICTURE.splitlines()} == {"││││"}


def test_each_small_change_has_its_files() -> None:
    assert len(CHANGES) == len(SMALL_CHANGES)
    assert [word for word, change in zip(SMALL_CHANGES, CHANGES, strict=True) if word not in change] == []


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_touches_two_files_at_most_or_the_page_says_how_many(change: str) -> None:
    _, files, how = CHANGES[change]
    count = len(re.findall(r"`[^`]+[^/]`|\ba (?:file|room)\b|\bthe flow\b", files))
    assert count in {1, 2} or "(today " in how
