"""``import mailmerge``: every letter means what mailmerge would send, or the difference is told.

mailmerge/cases.toml holds the files of each case, and what mailmerge 2.3.0 sent of them.
"""

from __future__ import annotations

import asyncio
import base64
import re
import tomllib
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from mass_apology.errors import MassApologyError
from mass_apology.flows.importing.mailmerge_import import Imported, ImportOptions, import_mailmerge
from mass_apology.flows.plan import plan
from mass_apology.model import Severity
from mass_apology.workspace.workspace import Workspace

CASES: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "mailmerge" / "cases.toml").read_text())["case"]


def write_files(folder: Path, case: dict[str, Any]) -> None:
    folder.mkdir()
    (folder / "mailmerge_template.txt").write_text(case["template"], encoding="utf-8")
    (folder / "mailmerge_database.csv").write_text(case["database"], encoding="utf-8", newline="")
    (folder / "mailmerge_server.conf").write_text(case["conf"])
    for name, octets in case.get("files", {}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(octets))


def imported(folder: Path, **options: Any) -> Imported:
    merge = folder / "merge"
    files = {
        "template": merge / "mailmerge_template.txt",
        "database": merge / "mailmerge_database.csv",
        "config": merge / "mailmerge_server.conf",
    }
    return asyncio.run(import_mailmerge(ImportOptions(name="out", **files, **options), lambda *_: None))


def letters(folder: Path) -> list[EmailMessage]:
    """The finished letters of the campaign, in the order of its rows; those that cannot be written are left out."""

    async def written() -> list[EmailMessage]:
        found: list[EmailMessage] = []
        terms = plan.Terms(skip_bad_rows=True, render=False)
        async with plan.drafted(Workspace.open(folder), plan.NO_KEY, terms, on_progress=lambda *_: None) as draft:
            for delivery in (each for batch in draft.letters() for each in batch):
                data = draft.writer.write(delivery, date="Thu, 01 Jan 1970 00:00:00 +0000", eightbit=True).data
                found.append(message_from_bytes(data, policy=policy.default))  # type: ignore[arg-type]
        return found

    try:
        return asyncio.run(written())
    except MassApologyError:
        return []


def seen(html: str) -> str:
    """A page without what parsers add: its words, its elements, and the addresses of its links."""
    page = re.sub(r"(?s)<style.*?</style>|<!--.*?-->|</\w+>|<(?:html|head|body|tbody|title)\b[^>]*>", "", html)
    page = re.sub(r"<(\w+)([^>]*)>", lambda tag: f"<{tag[1]} {''.join(re.findall('href=.[^ ]*', tag[2]))}>", page)
    return re.sub(r"\s+", "", unescape(page))


def bare(mailbox: str) -> str:
    """An address alone needs no brackets."""
    return re.sub(r"^<(.*)>$", r"\1", mailbox)


def differing(ours: EmailMessage, theirs: dict[str, Any]) -> set[str]:
    """What of a letter is not as mailmerge sends it."""
    bodies: dict[str, str] = {}
    files: list[str] = []
    for part in ours.walk():
        if part.get_filename():
            files.append(str(part.get_filename()))
        elif part.get_content_maintype() == "text":
            bodies[part.get_content_subtype()] = str(part.get_content()).replace("\r\n", "\n")
    others = {"to", "from", "reply-to", *theirs["headers"]} - {"cc"}
    pairs = {name: (str(ours[name] or ""), bare(theirs["headers"].get(name, ""))) for name in others}
    pairs["subject"] = str(ours["subject"]), " ".join(theirs["headers"].get("subject", "").split())
    pairs["attachments"] = str(sorted(files)), str(sorted(theirs["attachments"]))
    if "text" in theirs:
        pairs["text"] = bodies.get("plain", "").rstrip("\n"), theirs["text"].rstrip("\n")
    pairs["html"] = seen(bodies.get("html", "")), seen(theirs.get("html", ""))
    return {what for what, (own, other) in pairs.items() if own != other}


@pytest.mark.parametrize("case", CASES, ids=[each["title"] for each in CASES])
def test_every_letter_is_the_same_or_the_difference_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: dict[str, Any]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path / "merge", case)
    if "refused" in case:
        with pytest.raises(MassApologyError, match=re.escape(case["refused"])):
            imported(tmp_path)
        assert not (tmp_path / "out").exists()
        return
    result = imported(tmp_path)
    told = sorted({each.code for each in result.findings if each.severity is not Severity.INFO})
    assert told == case["told"]
    ours = letters(tmp_path / "out")
    found = {"count"} if len(ours) != len(case["letters"]) else set()
    if not found:
        pairs = zip(ours, case["letters"], strict=True)
        found = {what for own, other in pairs for what in differing(own, other)}
    assert sorted(found) == case["differs"]
    assert told or not found
    if not found:
        assert result.equal == result.letters == result.rows == len(ours)
