"""``lint`` on the command line: findings with their places, forms of output, languages, exit codes, mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mass_apology.cli.app import app
from mass_apology.errors import InputError
from mass_apology.flows.lint.lint import lint

BAD = "Subject: Your order\n\nDear Ms Bold,\n\nWe are sorry if *you* were affected.\n\nYours sincerely,\n\nAnna Bold\n"
GOOD = "Dear Ms Bold,\n\nWe are sorry that your order of 12 March came late.\n"


def run(*arguments: str, stdin: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(app, ["lint", *arguments], input=stdin, catch_exceptions=False)
    return result.exit_code, result.output


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    path = tmp_path / "letter.md"
    path.write_text(BAD, encoding="utf-8")
    return path


def found_in(output: str) -> list[dict[str, object]]:
    findings = json.loads(output)
    assert isinstance(findings, list)
    return [each for each in findings if each["rule"] == "conditional-apology"]


def test_a_finding_has_its_place_and_an_exact_slice(letter: Path) -> None:
    code, output = run("--json", str(letter))
    (found,) = found_in(output)
    assert code == 1
    assert (found["line"], found["language"], found["severity"]) == (5, "en", "error")
    assert str(found["passage"]) in BAD
    assert BAD.split("\n")[4][int(str(found["column"])) - 1 :].startswith(str(found["passage"]))
    assert found["why"]
    assert found["better"]
    assert found["file"] == str(letter)


def test_several_files_are_read_in_one_call(letter: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text(BAD, encoding="utf-8")
    _, output = run("--json", str(letter), str(other))
    assert [Path(str(each["file"])).name for each in found_in(output)] == ["letter.md", "other.txt"]


def test_standard_input_is_a_letter_too() -> None:
    _, output = run("--json", "-", stdin=BAD)
    assert [each["file"] for each in found_in(output)] == ["stdin"]


def test_a_mail_on_standard_input_is_decoded() -> None:
    mail = (
        "From: anna@acme.example\nSubject: =?utf-8?B?WW91ciBvcmRlcg==?=\nMIME-Version: 1.0\n"
        "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
        "V2UgYXJlIHNvcnJ5IGlmIHlvdSB3ZXJlIGFmZmVjdGVkLgo=\n"
    )
    _, output = run("--json", "-", stdin=mail)
    assert ["sorry if" in str(each["passage"]) for each in found_in(output)] == [True]


def test_sarif_is_what_a_forge_reads(letter: Path) -> None:
    _, output = run("--format", "sarif", str(letter))
    (one,) = json.loads(output)["runs"]
    results = [each for each in one["results"] if each["ruleId"] == "conditional-apology"]
    assert [each["level"] for each in results] == ["error"]
    assert results[0]["locations"][0]["physicalLocation"]["region"]["startLine"] == 5
    assert "conditional-apology" in {each["id"] for each in one["tool"]["driver"]["rules"]}


def test_github_s_annotations_are_one_line_each(letter: Path) -> None:
    _, output = run("--format", "github", str(letter))
    lines = [line for line in output.splitlines() if "conditional-apology" in line]
    assert len(lines) == 1
    assert lines[0].startswith(f"::error file={letter},line=5,col=")


def test_without_an_error_the_exit_code_is_0(tmp_path: Path) -> None:
    path = tmp_path / "letter.md"
    path.write_text(GOOD, encoding="utf-8")
    code, output = run("--scenario", "follow-up", str(path))
    assert code == 0
    assert "1 letter read" in output


def test_the_sort_of_letter_says_which_parts_it_must_have(letter: Path) -> None:
    rules = {
        scenario: {each.rule for each in lint([letter], None, scenario=scenario).findings}
        for scenario in ("service-outage", "follow-up")
    }
    assert "repair-missing" in rules["service-outage"] or "repair-missing" not in rules["follow-up"]
    assert not any(rule.endswith("-missing") and rule != "contact-missing" for rule in rules["follow-up"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["{tmp}/none.md"], "No such file"),
        (["{tmp}"], "it is a folder"),
        (["{tmp}/table.csv"], "ends in .csv, and lint reads .md, .txt"),
        (["--scenario", "servise-outage", "{tmp}/letter.md"], "did you mean service-outage?"),
        (["--language", "xx", "{tmp}/letter.md"], "no wording rules for the language `xx`"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(letter: Path, arguments: list[str], said: str) -> None:
    (letter.parent / "table.csv").write_text("a,b\n", encoding="utf-8")
    with pytest.raises((InputError, OSError)) as raised:
        run(*(each.replace("{tmp}", str(letter.parent)) for each in arguments))
    assert said in str(raised.value)
