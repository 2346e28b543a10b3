"""What people write into letters is read by ``check``: facts, columns and templates, every text that differs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from live import Row, campaign_folder, customers

from mass_apology.flows.check.check import CheckOptions, check
from mass_apology.flows.plan.plan_check import Check
from mass_apology.letter.inspecting.distinct_letters import LINES
from mass_apology.preflight import Group
from mass_apology.workspace.workspace import Workspace

NOWHERE = "smtp+plain://127.0.0.1:1"
RULE = "wording-conditional-apology"
CONDITIONAL = "We are sorry if you were affected."


def look(folder: Path) -> Check:
    options = CheckOptions(offline=True)
    return asyncio.run(check(Workspace.open(folder), options, None, force=False, on_progress=lambda *_: None))


def made(folder: Path, letter: str, rows: Sequence[Row], **tables: Mapping[str, object]) -> Check:
    made_folder = campaign_folder(folder, NOWHERE, rows, **tables)
    text = f"Subject: Your order\n\n{{{{ salutation }}}}\n\n{letter}\n"
    (made_folder / "templates/sorry/en.md").write_text(text, encoding="utf-8")
    return look(made_folder)


def accepting(folder: Path, passage: str) -> Check:
    with (folder / "campaign.toml").open("a", encoding="utf-8") as file:
        file.write(
            f'[[wording.accepted]]\nrule = "conditional-apology"\npassage = "{passage}"\n'
            'reason = "Our lawyers want it so."\n'
        )
    return look(folder)


def group(found: Check, code: str = RULE) -> Group:
    return next(each for each in found.groups if each.code == code)


def test_a_fact_is_read_and_named(tmp_path: Path) -> None:
    letter = "{{ incident.what }} Call {{ customer.name }}."
    found = made(tmp_path, letter, customers(30), incident={"service": "A", "what": CONDITIONAL})
    (example,) = group(found).examples
    assert example.where == "campaign.toml, [incident] what"
    assert "30 letters" in example.problem
    assert example.advice.startswith("Better: ")
    assert not found.sendable


def test_a_column_is_read_and_its_rows_are_named(tmp_path: Path) -> None:
    rows = [{**row, "reason": CONDITIONAL if n == 7 else "It broke in May."} for n, row in enumerate(customers(20))]
    (example,) = group(made(tmp_path, "{{ customer.reason }}", rows)).examples
    assert example.where == "affected.csv, line 9, column reason"
    assert "1 letter, of line 9" in example.problem


def test_an_optional_sentence_is_read_where_it_is_written(tmp_path: Path) -> None:
    letter = "We broke it.\n{% if customer.minutes > 80 %}\n" + CONDITIONAL + "\n{% endif %}"
    (example,) = group(made(tmp_path, letter, customers(89))).examples
    assert example.where == "template sorry, letter en"
    assert "9 letters, of lines 82, 83," in example.problem


def test_of_many_letters_the_first_lines_are_named(tmp_path: Path) -> None:
    (example,) = group(made(tmp_path, CONDITIONAL, customers(40))).examples
    lines = ", ".join(str(number) for number in range(2, LINES + 2))
    assert f"40 letters, of lines {lines}, …" in example.problem


def test_letters_that_differ_by_names_and_numbers_are_one(tmp_path: Path) -> None:
    letter = "We owe you {{ customer.minutes }} euros, {{ customer.name }}. " + CONDITIONAL
    assert group(made(tmp_path, letter, customers(80))).count == 1


def test_what_is_accepted_needs_a_reason_and_is_shown(tmp_path: Path) -> None:
    made(tmp_path, CONDITIONAL, customers(3))
    found = accepting(tmp_path, "sorry if")
    assert RULE not in {each.code for each in found.groups}
    assert "Our lawyers want it so." in group(found, "wording-accepted").examples[0].problem


def test_another_passage_is_not_accepted_by_it(tmp_path: Path) -> None:
    made(tmp_path, CONDITIONAL, customers(3))
    assert group(accepting(tmp_path, "sorry should")).count == 1


def test_a_letter_of_one_s_own_is_asked_for_no_parts(tmp_path: Path) -> None:
    found = made(tmp_path, "Our office moves to Tartu in May.", customers(3))
    assert [each.code for each in found.groups if each.code.startswith("wording-")] == []


def test_a_language_of_one_s_own_has_rules_of_its_own(tmp_path: Path) -> None:
    folder = campaign_folder(tmp_path, NOWHERE, [{**each, "language": "da"} for each in customers(3)])
    (folder / "templates/sorry/da.md").write_text("Subject: Ordre\n\nVi beklager, hvis du blev ramt.\n")
    (folder / "wording").mkdir()
    (folder / "wording/da.toml").write_text(
        'language = "Danish"\n[phrases]\nsorry = ["beklager"]\n'
        '[rules.conditional-apology]\nfind = ["<sorry> ... hvis"]\nbetter = "Vi beklager, at ordren kom for sent."\n'
    )
    (example,) = group(look(folder)).examples
    assert "beklager, hvis" in example.problem


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("language = 3\n", "language"),
        ('language = "Danish"\n[rules.euphemism]\nfind = ["(a b"]\n', "a bracket is not closed"),
        ('language = "Danish"\n[rules.euphemism]\nfind = ["... gene"]\n', "must begin with a word"),
        ('language = "Danish"\n[rules.euphemisms]\nfind = ["gene"]\n', "did you mean euphemism?"),
    ],
)
def test_a_mistake_in_it_is_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    folder = campaign_folder(tmp_path, NOWHERE, [{**each, "language": "da"} for each in customers(3)])
    (folder / "templates/sorry/da.md").write_text("Subject: Ordre\n\nVi beklager.\n")
    (folder / "wording").mkdir()
    (folder / "wording/da.toml").write_text(text)
    found = group(look(folder), "wording-rules").examples[0]
    assert said in found.problem
    assert "wording/da.toml" in found.where
