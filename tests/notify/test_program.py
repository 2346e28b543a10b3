"""A program gets the JSON on its standard input, without the campaign's passwords, and is ended where it hangs."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import pytest
from test_webhook import NEWS, why

from mass_apology.notify.channel import Failure, Tellings
from mass_apology.notify.program import ProgramChannel, found_program


def tell(folder: Path, *command: str, wait: float = 30.0, secret: frozenset[str] = frozenset()) -> list[Failure]:
    tellings = Tellings(lambda: [ProgramChannel(command, folder, secret_variables=secret)], pauses=(0.0, 0.0, 0.0))
    tellings.begin(NEWS)
    return tellings.finish(wait)


def python(code: str) -> tuple[str, ...]:
    return sys.executable, "-c", code


def test_a_program_reads_the_json_in_the_campaigns_folder(tmp_path: Path) -> None:
    assert tell(tmp_path, *python("import sys; open('told.json', 'w').write(sys.stdin.read())")) == []
    assert json.loads((tmp_path / "told.json").read_text(encoding="utf-8"))["campaign"] == "acme-outage"


def test_a_file_of_the_folder_is_found_wherever_the_command_runs(tmp_path: Path) -> None:
    script = tmp_path / "tell.sh"
    script.write_text("#!/bin/sh\ncat > told.json\n", encoding="utf-8")
    assert found_program("./tell.sh", tmp_path) is None
    script.chmod(0o755)
    assert tell(tmp_path, "./tell.sh") == []
    assert (tmp_path / "told.json").exists()


def test_passwords_are_kept_from_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_SECRET", "letmein")
    monkeypatch.setenv("ACME_OTHER", "seen")
    code = "import json, os; json.dump(dict(os.environ), open('seen.json', 'w'))"
    assert tell(tmp_path, *python(code), secret=frozenset({"ACME_SECRET"})) == []
    seen = json.loads((tmp_path / "seen.json").read_text(encoding="utf-8"))
    assert "ACME_SECRET" not in seen
    assert seen["ACME_OTHER"] == "seen"


def test_a_program_that_reads_nothing_and_says_much_is_no_trouble(tmp_path: Path) -> None:
    assert tell(tmp_path, *python("print('x' * 1_000_000)")) == []


def test_a_failure_is_told_and_not_tried_again(tmp_path: Path) -> None:
    failed = tell(tmp_path, *python("open('tries', 'a').write('x'); raise SystemExit(3)"))
    assert why(failed) == "it ended with exit code 3"
    assert (tmp_path / "tries").read_text(encoding="utf-8") == "x"


@pytest.mark.parametrize("name", ["no-such-program", "./no-such-program", "/"])
def test_a_program_that_is_not_there_is_told(tmp_path: Path, name: str) -> None:
    assert why(tell(tmp_path, name)) == "there is no such program, or it may not be run"


def test_a_program_that_hangs_is_ended_with_what_it_started(tmp_path: Path) -> None:
    script = tmp_path / "hang.sh"
    script.write_text("#!/bin/sh\nsleep 600 &\necho $! > child\nwait\n", encoding="utf-8")
    script.chmod(0o755)
    begun = time.monotonic()
    assert why(tell(tmp_path, "./hang.sh", wait=3.0)) == "it did not answer in time"
    assert time.monotonic() - begun < 20
    child = Path("/proc") / (tmp_path / "child").read_text(encoding="utf-8").strip() / "stat"
    while child.exists() and child.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z":
        assert time.monotonic() - begun < 40, "it still runs"
        time.sleep(0.05)
    assert os.getpid()  # and this process, which is of another group, lives
