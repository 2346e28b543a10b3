"""The Nu HTML checker's judgement of documents."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec
from msgspec import Struct


class Complaint(Struct, frozen=True, kw_only=True):
    """One thing the checker says about one document."""

    document: Path
    error: bool  # a warning otherwise
    text: str


class _Message(Struct, rename="camel"):
    type: str  # "error", "info" or "non-document-error"
    message: str
    url: str = ""
    sub_type: str = ""  # "warning" of an info, "fatal" of an error


class _Report(Struct):
    messages: list[_Message]


def complaints(documents: Sequence[Path], *, java: str, checker: Path) -> tuple[Complaint, ...]:
    """All that is wrong with the documents. ``checker`` is ``vnu.jar``; it is run offline and fetches nothing."""
    command = [java, "-jar", str(checker), "--stdout", "--format", "json", "--exit-zero-always"]
    done = subprocess.run([*command, *map(str, documents)], check=True, capture_output=True)
    report = msgspec.json.decode(done.stdout, type=_Report)
    return tuple(_complaint(each) for each in report.messages if each.type != "info" or each.sub_type == "warning")


def version(*, java: str, checker: Path) -> str:
    """``"26.9.27"``."""
    done = subprocess.run([java, "-jar", str(checker), "--version"], check=True, capture_output=True, text=True)
    return done.stdout.split()[0]


def _complaint(message: _Message) -> Complaint:
    return Complaint(
        document=Path(unquote(urlsplit(message.url).path)), error=message.type != "info", text=message.message
    )
