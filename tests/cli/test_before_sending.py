"""Looking at letters: a page without naming a file, opened where there is a browser."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from live import campaign_folder, customers
from shell import command

pytestmark = pytest.mark.slow

NO_RELAY = "smtp+plain://127.0.0.1:1"


@pytest.fixture
def trial(tmp_path: Path) -> Path:
    return campaign_folder(tmp_path / "trial", NO_RELAY, customers(5))


@pytest.mark.parametrize("words", [("-h",), ("send", "-h"), ("templates", "new", "-h")])
def test_a_short_option_asks_for_help(words: tuple[str, ...]) -> None:
    assert command(*words).stdout.startswith("Usage: mass-apology")


def test_a_page_needs_no_name_and_takes_its_own_place_only(trial: Path) -> None:
    first = command("preview", cwd=trial)
    assert (first.returncode, "preview.html holds 5 of 5 letters" in first.stdout) == (0, True)
    made = (trial / "preview.html").read_text(encoding="utf-8")
    (trial / "affected.csv").write_text("email,name,minutes\nanna@d1.example,Anna,7\n", encoding="utf-8")
    assert command("preview", "-C", trial).returncode == 0
    assert "anna@d1.example" in (trial / "preview.html").read_text(encoding="utf-8")
    assert "anna@d1.example" not in made
    (trial / "preview.html").write_text("<p>My own page</p>", encoding="utf-8")
    refused = command("preview", cwd=trial)
    assert (refused.returncode, "preview.html exists already" in refused.stderr) == (1, True)
    assert (trial / "preview.html").read_text(encoding="utf-8") == "<p>My own page</p>"


def test_the_page_is_opened_in_the_browser(trial: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(
        f"#!{sys.executable}\nimport sys\nopen({str(opened)!r}, 'w').write(sys.argv[1])\n", encoding="utf-8"
    )
    browser.chmod(0o700)
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    assert command("preview", "--open", cwd=trial).returncode == 0
    assert opened.read_text(encoding="utf-8") == (trial / "preview.html").absolute().as_uri()


def test_without_a_browser_the_page_is_named(trial: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROWSER", "")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", "/nonexistent")
    told = command("preview", "--open", cwd=trial)
    assert told.returncode == 0
    assert f"No web browser was found here. Open it yourself: {trial / 'preview.html'}" in told.stdout


def test_only_a_page_can_be_opened(trial: Path) -> None:
    refused = command("preview", "--to", "all.mbox", "--open", cwd=trial)
    assert refused.returncode == 2
    assert not (trial / "all.mbox").exists()
