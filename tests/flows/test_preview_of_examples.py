"""A preview before the facts are there shows examples; nothing that shows them leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from live import Person, campaign_folder, customers, relay
from smtp_fakes import Relay

from mass_apology.errors import ApprovalError, ConfirmationError, MassApologyError
from mass_apology.flows.plan import approve
from mass_apology.flows.preview import preview as previewing
from mass_apology.flows.preview import test as testing
from mass_apology.flows.preview.letter_choice import Choice
from mass_apology.flows.send import send as sending
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

SCENARIO = """
[facts.service]
type = "text"
required = true
comment = "Its name."
example = "Example API"

[facts.started_at]
type = "datetime"
required = true
comment = "When it began."
example = 2026-11-20T09:12:00Z

[facts.minutes]
type = "number"
comment = "How long it took."
example = 192
"""
LETTER = """Subject: {{ incident.service }} and you

{{ salutation }}

It began {{ incident.started_at | on_date }}{% if incident.minutes %} and took {{ incident.minutes }} min{% endif %}.
"""


def nothing(*_: object) -> None:
    pass


@pytest.fixture
def live() -> Iterator[Relay]:
    with relay() as listening:
        yield listening


@pytest.fixture
def trial(tmp_path: Path, live: Relay) -> Path:
    folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(4), incident={"service": ""})
    (folder / "templates/sorry/scenario.toml").write_text(SCENARIO, encoding="utf-8")
    (folder / "templates/sorry/en.md").write_text(LETTER, encoding="utf-8")
    return folder


def look(folder: Path, to: Path) -> previewing.PreviewResult:
    return asyncio.run(previewing.preview(Workspace.open(folder), to, Choice(), force=True, on_progress=nothing))


def test_gaps_are_filled_with_marked_examples(tmp_path: Path, trial: Path) -> None:
    made = look(trial, tmp_path / "all.txt")
    assert (made.shown, made.failed, made.lacking) == (4, 0, ("service", "started_at"))
    text = (tmp_path / "all.txt").read_text(encoding="utf-8")
    assert text.count("Subject: [EXAMPLE — not your fact: Example API] and you\n") == 4
    assert " ".join(text.split()).count("It began [EXAMPLE — not your fact: on 20 November 2026].") == 4
    look(trial, tmp_path / "all.html")
    page = (tmp_path / "all.html").read_text(encoding="utf-8")
    assert "campaign.toml lacks <code>service</code>, <code>started_at</code>" in page


def test_what_is_wrong_is_a_gap_too_and_what_is_given_is_shown_unmarked(tmp_path: Path, trial: Path) -> None:
    toml = (trial / "campaign.toml").read_text(encoding="utf-8")
    told = 'service = "Acme"\nminutes = "long"\nstarted_at = 2026-11-21T09:00:00Z'
    (trial / "campaign.toml").write_text(toml.replace('service = ""', told), encoding="utf-8")
    assert look(trial, tmp_path / "all.txt").lacking == ("minutes",)
    text = " ".join((tmp_path / "all.txt").read_text(encoding="utf-8").split())
    assert text.count("Subject: Acme and you") == 4
    assert "It began on 21 November 2026 and took [EXAMPLE — not your fact: 192] min." in text


def send(workspace: Workspace) -> None:
    sending.run(workspace, sending.SendOptions(), Person())


def rehearse(workspace: Workspace) -> None:
    asyncio.run(testing.rehearse(workspace, ["me@acme.example"], Choice(sample=1), on_progress=nothing))


def approved(workspace: Workspace) -> None:
    asyncio.run(approve.approve(workspace, approve.ApproveOptions(), on_progress=nothing))


@pytest.mark.parametrize("command", [send, rehearse, approved])
def test_nothing_leaves_without_its_facts(
    tmp_path: Path, live: Relay, trial: Path, command: Callable[[Workspace], None]
) -> None:
    look(trial, tmp_path / "all.txt")
    with pytest.raises((ConfirmationError, ApprovalError)):
        command(Workspace.open(trial))
    assert not live.received


@pytest.mark.parametrize("command", [send, approved])
def test_an_example_that_was_copied_does_not_leave_either(
    live: Relay, trial: Path, command: Callable[[Workspace], None]
) -> None:
    toml = (trial / "campaign.toml").read_text(encoding="utf-8")
    told = 'service = "[EXAMPLE — not your fact: Example API]"\nstarted_at = 2026-11-21T09:00:00Z'
    (trial / "campaign.toml").write_text(toml.replace('service = ""', told), encoding="utf-8")
    with pytest.raises(MassApologyError):
        command(Workspace.open(trial))
    assert not live.received
