"""The phase of the SMTP conversation in which a recipient's server refused, as a report tells it.

"User unknown" after RCPT is proof. After MAIL it is about us, and after the content (RFC 5321 §4.1.1.4) it is none:
the server had taken the address, and it is a filter, a list or a mailbox rule that answers, often with the first
sentence it finds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

from mass_apology.bounces import bounce_phrases

_AFTER_CONTENT = re.compile(bounce_phrases.AFTER_CONTENT)
_AFTER_RECIPIENT = re.compile(bounce_phrases.AFTER_RECIPIENT)
# A transcript's line: ">>> DATA", "<<< 550 …" (sendmail, Courier), "--> DATA" (MDaemon), "C: DATA".
_COMMAND = re.compile(r"^[ \t]{0,40}(?:>>>|-->|c:)[ \t]{0,40}(?:mail|rcpt|data|bdat|\.)", re.M)
_MARKS = (">>>", "-->", "c:")  # of a command, which few texts hold
_LINE = re.compile(r"^[ \t]{0,40}(?:(>>>|-->|c:)|(?:<<<|<--|s:))?[ \t]{0,40}([^\s][^\n]{0,400})", re.M)
# m-FILTER names the last command in a block of its own.
_LAST_COMMAND = re.compile(r"^-{3,20} ?smtp command\s+(data|rcpt)\b", re.M)
# Had a recipient been taken, DATA would not be out of order (RFC 2920 §3.1).
_NOBODY_TAKEN = re.compile(
    r"5\d\d[ -].{0,40}?(?:no valid recip|need rcpt|rcpt (?:first|command)|no recip|bad sequence)"
    r"|5\d\d 5\.1\.\d .{0,200}?\.\.\. ?user unknown",
)


def says_after_content(text: str, address: str) -> bool | None:
    """Whether the content or the sender was refused, and not ``address``; ``None`` where ``text`` does not tell."""
    return RefusalPhase(text).is_after_content(address)


class RefusalPhase:
    """The phase that one text tells. A report may ask it for a thousand recipients, so the text is looked at once."""

    def __init__(self, text: str) -> None:
        self._text = text.lower()

    def is_after_content(self, address: str) -> bool | None:
        """As ``says_after_content``, for one of the recipients."""
        return self._after_content_of(address.lower()) if self._lines else self._of_everybody

    @cached_property
    def _of_everybody(self) -> bool | None:
        if self._last_command:
            return self._last_command == "data"
        if _AFTER_RECIPIENT.search(self._text):
            return False
        return True if _AFTER_CONTENT.search(self._text) else None

    @cached_property
    def _lines(self) -> Sequence[tuple[str, str]]:
        """The lines of a conversation, each with the mark of a command or nothing; empty where there is none."""
        if not any(mark in self._text for mark in _MARKS) or self._last_command or not _COMMAND.search(self._text):
            return ()
        return _LINE.findall(self._text)

    @cached_property
    def _last_command(self) -> str:
        found = _LAST_COMMAND.search(self._text) if "smtp command" in self._text else None
        return found[1] if found else ""

    def _after_content_of(self, address: str) -> bool | None:
        command, refused = "", False
        for sent, line in self._lines:
            if sent:
                command = line
            elif command.startswith("mail") and line[0] == "5":
                return True  # the sender was refused; what answers a pipelined RCPT is no more than that
            elif command.startswith("rcpt") and line[0] == "5":
                if not address or address in command or "@" not in command:
                    return False
            elif command.startswith(("data", ".", "bdat")):
                if _NOBODY_TAKEN.match(line):
                    return False
                refused = refused or line[0] == "5"
        return refused or None
