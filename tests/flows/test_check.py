"""``check`` asks the relay too, tells all at once, and is written to a page or for scripts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from live import LETTER, campaign_folder, customers, relay, send, write_rows, write_toml
from smtp_fakes import Relay

from mass_apology import history
from mass_apology.errors import OutputError
from mass_apology.flows.check.check import CheckOptions, check
from mass_apology.flows.check.check_rows import rows, verdict
from mass_apology.flows.plan.plan_check import Check
from mass_apology.flows.preview.letter_choice import Choice
from mass_apology.flows.preview.preview import preview
from mass_apology.model import Severity
from mass_apology.suppression import Entry, Reason, Suppressions, shared_path
from mass_apology.workspace.workspace import Workspace


@pytest.fixture
def live() -> Iterator[Relay]:
    with relay() as listening:
        yield listening


def look(folder: Path, to: Path | None = None, *, force: bool = False, **options: object) -> Check:
    return asyncio.run(
        check(Workspace.open(folder), CheckOptions(**options), to, force=force, on_progress=lambda *_: None)
    )


def test_the_relay_is_asked_and_no_mail_is_sent(tmp_path: Path, live: Relay) -> None:
    found = look(campaign_folder(tmp_path, live.sink.url, customers(5)))
    assert found.relay
    assert "without TLS" in found.relay
    assert "PIPELINING" in found.relay
    assert found.sendable
    assert "MAIL" not in live.verbs
    assert not live.received


def test_a_relay_that_cannot_be_used_is_an_error_among_the_others(tmp_path: Path) -> None:
    folder = campaign_folder(tmp_path, "smtp+plain://127.0.0.1:1", [*customers(5), {**customers(1)[0], "email": "x"}])
    found = look(folder)
    assert {"relay-unusable", "address-invalid"} <= {group.code for group in found.groups}
    assert not found.sendable
    assert not found.skippable
    offline = look(folder, offline=True)
    assert offline.skippable
    assert offline.relay is None


def test_the_page_of_facts_is_complete(tmp_path: Path, live: Relay) -> None:
    folder = campaign_folder(tmp_path, live.sink.url, customers(40), message={"attachments": ["terms.pdf"]})
    (folder / "terms.pdf").write_bytes(b"%PDF" + b"x" * 3000)
    (folder / "templates/sorry/en.md").write_text(
        LETTER + "\n[State](https://status.acme.example/{{ customer.name }})\n"
    )
    facts = dict(rows(look(folder)))
    assert facts["letters"] == "40"
    assert facts["links"] == "https://status.acme.example/{customer.name}"
    assert facts["attached"] == "terms.pdf (2.9 KB)"
    assert facts["canary"] == "the first 20 go ahead"
    assert "KB a letter" in facts["size"]
    assert facts["plan"].count("-") == 2


def test_the_last_check_is_told_beside_this_one(tmp_path: Path, live: Relay) -> None:
    folder = campaign_folder(tmp_path, live.sink.url, customers(40))
    look(folder)
    campaign_folder(tmp_path, live.sink.url, customers(400))
    assert dict(rows(look(folder)))["letters"] == "400 (40 at the last check)"
    last = history.last_check(folder)
    assert last is not None
    assert last.letters == 400


def test_it_is_written_for_people_and_for_scripts(tmp_path: Path, live: Relay) -> None:
    folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(5))
    found = look(folder, tmp_path / "check.html")
    look(folder, tmp_path / "check.json")
    assert found.code in (tmp_path / "check.html").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "check.json").read_text(encoding="utf-8"))["letters"] == 5
    with pytest.raises(OutputError, match="exists already"):
        look(folder, tmp_path / "check.html")
    with pytest.raises(OutputError, match=r"check\.pdf"):
        look(folder, tmp_path / "check.pdf")


def test_a_text_that_says_no_does_not_bring_a_refund(tmp_path: Path, live: Relay) -> None:
    rows_ = [dict(row, refund="FALSE" if n else "TRUE", plan="Pro") for n, row in enumerate(customers(3))]
    folder = campaign_folder(tmp_path, live.sink.url, rows_)
    letter = LETTER + "\n{% if customer.refund %}Refund.{% endif %}{% if customer.plan == 'pro' %}Credit.{% endif %}\n"
    (folder / "templates/sorry/en.md").write_text(letter)
    found = look(folder)
    told = {group.code: group.examples[0] for group in found.groups}
    assert not found.sendable
    assert not found.skippable
    assert "'FALSE' (2 rows, first line 3) would count as yes" in told["text-as-truth"].problem
    assert 'refund = "bool"' in told["text-as-truth"].advice
    assert "'Pro' (3 rows, first line 2), and templates/sorry/en.md" in told["values-alike"].problem
    write_toml(folder, live.sink.url, types={"refund": "bool"})
    mended = look(folder)
    assert mended.sendable
    assert {group.code for group in mended.groups} == {"values-alike"}


def test_many_letters_to_gmail_are_pointed_out(tmp_path: Path, live: Relay) -> None:
    rows_ = [dict(row, email=f"customer{n}@gmail.com") for n, row in enumerate(customers(5001))]
    write_toml(campaign_folder(tmp_path, live.sink.url, rows_), live.sink.url, sender={"from": "A <a@acme-post.net>"})
    found = look(tmp_path)
    assert found.gmail == 5001
    assert dict(rows(found))["to Gmail"].startswith("5,001")


def test_an_overridden_guard_is_a_warning(tmp_path: Path, live: Relay) -> None:
    folder = campaign_folder(tmp_path, live.sink.url, customers(40), limits={"max_recipients": 10})
    assert not look(folder).sendable
    found = look(folder, override=("too-many-recipients",))
    assert found.sendable
    (group,) = found.groups
    assert group.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("purpose", "letters", "code"), [("safety", 3, "suppressed-and-written-to"), ("service", 2, "suppressed")]
)
def test_who_is_withheld_and_who_is_written_to_all_the_same(
    tmp_path: Path, live: Relay, purpose: str, letters: int, code: str
) -> None:
    folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(3), **{"": {"purpose": purpose}})
    with Suppressions.open(shared_path()) as store:
        store.add(Entry.of("customer1@d1.example", Reason.REQUESTED, at=1_795_000_000.0, source="by hand"))
    checked = look(folder)
    assert checked.letters == letters
    (group,) = [group for group in checked.groups if group.code.startswith("suppressed")]
    assert (group.code, group.count, group.examples[0].line) == (code, 1, 3)
    assert "asked never to be written to" in group.examples[0].problem


def test_in_mid_campaign_check_says_what_is_due_now(tmp_path: Path) -> None:
    """And not "Ready" for everybody: those who have their letter get no other."""
    with relay() as live:
        folder = campaign_folder(tmp_path / "begun", live.sink.url, customers(5))
        before = look(folder, offline=True)
        assert (before.letters, before.due) == (5, None)
        assert verdict(before).startswith("Ready: 5 letters.")
        send(folder)
        done = look(folder, offline=True)
        assert (done.letters, done.due) == (5, 0)
        assert verdict(done).startswith("Nothing is due")
        write_rows(folder / "affected.csv", customers(7))
        more = look(folder, offline=True)
        assert (more.letters, more.due) == (7, 2)
        assert verdict(more).startswith("Ready: 2 letters are due now.")
        assert dict(rows(more))["due now"].startswith("2;")
        assert send(folder).sent == 2


def test_preview_says_the_same_number_of_letters_for_the_same_plan(tmp_path: Path) -> None:
    """A letter that cannot be written is none of the plan's, whichever command looks at it."""
    rows = customers(6)
    folder = campaign_folder(tmp_path / "trial", "smtp+plain://127.0.0.1:9", rows)
    (folder / "templates/sorry/en.md").write_text(
        LETTER.replace("We were", "{{ customer.paid }} We were"), encoding="utf-8"
    )
    write_rows(folder / "affected.csv", [{**row, "paid": "" if n == 2 else "1"} for n, row in enumerate(rows)])
    everyone = asyncio.run(
        preview(
            Workspace.open(folder),
            tmp_path / "all.jsonl",
            Choice(everyone=True),
            force=True,
            on_progress=lambda *_: None,
        )
    )
    found = look(folder, offline=True)
    some = asyncio.run(
        preview(
            Workspace.open(folder), tmp_path / "some.jsonl", Choice(sample=1), force=True, on_progress=lambda *_: None
        )
    )
    assert found.letters == 5
    assert (everyone.code, everyone.letters) == (some.code, some.letters) == (found.code, found.letters)
