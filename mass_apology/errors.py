"""Everything that can go wrong, as one tree. The command line prints ``problem`` and ``next_step``, nothing else.

MassApologyError
├── CampaignError       campaign.toml cannot be used
├── PasswordError       a password is not where it is said to be kept
├── InputError          the recipients file cannot be read
├── TemplateError       a letter's template cannot be used, or a letter cannot be rendered
├── MessageError        a letter cannot become a valid message
├── ConfirmationError   the plan was not confirmed, so nothing was sent
├── ApprovalError       an approval cannot be given, read or verified
├── OutputError         a file for the user cannot be written
├── SuppressionError    the suppressions cannot be read or changed, or an entry is not one
├── InstallationError   a folder that comes with the package is not there
├── DocsError           there is no such page of documentation
├── CountingError       numbers that must add up do not: a mistake in the program
├── RelayError          the relay cannot be used: connection, TLS, login (carries the phase and the reply)
└── LedgerError         the ledger cannot be read or written
    ├── LedgerLocked    somebody else is sending this campaign (carries host and pid)
    ├── FencedOut       our lock was taken over while we held it
    └── IllegalTransition   a delivery cannot go from its status to that one
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mass_apology.model import Phase, Reply


_ENDLESS = re.compile(r"\S{300,}|\s{300,}")
_MOST = 10_000


def shortened(text: str) -> str:
    """The text without the middle of words that nobody would read to their end: a file's values may be endless."""
    if len(text) <= 300:
        return text
    short = _ENDLESS.sub(lambda found: f"{found[0][:160]}…{found[0][-60:]}", text)
    return short if len(short) <= _MOST else f"{short[: _MOST // 2]} … {short[-_MOST // 2 :]}"


def install_extra(extra: str) -> str:
    """What to do where an extra is missing, as a clause. No index has the package, so no command names it alone."""
    return f"install mass-apology with its extra `{extra}`, as told by: mass-apology docs installing"


def shell_command(*words: object) -> str:
    """A command of ours to be copied into a shell, which reads each word as one: a path may hold blanks and quotes."""
    return shlex.join(("mass-apology", *map(str, words)))


class MassApologyError(Exception):
    """Something a person can understand and act on.

    ``problem`` says what is wrong and where; ``next_step`` says what to do about it. Both are whole sentences.
    """

    def __init__(self, problem: str, *, next_step: str) -> None:
        self.problem = shortened(problem)
        super().__init__(self.problem)
        self.next_step = next_step


class CampaignError(MassApologyError):
    """campaign.toml is missing, is not TOML, or says something that cannot be used."""


class PasswordError(MassApologyError):
    """A password cannot be had from where it is said to be kept. The text never holds a password."""


class InputError(MassApologyError):
    """The recipients file is missing, unreadable, or its structure cannot be trusted."""


class TemplateError(MassApologyError):
    """A template is missing or has a mistake, or a letter cannot be rendered from it."""


class MessageError(MassApologyError):
    """A letter cannot become a valid RFC 5322 message."""


class ConfirmationError(MassApologyError):
    """The count was not typed, or is not the number of letters due; nothing was sent."""


class ApprovalError(MassApologyError):
    """An approval cannot be given, read or verified; until it can, it counts as missing."""


class OutputError(MassApologyError):
    """A file for the user cannot be written; an older file of that name is intact."""


class SuppressionError(MassApologyError):
    """The suppressions cannot be read or changed, or an entry is not one; who is suppressed is unknown until then."""


class InstallationError(MassApologyError):
    """A folder that comes with the package is not there."""


class DocsError(MassApologyError):
    """There is no such page of documentation."""


class CountingError(MassApologyError):
    """Numbers that people read aloud do not add up, so that none of them is shown."""


class RelayError(MassApologyError):
    """The relay cannot be used: no message is concerned, every delivery stays as it is.

    ``phase`` is where the conversation ended, ``reply`` what the relay said there, if anything.
    ``temporary`` is true where trying again later may help.
    """

    def __init__(
        self,
        problem: str,
        *,
        next_step: str,
        phase: Phase,
        reply: Reply | None = None,
        temporary: bool = False,
    ) -> None:
        super().__init__(problem, next_step=next_step)
        self.phase = phase
        self.reply = reply
        self.temporary = temporary


class LedgerError(MassApologyError):
    """The ledger cannot be opened, read or written; sending has stopped before the next dot."""


class LedgerLocked(LedgerError):
    """Another process is sending this campaign."""

    def __init__(self, problem: str, *, next_step: str, host: str, pid: int) -> None:
        super().__init__(problem, next_step=next_step)
        self.host = host
        self.pid = pid


class FencedOut(LedgerError):
    """Another process took the lock over; what this one still holds must not be sent."""


class IllegalTransition(LedgerError):
    """A delivery was asked to go where ``model.TRANSITIONS`` has no way."""


@contextmanager
def first_failure() -> Iterator[None]:
    """Around a task group: raise the first of its failures by itself; the others only tell what else ended by it."""
    try:
        yield
    except BaseExceptionGroup as failures:
        first: BaseException = failures
        while isinstance(first, BaseExceptionGroup):  # a task may have had a group of its own
            first = first.exceptions[0]
        raise first from first.__cause__


def require_sum(what: str, total: int, parts: Mapping[str, int]) -> None:
    """Raise ``CountingError`` where the parts, each under its name, are not all of ``total``."""
    if sum(parts.values()) != total:
        said = " + ".join(f"{count} {name}" for name, count in parts.items()) or "nothing"
        raise CountingError(
            f"The numbers do not add up: {what} are {total}, and not {said}.",
            next_step="Nothing was changed by this. Please report it as a mistake in mass-apology, with these numbers.",
        )
