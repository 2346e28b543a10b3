"""The commands of the days after, as a shell and a terminal run them: what a tired person reads, and the exit codes."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from live import campaign_folder, customers, relay, send
from shell import command

pytestmark = pytest.mark.slow

WAVES = """
[schedule]
hours = "00:00-24:00"
weekdays = "mon-sun"

[[follow_up]]
name = "later"
template = "sorry"
at = 2026-01-01T00:00:00Z

[[follow_up]]
name = "last"
template = "sorry"
after = "0 minutes"
from_wave = "later"
"""


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    """A campaign of three, whose first letters are accepted; its relay is gone."""
    with relay() as live:
        folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(3))
        with (folder / "campaign.toml").open("a", encoding="utf-8") as file:
            file.write(WAVES)
        assert send(folder).sent == 3
    return folder


@pytest.mark.parametrize(
    "words", [("--plan", "--arm", "later"), ("--plan", "--watch"), ("--arm", "later", "--watch"), ("--confirm", "3")]
)
def test_options_that_contradict_each_other_are_wrong_usage(sent: Path, words: tuple[str, ...]) -> None:
    assert command("follow-up", "-C", sent, *words).returncode == 2


@pytest.mark.parametrize(
    ("words", "key"), [((), "waves"), (("--plan",), "waves"), (("--arm", "later", "--confirm", "3"), "letters")]
)
def test_json_is_json_whatever_is_due(sent: Path, words: tuple[str, ...], key: str) -> None:
    done = command("follow-up", "-C", sent, *words, "--json")
    assert key in json.loads(done.stdout)


def test_an_error_leaves_standard_output_empty(sent: Path) -> None:
    done = command("follow-up", "-C", sent, "--arm", "nowhere", "--json")
    assert (done.returncode, done.stdout) == (1, "")
    assert "There is no follow-up nowhere" in done.stderr


def test_watching_that_ends_with_nobodys_word_needs_a_person(sent: Path) -> None:
    done = command("follow-up", "-C", sent, "--watch")
    assert (done.returncode, "nobody has armed it" in done.stdout) == (1, True)


@pytest.fixture
def _interruptible() -> Iterator[None]:
    """What a shell runs in the background ignores Ctrl-C, and so would all that is started from there."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interruptible")
def test_an_interrupted_watch_says_so_and_exits_with_3(tmp_path: Path) -> None:
    with relay() as live:
        folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(3))
        with (folder / "campaign.toml").open("a", encoding="utf-8") as file:
            file.write('\n[[follow_up]]\ntemplate = "sorry"\nafter = "3 days"\n')
        send(folder)
    words = [sys.executable, "-m", "mass_apology", "follow-up", "-C", str(folder), "--watch"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        while "More is due from" not in watching.stdout.readline():
            pass
        watching.send_signal(signal.SIGINT)
        _, said = watching.communicate(timeout=60)
    assert (watching.returncode, "Nothing is lost" in said) == (3, True)


def test_a_plan_says_what_was_sent_already_and_whose_clock_it_shows(sent: Path) -> None:
    with relay() as live:
        text = (sent / "campaign.toml").read_text(encoding="utf-8")
        url = next(line for line in text.splitlines() if line.startswith("url = "))
        (sent / "campaign.toml").write_text(text.replace(url, f'url = "{live.sink.url}"'), encoding="utf-8")
        assert command("follow-up", "-C", sent, "--arm", "later", "--confirm", "3").returncode == 0
        assert "later: 3 accepted in this run" in command("follow-up", "-C", sent).stdout
    planned = command("follow-up", "-C", sent, "--plan").stdout
    assert "3 letters of them planned already, or sent" in planned
    assert "get none" not in planned
    assert "hours are this machine's" in planned


def test_nobody_has_drawn_over_the_question(sent: Path) -> None:
    """On a terminal, where the bar of the rendering was alive a moment before."""
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "mass_apology", "follow-up", "-C", str(sent), "--arm", "later"]
    with subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True) as asked:
        os.close(theirs)
        shown = b""
        while b"sends nothing: " not in shown:
            shown += os.read(ours, 4096)
        os.write(ours, b"3\n")
        while chunk := _read(ours):
            shown += chunk
        assert asked.wait(60) == 0
    os.close(ours)
    after = shown.partition(b"sends nothing: ")[2]
    assert b"rendering" not in after
    assert b"arms later: at most 3 letters" in after


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # on Linux, what says that the other side is closed
        return b""


def test_a_row_that_was_set_aside_is_not_called_written_to(tmp_path: Path) -> None:
    with relay() as live:
        folder = campaign_folder(
            tmp_path, live.sink.url, [*customers(2), {"email": "nobody", "name": "N", "minutes": "1"}]
        )
        done = command("send", "-C", folder, "--skip-bad-rows", "--confirm", "2")
    assert done.returncode == 0
    assert "Everyone else was written to" in done.stdout


def test_the_suppression_list_names_what_it_did_not_understand(tmp_path: Path) -> None:
    assert "Nobody is on the list." in command("suppress", "list").stdout
    (tmp_path / "affected.csv").write_text("email,name,plan\na@acme.example,Anna,pro\n", encoding="utf-8")
    done = command("suppress", "import", tmp_path / "affected.csv")
    assert "1 row read, 1 of them new." in done.stdout
    assert "mean nothing here: name, plan. Was it the right file?" in done.stdout
    assert command("suppress", "export", "--to", tmp_path / "list.xlsx").returncode == 1
    assert "holds 1 entry." in command("suppress", "export", "--to", tmp_path / "list.csv").stdout


def test_refusals_are_taken_back_after_the_typed_number(tmp_path: Path) -> None:
    def spam(_conversation: object, verb: str, argument: bytes) -> bytes | None:
        return b"554 5.7.1 Rejected as spam" if verb == "RCPT" and b"customer1@" in argument else None

    with relay(fault=spam) as live:
        folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(3))
        assert send(folder).sent == 2
    assert command("retry", "-C", folder).returncode == 2
    asked = command("retry", "-C", folder, "--refused")
    assert (asked.returncode, "1 letter of the wave first is refused" in asked.stdout) == (1, True)
    assert "554 5.7.1 Rejected as spam" in asked.stdout
    assert "--confirm 1" in asked.stderr
    done = command("retry", "-C", folder, "--refused", "--code", "5.7.1", "--where", "minutes == 2", "--confirm", "1")
    assert done.returncode == 0
    assert "nothing was sent yet. To send: mass-apology send" in done.stdout
    assert "due: 1" in command("status", "-C", folder).stdout
