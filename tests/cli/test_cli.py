"""The commands as a shell runs them: output, exit codes, sentences instead of tracebacks."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from live import campaign_folder, customers, relay, write_toml
from shell import command
from smtp_fakes import Nth
from write_commands_page import COMMANDS, help_of

from mass_apology.flows.report.result_columns import RESULT_COLUMNS, names

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def test_every_command_is_listed() -> None:
    listed = command("--help").stdout
    assert [name for name in COMMANDS if " " not in name and not re.search(rf"^  {name} ", listed, re.MULTILINE)] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_with_an_example(name: str) -> None:
    text = help_of(name)
    assert f"  mass-apology {name}" in text.partition("Example")[2]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_page_of_commands_is_what_help_says(name: str) -> None:
    """Made by: python tests/cli/write_commands_page.py."""
    page = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
    assert help_of(name).strip() in page


def test_wrong_usage_is_2() -> None:
    assert command("send", "--confirm", "many").returncode == 2
    assert command("apologise").returncode == 2


def test_the_help_does_not_pay_for_what_it_does_not_need() -> None:
    code = (
        "import sys; sys.argv = ['mass-apology', '--help']\n"
        "from mass_apology.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([each for each in ('pandas', 'jinja2', 'aiosmtplib', 'sqlite3', 'babel', 'rich', 'pydantic')"
        " if each in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_each_finding_has_its_own_advice(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("email,name\na@customer.net,Ann\n", encoding="utf-8")
    command("init", "x", "--template", "service-outage", "--recipients", "a.csv", cwd=tmp_path)
    toml = tmp_path / "x" / "campaign.toml"
    text = toml.read_text(encoding="utf-8")
    assert '# time_zone = "Europe/Warsaw"' in text
    toml.write_text(
        text.replace('started_at = ""', 'started_at = "today"').replace('ended_at = ""', 'ended_at = "today"'),
        encoding="utf-8",
    )
    told = command("check", "-C", "x", "--offline", cwd=tmp_path).stdout
    invalid = re.search(r"error fact-invalid \(2 times\)\n(.*?)\n\n", told, re.DOTALL)
    assert invalid
    said = [line.split()[0] for line in invalid[1].split("\n") if re.match(r"  (→|campaign)", line)]
    assert said == ["campaign.toml,", "→", "campaign.toml,", "→"]


def test_init_check_send_report(tmp_path: Path) -> None:
    """A user's day, from a file of customers to the results."""
    source = ROOT / "samples/service-outage"
    (tmp_path / "affected.csv").write_bytes((source / "affected.csv").read_bytes())
    words = ("init", "acme", "--template", "service-outage", "--recipients", "affected.csv")
    made = command(*words, cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert "mass-apology check" in made.stdout
    folder = tmp_path / "acme"

    unfinished = command("check", "-C", folder)
    assert unfinished.returncode == 1
    assert "fact-missing" in unfinished.stdout

    with relay() as live:
        finished = (source / "campaign.toml").read_text(encoding="utf-8")
        (folder / "campaign.toml").write_text(
            finished.replace("smtp+plain://127.0.0.1:2525", live.sink.url), encoding="utf-8"
        )
        checked = command("check", "-C", folder, "--json")
        assert checked.returncode == 0, checked.stdout
        letters = json.loads(checked.stdout)["letters"]
        assert letters == 2000

        refused = command("send", "-C", folder, typed="")
        assert refused.returncode == 1
        assert "nothing was sent" in refused.stderr
        sent = command("send", "-C", folder, "--confirm", str(letters))
        assert sent.returncode == 0, sent.stderr
        assert len(live.received) == 2000

    status = json.loads(command("status", "-C", folder, "--json").stdout)
    assert status["due"] == 0
    assert status["counts"]["ACCEPTED"] == 2000
    results = tmp_path / "results.csv"
    assert command("report", "-C", folder, "--to", results).returncode == 0
    with results.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == names(RESULT_COLUMNS)
    assert len(rows) == 2000
    assert not any(value.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for value in row.values())
    again = command("report", "-C", folder, "--to", results)
    assert again.returncode == 1
    assert "--force" in again.stderr


def test_init_leaves_what_exists_alone(tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    (tmp_path / "affected.csv").write_text("email,name\na@example.org,Ann\n", encoding="utf-8")
    done = command("init", "acme", "--template", "service-outage", "--recipients", "affected.csv", cwd=tmp_path)
    assert done.returncode == 1
    assert "exists already" in done.stderr


@pytest.mark.parametrize(
    ("template", "file", "expected"),
    [("service-outage", "nobody.csv", "nobody.csv"), ("servce-outage", "affected.csv", "service-outage")],
)
def test_init_names_what_it_cannot_use(tmp_path: Path, template: str, file: str, expected: str) -> None:
    (tmp_path / "affected.csv").write_text("email,name\na@example.org,Ann\n", encoding="utf-8")
    done = command("init", "acme", "--template", template, "--recipients", file, cwd=tmp_path)
    assert done.returncode == 1
    assert expected in done.stderr
    assert not (tmp_path / "acme").exists()


def test_a_run_with_refusals_needs_a_person(tmp_path: Path) -> None:
    with relay(fault=Nth("RCPT", 3, lambda _: b"550 5.1.1 no such user")) as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(30))
        done = command("send", "-C", folder, "--confirm", "30")
    assert done.returncode == 1
    assert "refused" in done.stdout
    report = command("report", "-C", folder)
    assert "550 5.1.1 no such user" in report.stdout


def test_bad_rows_wait_for_a_decision(tmp_path: Path) -> None:
    rows = [
        *customers(5),
        {"email": "nobody", "name": "N", "minutes": "1"},
        {"email": "x@example.org", "name": "X", "minutes": "soon"},
    ]
    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, rows)
        checked = command("check", "-C", folder)
        assert checked.returncode == 1
        assert "affected.csv, line 7, column email" in checked.stdout
        assert "affected.csv, line 8, column minutes" in checked.stdout
        assert "--skip-bad-rows" in checked.stdout
        assert command("send", "-C", folder, "--confirm", "5").returncode == 1
        assert live.received == []
        assert command("send", "-C", folder, "--confirm", "5", "--skip-bad-rows").returncode == 0
    status = json.loads(command("status", "-C", folder, "--json").stdout)
    assert (status["counts"]["ACCEPTED"], status["counts"]["WITHHELD"]) == (5, 2)


