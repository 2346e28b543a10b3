"""``init`` and ``templates`` as a shell runs them: what is shown, and the exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest
from shell import command

pytestmark = pytest.mark.slow


def test_init_shows_what_it_takes_for_what(tmp_path: Path) -> None:
    text = "E-mail;Imię i nazwisko;Język;first name;plan\na@b.net;Jan Nowak;pl;Jan;pro\n"
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    made = command("init", "acme", "--template", "service-outage", "--recipients", "a.csv", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    for words in (
        "E-mail  (by its name)",
        "Imię i nazwisko  (by its name)",
        "Nothing uses: first name, plan",
        "in: pl.",
    ):
        assert words in made.stdout
    checked = command("check", "--offline", "-C", "acme", cwd=tmp_path)
    assert checked.returncode == 1
    assert "[incident]: 4 facts are missing: `service`, `started_at`, `ended_at`, `contact`." in checked.stdout
    assert "[incident.pl]: 4 facts are missing" in checked.stdout


def test_init_shows_its_doubts(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Mail,E-mail\na@b.net,c@d.net\n", encoding="utf-8")
    made = command("init", "acme", "--template", "service-outage", "--recipients", "a.csv", cwd=tmp_path)
    assert "In doubt: address, perhaps Mail or E-mail." in made.stdout


def test_a_template_is_begun_tested_and_mended(tmp_path: Path) -> None:
    made = command("templates", "new", "late", "--like", "late-delivery", cwd=tmp_path)
    assert "mass-apology templates test late" in made.stdout
    passed = command("templates", "test", cwd=tmp_path)
    assert passed.returncode == 0, passed.stdout
    assert "late: 54 letters written in de, el, en, es, et, fr, lv, pl, ru" in passed.stdout
    letter = tmp_path / "templates/late/en.md"
    letter.write_text(letter.read_text(encoding="utf-8").replace("incident.harm", "incident.hram"), encoding="utf-8")
    failed = command("templates", "test", "late", cwd=tmp_path)
    assert failed.returncode == 1
    assert "error fact-undeclared" in failed.stdout
    assert "did you mean `harm`?" in failed.stdout


def test_without_templates_of_ones_own_the_next_step_is_named(tmp_path: Path) -> None:
    none = command("templates", "test", cwd=tmp_path)
    assert none.returncode == 1
    assert "templates new NAME" in none.stderr
