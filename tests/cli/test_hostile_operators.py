"""No file of the operator's own breaks a command, whatever stands in it or in its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import hostile
from bench.hostile_operators import OperatorsFile, make, operators_files

pytestmark = pytest.mark.slow

EVERY = operators_files()
_SEEDS = 3  # of the files that are changed at random; the bench tries all
_SHARE = 3  # and of the others, this part with a second command
FILES = [each for each in EVERY if "mutated" not in each.name or int(each.name.rpartition("-")[2]) < _SEEDS]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_an_operators_file_gets_a_sentence(file: OperatorsFile, tmp_path: Path) -> None:
    hostile.load_modules()
    make(file, tmp_path)
    number = FILES.index(file)
    others = hostile.OPERATORS_COMMANDS[1:]
    more = [others[number // _SHARE % len(others)]] if number % _SHARE == 0 else []
    for command in ("check", *more):
        outcome = hostile.run(file, tmp_path, command)
        assert outcome.fault == "", outcome.said
        named = (Path(file.file).name, "campaign.toml", "cannot be read", "not a file", "codes.csv", "`note`")
        if command == "check" and outcome.code:
            assert any(name in outcome.said for name in named), outcome.said
        assert len(outcome.said) < 40_000, "nobody reads that much"


def test_there_are_many_and_each_has_its_name() -> None:
    names = [each.name for each in EVERY]
    assert len(set(names)) == len(names) >= 170
    assert len(names) + len(hostile.customers_files()) >= 400
