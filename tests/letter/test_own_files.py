"""Attachments and Reply-To that the row names."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from small_campaign import campaign, delivery, make_writer, write_templates

from mass_apology.campaign_values import value_problems
from mass_apology.errors import MessageError
from mass_apology.letter.letter_writer import Writer
from mass_apology.letter.message import own_files
from mass_apology.model import Message
from mass_apology.settings import MessageSettings
from mass_apology.workspace.workspace import Workspace

ROW = {"name": "Jan", "minutes_down": "1", "order id": "A-1"}


def writer(folder: Path, **changes: Any) -> Writer:
    write_templates(folder)
    bills = folder / "bills"
    bills.mkdir()
    for number in (1, 2):
        (bills / f"A-{number}.pdf").write_bytes(b"%PDF " + bytes(range(256)) * number)
    (bills / "note.txt").write_text("noted")
    (folder / "terms.pdf").write_bytes(b"%PDF terms")
    return make_writer(folder, **changes)


def files(message: Message) -> dict[str, bytes]:
    read = message_from_bytes(message.data, policy=policy.default)
    assert isinstance(read, EmailMessage)
    return {str(each.get_filename()): bytes(each.get_payload(decode=True)) for each in read.iter_attachments()}


def write(made: Writer, *rows: dict[str, str]) -> Message:
    return made.write(delivery(rows=list(rows)), date="Fri, 20 Nov 2026 09:12:00 +0000", eightbit=True)


def test_each_row_has_its_file_and_all_have_the_others(tmp_path: Path) -> None:
    made = writer(tmp_path, message={"attachments": ["terms.pdf", "bills/{order id}.pdf", "bills/{plan}"]})
    both = write(made, ROW | {"plan": "note.txt"}, ROW | {"order id": "A-2"}, ROW)
    assert files(both) == {
        "terms.pdf": b"%PDF terms",
        "A-1.pdf": (tmp_path / "bills/A-1.pdf").read_bytes(),
        "A-2.pdf": (tmp_path / "bills/A-2.pdf").read_bytes(),
        "note.txt": b"noted",
    }
    assert list(files(write(made, ROW))) == ["A-1.pdf", "terms.pdf"]


def test_a_letter_may_have_no_file_of_its_own(tmp_path: Path) -> None:
    made = writer(tmp_path, message={"attachments": ["bills/{plan}.pdf"]})
    with pytest.raises(MessageError, match="The column `plan` is empty"):
        write(made, ROW)
    alone = make_writer(tmp_path, message={"attachments": ["bills/{plan}"]})
    assert files(write(alone, ROW)) == {}


def test_every_row_is_checked(tmp_path: Path) -> None:
    made = writer(tmp_path, message={"attachments": ["bills/{order id}{plan}.pdf"]})
    numbers = [("A-", "1"), ("A-", "3"), ("../ter", "ms"), ("A-1", "")]
    rows = [ROW | {"order id": order, "plan": plan} for order, plan in numbers]
    found = made.check([delivery(number, [row]) for number, row in enumerate(rows, start=1)]).findings
    assert [(each.code, each.line) for each in found] == [("letter-fails", 3), ("letter-fails", 4), ("letter-fails", 5)]
    assert [each.problem for each in found] == [
        "The file 'bills/A-3.pdf' of `[message]` in campaign.toml is not in the campaign folder.",
        "The file 'bills/../terms.pdf' of `[message]` in campaign.toml is outside the campaign folder.",
        "The column `plan` is empty, and `message.attachments` in campaign.toml needs it: bills/{order id}{plan}.pdf",
    ]


def test_a_link_and_a_folder_are_refused(tmp_path: Path) -> None:
    made = writer(tmp_path, message={"attachments": ["{order id}.pdf"]})
    (tmp_path / "A-9.pdf").symlink_to("/etc/passwd")
    with pytest.raises(MessageError, match="symbolic link"):
        write(made, ROW | {"order id": "A-9"})
    with pytest.raises(MessageError, match=r"'bills/A-1\.pdf' of this row names a folder"):
        write(made, ROW | {"order id": "bills/A-1"})


def test_files_too_large_together_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_files, "LIMIT", 600)
    made = writer(tmp_path, message={"attachments": ["bills/{order id}.pdf", "terms.pdf"]})
    write(made, ROW)
    with pytest.raises(MessageError, match="too large together"):
        write(made, ROW, ROW | {"order id": "A-2"})


def test_a_file_that_many_share_is_encoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[str] = []
    encode = own_files.encoded_part
    monkeypatch.setattr(own_files, "encoded_part", lambda each: encoded.append(each.filename) or encode(each))
    made = writer(tmp_path, message={"attachments": ["bills/{order id}.pdf"]})
    for _ in range(3):
        write(made, ROW)
    write(made, ROW | {"order id": "A-2"})
    assert encoded == ["A-1.pdf", "A-2.pdf"]
    monkeypatch.setattr(own_files, "KEPT", 1000)
    write(made, ROW | {"plan": "x"}, ROW)
    assert encoded == ["A-1.pdf", "A-2.pdf"]


def test_a_column_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(MessageError, match="names a column `ordr id`, which is not there; did you mean `order id`"):
        writer(tmp_path, message={"attachments": ["bills/{ordr id}.pdf"]})


@pytest.mark.parametrize("pattern", ["{file}", "{file}{number}"])
def test_a_row_cannot_name_any_file_of_the_campaign(pattern: str) -> None:
    (problem,) = value_problems(campaign(message={"attachments": [pattern, "files/{file}", "bill_{file}"]}))
    assert f"put the files into a folder of their own, and write 'files/{pattern}'" in problem


def test_a_change_of_a_rows_file_changes_the_plan(tmp_path: Path) -> None:
    writer(tmp_path)
    settings = MessageSettings(attachments=("bills/{plan}", "bill_{number}[1].pdf"))
    (tmp_path / "bill_7[1].pdf").write_bytes(b"a")
    (tmp_path / "bill_71.pdf").write_bytes(b"a")
    names = [path.name for path in own_files.own_file_paths(tmp_path, settings)]
    assert names == ["bill_7[1].pdf", "A-1.pdf", "A-2.pdf", "note.txt"]
    workspace = Workspace(folder=tmp_path, campaign=campaign(message={"attachments": ["bills/{order id}.pdf"]}))
    before = workspace.letter_parts("sorry")
    (tmp_path / "bills" / "A-2.pdf").write_bytes(b"other")
    changed = {part for part, digest in workspace.letter_parts("sorry").items() if before[part] != digest}
    assert changed == {"the attachments"}


def test_answers_go_to_the_rows_mailbox(tmp_path: Path) -> None:
    sender = {"from": "Anna <anna@acme.example>", "reply_to": "Support {name} <{plan}>"}
    made = writer(tmp_path, sender=sender)
    read = message_from_bytes(write(made, ROW | {"plan": "żółw@acme.example"}).data, policy=policy.default)
    assert str(read["Reply-To"]) == "Support Jan <żółw@acme.example>"
    with pytest.raises(MessageError, match=r"`sender\.reply_to` holds the address 'nobody'"):
        write(made, ROW | {"plan": "nobody"})
    alone = make_writer(tmp_path, sender=sender | {"reply_to": "{plan}"})
    assert message_from_bytes(write(alone, ROW).data)["Reply-To"] is None
    assert not list(value_problems(campaign(sender=sender)))
