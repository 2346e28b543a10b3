"""log.jsonl against its ledger: what it tells is known, whether it is whole, cut, rotated or another's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from live import campaign_folder, customers, relay, send, write_rows
from tampered_ledger import tampered

from mass_apology.flows.continuity import own_log
from mass_apology.flows.continuity.own_log import LogComparison, compare
from mass_apology.ledger.sqlite import SqliteRecords

LETTERS = 20


@pytest.fixture
def sent(tmp_path: Path) -> Iterator[Path]:
    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(LETTERS))
        send(folder)
        yield folder


def said(folder: Path, log: Path | None = None, campaign: str = "trial") -> LogComparison:
    with SqliteRecords.open(folder / "ledger.sqlite", "trial") as records:
        return compare(log or folder / "log.jsonl", campaign, records)


def lines(folder: Path) -> list[bytes]:
    return (folder / "log.jsonl").read_bytes().splitlines(keepends=True)


def test_only_what_was_added_since_they_agreed_is_read(sent: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[object] = []
    decode = own_log._decode
    monkeypatch.setattr(own_log, "_decode", lambda line: read.append(line) or decode(line))
    assert said(sent).letters == 0
    assert read == []
    accepted = next(line for line in lines(sent) if b'"accepted"' in line)
    with (sent / "log.jsonl").open("ab") as log:
        log.write(accepted.replace(b'"letter":"', b'"letter":"f'))
    assert said(sent).letters == 1
    assert len(read) == 1


def test_all_of_it_is_read_where_it_is_not_the_log_it_was(sent: Path) -> None:
    whole = lines(sent)
    stranger = next(line for line in whole if b'"accepted"' in line).replace(b'"letter":"', b'"letter":"f')
    for kept in ([stranger, *whole[1:]], [stranger], [stranger, *whole, *whole]):
        (sent / "log.jsonl").write_bytes(b"".join(kept))
        assert said(sent).letters == 1


def test_a_log_that_was_cut_anywhere_tells_nothing_new(sent: Path) -> None:
    whole = (sent / "log.jsonl").read_bytes()
    for size in range(0, len(whole), 97):
        (sent / "log.jsonl").write_bytes(whole[:size])
        assert said(sent) == LogComparison()
        (sent / "log.jsonl").write_bytes(whole[size:])
        assert said(sent) == LogComparison()


def test_letters_whose_numbers_changed_are_found_by_their_tokens(sent: Path) -> None:
    text = (sent / "log.jsonl").read_text(encoding="utf-8")
    for number in range(LETTERS, 0, -1):
        text = text.replace(f'"number":{number},', f'"number":{number * 1000},')
    other = sent / "other.jsonl"
    other.write_text(text, encoding="utf-8")
    assert said(sent, other) == LogComparison()
    other.write_text(text.replace('"number"', '"nummer"'), encoding="utf-8")  # as older logs, which have none
    assert said(sent, other) == LogComparison()


def test_another_campaigns_letters_are_told_apart(sent: Path) -> None:
    (sent / "copy.jsonl").write_bytes(b"\n" + (sent / "log.jsonl").read_bytes())
    assert said(sent, sent / "copy.jsonl", campaign="another").foreign == {"trial": LETTERS}
    assert compare(sent / "copy.jsonl", "trial", None) == LogComparison(letters=LETTERS)


def test_a_letter_that_went_again_by_a_persons_word_is_known(sent: Path) -> None:
    """In doubt at first, then sent again and accepted: each line is older than what the ledger knows."""
    accepted = [line for line in lines(sent) if b'"accepted"' in line]
    doubted = [line.replace(b'"accepted"', b'"in_doubt"') for line in accepted]
    (sent / "log.jsonl").write_bytes(b"".join([*doubted, *accepted]))
    assert said(sent) == LogComparison()


def test_what_is_no_file_tells_nothing(sent: Path) -> None:
    (sent / "log.jsonl").unlink()
    assert said(sent) == LogComparison()
    os.mkfifo(sent / "log.jsonl")
    assert said(sent) == LogComparison()
    (sent / "log.jsonl").unlink()
    (sent / "log.jsonl").mkdir()
    assert said(sent) == LogComparison()


def test_letters_still_due_are_not_taken_for_gone(tmp_path: Path) -> None:
    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(LETTERS))
        send(folder)
        accepted = [line for line in lines(folder) if b'"accepted"' in line]
        write_rows(folder / "affected.csv", customers(LETTERS + 1))
        send(folder)
        assert said(folder) == LogComparison()
        (folder / "log.jsonl").write_bytes(b"".join(accepted))
        assert said(folder) == LogComparison()
        _forget_last_letters(folder, 3)
        assert said(folder).letters == 3


def _forget_last_letters(folder: Path, count: int) -> None:
    """As an older copy of the ledger, which has them still due."""
    with tampered(folder / "ledger.sqlite") as connection:
        for row in range(LETTERS, LETTERS - count, -1):
            connection.execute("DELETE FROM delivery WHERE id = ?", (row,))
