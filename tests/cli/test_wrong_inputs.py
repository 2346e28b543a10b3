"""Every mistake gets one clear error: what is wrong, where, and what to do next, in words for people."""

from __future__ import annotations

import io
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from live import Person, campaign_folder, customers, relay
from wrong_inputs import ALL, FOLDER, GONE, Broken, Wrong

from mass_apology.cli.app import run
from mass_apology.flows.purge import purge
from mass_apology.flows.send import send
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

PROGRAMMERS = re.compile(
    r"NoneType|Errno|Expected `|\w+Error\b|\w+Exception\b|Traceback|msgspec|sqlite3|typer|click|pandas|<class|"
    r"object at 0x|has a fault|codec can't|utf-8' codec|PosixPath|\bstr\b|\bdict\b|\| null"
)
SENTENCES = 3
"""The most of one error: what is wrong, and perhaps why."""


class Campaigns(NamedTuple):
    folder: Path  # where each was made
    copies: Path  # as they were made
    port: str  # the relay's


class Answer(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture(scope="module")
def campaigns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campaigns]:
    """A campaign in each state that a command can find it in, and its relay."""
    folder = tmp_path_factory.mktemp("campaigns")
    with relay() as live, pytest.MonkeyPatch.context() as patch:
        campaign_folder(folder / "fresh", live.sink.url, customers(4))
        (folder / "none").mkdir()
        for name in ("sent", "purged"):
            patch.setenv("MASS_APOLOGY_STATE", str(tmp_path_factory.mktemp("state")))
            campaign_folder(folder / name, live.sink.url, customers(4))
            send.run(Workspace.open(folder / name), send.SendOptions(), Person())
        with pytest.MonkeyPatch.context() as later:
            later.setattr("time.time", lambda: 2_000_000_000.0)
            options = purge.PurgeOptions(older_than="1 day", confirm=4)
            purge.purge(Workspace.open(folder / "purged"), options, lambda _: "4")
        copies = tmp_path_factory.mktemp("copies")
        shutil.copytree(folder, copies, dirs_exist_ok=True)
        yield Campaigns(folder, copies, live.sink.url.rpartition(":")[2])


def broken(folder: Path, wrong: Broken, port: str) -> None:
    for name, content in wrong.items():
        path = folder / name
        if isinstance(content, tuple):
            old, new = (each.replace("PORT", port) for each in content)
            text = path.read_text(encoding="utf-8")
            assert old in text
            path.write_text(text.replace(old, new), encoding="utf-8")
            continue
        if content in {FOLDER, GONE} and path.is_file():
            path.unlink()
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is FOLDER:
            path.mkdir()
        elif content is not GONE:
            assert isinstance(content, bytes | str)
            path.write_bytes(content.encode() if isinstance(content, str) else content)


def answered(words: str, capfd: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> Answer:
    patch.setattr(sys, "argv", ["mass-apology", *shlex.split(words)])
    patch.setattr(sys, "stdin", io.StringIO())
    capfd.readouterr()
    with pytest.raises(SystemExit) as ended:
        run()
    out, err = capfd.readouterr()
    return Answer(code=int(ended.value.code or 0), out=out, err=err)


@pytest.mark.parametrize("wrong", ALL, ids=lambda wrong: f"{wrong.words} — {wrong.says}"[:90])
def test_a_mistake_is_answered_by_what_where_and_what_next(
    wrong: Wrong,
    campaigns: Campaigns,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = campaigns.folder / wrong.at  # always the same one: a ledger knows where it is
    shutil.rmtree(folder)
    shutil.copytree(campaigns.copies / wrong.at, folder)
    broken(folder, wrong.broken, campaigns.port)
    monkeypatch.setenv("MASS_APOLOGY_STATE", str(tmp_path / "state"))
    monkeypatch.chdir(folder)
    answer = answered(wrong.words, capfd, monkeypatch)
    told = answer.out + answer.err
    assert answer.code == wrong.code, told
    assert wrong.says in told
    assert not PROGRAMMERS.search(told), told
    judge(answer)


def judge(answer: Answer) -> None:
    """One error on standard error, of few sentences and with a next step; or the findings of a check."""
    steps = answer.err.count("\n  → ")
    if steps == 0:
        assert answer.out or answer.err.startswith("Usage: "), "nothing was said"
        return
    assert steps == 1, answer.err
    problem, _, step = answer.err.partition("\n  → ")
    last = problem.strip().splitlines()[-1]
    assert len(re.findall(r"[.?!](?=\s|\Z)", last)) <= SENTENCES, last
    assert last.endswith((".", "?")), last
    assert step.strip().endswith((".", "?")) or "mass-apology " in step or "--" in step, step


def test_the_table_is_long_and_has_every_command() -> None:
    from write_commands_page import COMMANDS

    assert len(ALL) >= 150
    typed = [wrong.words for wrong in ALL]
    assert [name for name in COMMANDS if not any(words.startswith(name) for words in typed)] == []
