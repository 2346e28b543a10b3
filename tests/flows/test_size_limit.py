"""A letter that is larger than the relay takes: told before anything leaves, and never an endless "run send again"."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest
from live import LETTER, campaign_folder, customers, relay, results, send
from smtp_fakes import Relay

from mass_apology.errors import ConfirmationError
from mass_apology.flows.check.check import CheckOptions, check
from mass_apology.flows.plan.plan_check import Check
from mass_apology.model import Status
from mass_apology.smtp.sink import SinkSettings
from mass_apology.workspace.workspace import Workspace

CODE = "letter-too-large"
AGAIN = "same-file-sent"  # each of these campaigns has the file of another
EIGHTBIT = ("PIPELINING", "8BITMIME", "DSN")


def _look(folder: Path, **options: object) -> Check:
    return asyncio.run(
        check(
            Workspace.open(folder),
            CheckOptions(override=(AGAIN,), **options),
            None,
            force=False,
            on_progress=lambda *_: None,
        )
    )


def _sizes(folder: Path) -> dict[str, int]:
    """Octets of each customer's letter, as a relay without a limit gets it."""
    with relay(SinkSettings(extensions=EIGHTBIT)) as live:
        whole = campaign_folder(folder, live.sink.url, _with_one_long_row())
        send(whole, override=(AGAIN,))
        return {one.recipients[0]: len(one.data) for one in live.received}


def _with_one_long_row() -> list[Mapping[str, str]]:
    rows = customers(150)
    rows[7] = {**rows[7], "name": "Bartholomea Konstantina Featherstone"}
    return rows


def _finding(found: Check) -> str:
    (group,) = [group for group in found.groups if group.code == CODE]
    return f"{group.examples[0].where}: {group.examples[0].problem}"


def test_check_names_both_sizes_and_the_row(tmp_path: Path) -> None:
    largest = max(_sizes(tmp_path / "whole").values())
    for limit, fits in ((largest, True), (largest - 1, False)):
        with relay(SinkSettings(extensions=(*EIGHTBIT, f"SIZE {limit}"))) as live:
            found = _look(campaign_folder(tmp_path / str(limit), live.sink.url, _with_one_long_row()))
        assert found.sendable is fits
        if not fits:
            assert _finding(found) == (
                f"affected.csv, line 9: The letter has {largest:,} octets, and the relay takes {limit:,} at the most."
            )


def test_send_says_it_before_anything_leaves(tmp_path: Path) -> None:
    with relay(SinkSettings(extensions=(*EIGHTBIT, "SIZE 500"))) as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(3))
        for _ in range(2):
            with pytest.raises(ConfirmationError, match="The check found errors; nothing was sent"):
                send(folder)
        assert "MAIL" not in live.verbs


def test_where_it_is_meant_only_the_letter_that_is_too_large_is_refused(tmp_path: Path) -> None:
    sizes = _sizes(tmp_path / "whole")
    limit = max(sizes.values()) - 1
    with relay(SinkSettings(extensions=(*EIGHTBIT, f"SIZE {limit}"))) as live:
        folder = campaign_folder(tmp_path / "limited", live.sink.url, _with_one_long_row())
        ended = send(folder, override=(CODE, AGAIN))
    assert ended.reason is None
    assert (ended.counts[Status.ACCEPTED], ended.counts[Status.REFUSED], ended.due) == (149, 1, 0)
    (refused,) = [result for result in results(folder) if result.status is Status.REFUSED]
    assert refused.address == "customer7@d0.example"
    assert refused.reply == f"the letter is larger than this relay takes: {limit + 1} octets, and it takes {limit}"


def test_a_relay_without_8bitmime_is_measured_with_what_it_gets(tmp_path: Path) -> None:
    """The same letter is longer where it must be encoded."""
    letter = LETTER + "\n" + "£12 – £15; " * 60 + "\n"

    def folder_for(live: Relay, name: str) -> Path:
        made = campaign_folder(tmp_path / name, live.sink.url, customers(2))
        (made / "templates/sorry/en.md").write_text(letter, encoding="utf-8")
        return made

    with relay(SinkSettings(extensions=("PIPELINING",))) as live:
        send(folder_for(live, "seven"), override=(AGAIN,))
        encoded = max(len(one.data) for one in live.received)
    with relay(SinkSettings(extensions=EIGHTBIT)) as live:
        send(folder_for(live, "eight"), override=(AGAIN,))
        plain = max(len(one.data) for one in live.received)
    assert plain < encoded
    for extensions, limit, fits in (
        (("PIPELINING",), encoded, True),
        (("PIPELINING",), encoded - 1, False),
        (EIGHTBIT, plain, True),
    ):
        with relay(SinkSettings(extensions=(*extensions, f"SIZE {limit}"))) as live:
            assert _look(folder_for(live, f"{limit}{fits}")).sendable is fits


def test_no_limit_is_stated_by_size_0_or_without_asking(tmp_path: Path) -> None:
    with relay(SinkSettings(extensions=(*EIGHTBIT, "SIZE 0"))) as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(3))
        assert _look(folder).sendable
    assert _look(folder, offline=True).sendable
