"""Lines on a terminal break between words only, and what is copied from them stays whole."""

from __future__ import annotations

import io

import pytest

from mass_apology.cli.terminal_lines import columns, terminal_width, wrapped

ADVICE = "  → Mend the rows named here, then look at it again, and to set them aside: mass-apology send --skip-bad-rows"


def test_lines_are_as_wide_as_the_terminal_and_hang_below_the_words() -> None:
    lines = wrapped(ADVICE, 40).split("\n")
    assert all(columns(line) <= 40 for line in lines)
    assert all(line.startswith("    ") for line in lines[1:])
    assert " ".join(line.strip() for line in lines) == ADVICE.strip()


@pytest.mark.parametrize(
    "whole",
    [
        "mass-apology send --skip-bad-rows",
        'mass-apology purge --older-than "90 days" --confirm 2',
        "/srv/campaigns/acme-outage-2026/templates/en.md",
        "customer.with.a.long.name@department.company.example",
        "https://acme.example/a/b/c?d=e",
    ],
)
@pytest.mark.parametrize("width", [30, 47, 60])
def test_what_is_copied_stays_whole(whole: str, width: int) -> None:
    lines = wrapped(f"Some words that come before it, {whole}. And some more after it, for a second line.", width)
    assert any(whole in line for line in lines.split("\n"))
    assert all(columns(line) <= width or whole in line for line in lines.split("\n"))


def test_a_command_ends_with_its_sentence() -> None:
    text = "ask it: mass-apology reconcile --log a.log. To send them again all the same, run it with more."
    assert wrapped(text, 42).split("\n") == [
        "ask it:",
        "  mass-apology reconcile --log a.log. To",
        "  send them again all the same, run it",
        "  with more.",
    ]


def test_values_hang_in_their_column_and_lines_stay_apart() -> None:
    assert wrapped("rows  one two three\nsize  four five six", 12, hang=6) == (
        "rows  one\n      two\n      three\nsize  four\n      five\n      six"
    )


def test_wide_letters_take_two_columns() -> None:
    assert columns("名前") == 4
    assert wrapped("名前 名前 名前", 9) == "名前 名前\n  名前"


def test_a_file_is_no_terminal() -> None:
    closed = io.StringIO()
    closed.close()
    assert terminal_width(io.StringIO()) is None
    assert terminal_width(closed) is None
