"""A campaign of one customer: no sentence says "1 letters"."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from live import campaign_folder, customers, relay
from shell import command

from mass_apology.quantities import are, counted, were

pytestmark = pytest.mark.slow

MANY = re.compile(
    r"\b1 (?:more |refused |test |different )?"
    r"(?:letters|people|persons|rows|addresses|entries|customers|approvals|times|replies|lines|codes|files|days|hours|"
    r"minutes|seconds)\b"
    r"|\b1 (?:letter|person|row|customer|more) (?:are|were|have|go)\b"
)
BEFORE = (
    "check",
    "check --to {folder}/../check.html",
    "preview --to {folder}/../letters.txt",
    "preview --to {folder}/../letters.html",
    "test --to me@acme.example --sample 1",
    "approve --by Anna",
    "send --confirm 2",
    "send --confirm 1",
)
AFTER = (
    "check",
    "send --confirm 2",
    "status",
    "report",
    "report --to {folder}/../report.html",
    "follow-up --plan",
    "follow-up",
    "follow-up --arm later --confirm 2",
    "follow-up --arm later --confirm 1",
    "purge --older-than 1d --confirm 2",
)
FOLLOW_UP = '\n[[follow_up]]\nname = "later"\ntemplate = "sorry"\nafter = "3 days"\n'


def test_one_letter_is_not_letters(tmp_path: Path) -> None:
    with relay() as live:
        folder = campaign_folder(tmp_path / "trial", live.sink.url, [{**customers(1)[0], "minutes": "4"}])
        with (folder / "campaign.toml").open("a", encoding="utf-8") as file:
            file.write(FOLLOW_UP)
        said = [(words, command(*words.format(folder=folder).split(), "-C", folder)) for words in BEFORE + AFTER]
    assert len(live.received) == 2
    for words, done in said:
        assert not MANY.findall(done.stdout + done.stderr), words
    for page in ("check.html", "letters.html", "letters.txt", "report.html"):
        assert not MANY.findall((tmp_path / page).read_text(encoding="utf-8")), page
    told = {words: done.stdout + done.stderr for words, done in said}
    assert "1 of 1 test letter accepted" in told["test --to me@acme.example --sample 1"]
    assert "1 letter is due, through" in told["send --confirm 1"]
    assert "is of 1 letter, but the number given was 2" in told["follow-up --arm later --confirm 2"]


@pytest.mark.parametrize(
    ("count", "one", "many", "said"),
    [
        (1, "letter", "", "1 letter"),
        (0, "letter", "", "0 letters"),
        (48_172, "address", "", "48,172 addresses"),
        (2, "entry", "", "2 entries"),
        (2, "day", "", "2 days"),
        (1, "person was", "people were", "1 person was"),
        (2, "person was", "people were", "2 people were"),
    ],
)
def test_a_noun_is_counted(count: int, one: str, many: str, said: str) -> None:
    assert counted(count, one, many) == said


def test_the_verb_agrees() -> None:
    assert [(are(count), were(count)) for count in (0, 1, 2)] == [("are", "were"), ("is", "was"), ("are", "were")]