def test_one_mailbox_in_two_spellings_gets_one_letter(tmp_path: Path) -> None:
    rows = customers(2)
    rows.append({**rows[1], "email": rows[1]["email"].replace("customer", "Customer")})
    folder = campaign_folder(tmp_path, "smtp+plain://127.0.0.1:1", rows)
    done = command("check", "-C", folder, "--offline")
    assert done.returncode == 0
    assert "address-respelled" in done.stdout
    assert "letters    2" in done.stdout


def test_a_letter_that_cannot_be_written_names_its_row(tmp_path: Path) -> None:
    rows = customers(3)
    rows[1] = {**rows[1], "minutes": ""}
    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, rows)
        done = command("check", "-C", folder)
    assert done.returncode == 1
    assert "letter-fails" in done.stdout
    assert "affected.csv, line 3" in done.stdout
    assert "minutes" in done.stdout


@pytest.mark.parametrize(
    ("break_it", "expected"),
    [
        (lambda folder: (folder / "campaign.toml").unlink(), "There is no campaign.toml"),
        (lambda folder: (folder / "affected.csv").unlink(), "There is no file"),
        (lambda folder: (folder / "affected.csv").write_bytes(b""), "affected.csv"),
        (lambda folder: (folder / "affected.csv").write_text('email,name,minutes\na@example.org,"Ann,1\n'), "line 2"),
        (lambda folder: (folder / "affected.csv").write_text("mail,name,minutes\na@example.org,Ann,1\n"), "email"),
        (
            lambda folder: (folder / "templates/sorry/en.md").write_text("Subject: x\n\n{{ incident.servce }}"),
            "service",
        ),
        (lambda folder: (folder / "templates/sorry/en.md").write_text("Subject: x\n\n{% if %}"), "en.md, line 3"),
        (lambda folder: write_toml(folder, "smtp://127.0.0.1:1"), "smtp+starttls"),
        (lambda folder: write_toml(folder, "smtp+plain://127.0.0.1:1", relay={"rate": "fast"}), "$.relay.rate"),
    ],
)
def test_what_is_broken_is_a_sentence_with_the_next_step(tmp_path: Path, break_it, expected: str) -> None:
    folder = campaign_folder(tmp_path, "smtp+plain://127.0.0.1:1", customers(3))
    break_it(folder)
    for words in (("check",), ("send", "--confirm", "3")):
        done = command(*words, "-C", folder)
        assert done.returncode == 1
        if words[0] == "check" and "smtp+starttls" not in expected:
            assert expected in done.stdout + done.stderr
    assert expected in done.stdout + done.stderr or "refuses the connection" in done.stderr
    assert "→" in done.stdout + done.stderr


def test_control_characters_never_reach_the_terminal(tmp_path: Path) -> None:
    folder = campaign_folder(tmp_path, "smtp+plain://127.0.0.1:1", customers(2))
    with (folder / "affected.csv").open("a", encoding="utf-8") as file:
        file.write("\x1b[2J@example.org,\x1b]0;owned\x07,3\n")
    done = command("check", "-C", folder)
    assert done.returncode == 1
    assert "\x1b" not in done.stdout + done.stderr
    assert "\x07" not in done.stdout + done.stderr


def test_pausing_where_nothing_is_sent_says_so(tmp_path: Path) -> None:
    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(2))
        assert command("pause", "-C", folder).returncode == 1  # there is no ledger yet
        command("send", "-C", folder, "--confirm", "2")
        done = command("pause", "-C", folder)
    assert "Nothing is being sent" in done.stdout


def test_a_changed_plan_says_what_changed(tmp_path: Path) -> None:
    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(3))
        first = command("send", "-C", folder, "--confirm", "3")
        assert "Changed since" not in first.stdout
        letter = folder / "templates/sorry/en.md"
        letter.write_text(letter.read_text(encoding="utf-8") + "\nOne more thing.\n", encoding="utf-8")
        again = command("send", "-C", folder)
    assert "Changed since the last plan: the template." in again.stdout
    assert "Since the last plan: 0 new, 3 known already." in again.stdout
    assert len(live.received) == 3


def test_what_an_output_cannot_hold_is_escaped(tmp_path: Path) -> None:
    """A pipe on Windows, or under an old locale, lacks most letters."""
    command = [sys.executable, "-m", "mass_apology", "templates", "--language", "pl"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, capture_output=True, cwd=tmp_path, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert rb"m\xf3wi" in done.stdout
