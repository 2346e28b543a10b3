"""No text that is named as the customers' file, and nothing else of that name, breaks a command."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hostile_judge import gets_a_sentence, tried

from bench.hostile import Hostile
from bench.hostile_text import no_files, text_files

pytestmark = pytest.mark.slow

FILES = tried([*text_files()])
ABSENT = [each for each in no_files() if os.geteuid() or not each.name.startswith("nobody")]  # root may read all


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_text_gets_a_sentence(file: Hostile, tmp_path: Path) -> None:
    gets_a_sentence(file, tmp_path, "check", "init" if FILES.index(file) % 2 else "preview")


@pytest.mark.parametrize("file", ABSENT, ids=lambda file: file.name)
def test_what_is_no_file_gets_a_sentence(file: Hostile, tmp_path: Path) -> None:
    gets_a_sentence(file, tmp_path, "check", "init")
