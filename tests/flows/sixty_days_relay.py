"""The relay of the sixty days: it takes most letters, and turns some away in every way that a relay has.

It keeps its own book, by the ENVID that each letter brings; nothing of it is asked of the product.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from sixty_days_judge import Turned, is_full, is_never_at_home, is_unknown
from smtp_fakes import FaultyConversation

from mass_apology.smtp.sink import SinkConversation

_ENVID = re.compile(rb"ENVID=(\S+)")
_NUMBER = re.compile(rb"customer(\d+)@")
_AFTER_DOT = ("later", "taken without a word", "refused", "lost without a word")


class Moods:
    """Answers as ``smtp_fakes.Fault``. At every n-th MAIL, RCPT, DATA and dot there is some trouble."""

    def __init__(self, clock: Callable[[], float], every: int) -> None:
        self.run = 0
        self.turned: list[Turned] = []  # letters that were not taken, or were with no reply
        self.taken_at: list[float] = []  # one by one, when letters were taken
        self._clock = clock
        self._every = every
        self._uses: Counter[str] = Counter()
        self._tokens: dict[FaultyConversation, str] = {}  # the letter under way
        self._refused: set[FaultyConversation] = set()  # at MAIL
        self._closed: set[FaultyConversation] = set()

    def __call__(self, conversation: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
        answers = {"MAIL": self._mail, "RCPT": self._rcpt, "DATA": self._data, ".": self._dot}
        answer = answers.get(verb)
        if answer is None or conversation in self._closed:
            return None
        self._uses[verb] += 1
        return answer(conversation, argument)

    def _mail(self, conversation: FaultyConversation, argument: bytes) -> bytes | None:
        found = _ENVID.search(argument)
        assert found
        self._tokens[conversation] = found[1].decode()
        if self._is_troubled("MAIL"):
            self._note(conversation, "later")
            self._refused.add(conversation)
            return b"451 4.3.0 try again"
        self._refused.discard(conversation)
        return None

    def _rcpt(self, conversation: FaultyConversation, argument: bytes) -> bytes | None:
        number = int(_number(argument))
        if conversation in self._refused:
            return None
        if is_unknown(number):
            return self._says(conversation, "refused", b"550 5.1.1 unknown")
        if is_full(number):
            return self._says(conversation, "full", b"452 4.2.2 mailbox full")
        if is_never_at_home(number):
            return self._says(conversation, "later", b"450 4.2.1 not now")
        if self._is_troubled("RCPT"):
            return self._says(conversation, "later", b"451 4.7.1 greylisted")
        return None

    def _data(self, conversation: FaultyConversation, _: bytes) -> bytes | None:
        if not self._is_troubled("DATA"):
            return None
        self._note(conversation, "later")
        return self._closes(conversation)

    def _dot(self, conversation: FaultyConversation, content: bytes) -> bytes | None:
        trouble = self._uses["."] // self._every if self._is_troubled(".") else -1
        what = _AFTER_DOT[trouble % 4] if trouble >= 0 else "taken"
        if what.startswith("taken"):
            self.taken_at.append(self._clock())
        if what == "taken":
            return None
        if what == "taken without a word":
            SinkConversation.respond(conversation, ".", content)
        self._note(conversation, what)
        if what.endswith("word"):
            return self._closes(conversation)
        return b"451 4.3.0 try again" if what == "later" else b"550 5.7.1 not wanted"

    def _is_troubled(self, verb: str) -> bool:
        """The verbs take turns."""
        turn = ("MAIL", "RCPT", "DATA", ".").index(verb)
        return self._uses[verb] % self._every == (turn * self._every // 4 + 1) % self._every

    def _closes(self, conversation: FaultyConversation) -> bytes:
        """Without a word; what came behind it was not heard."""
        self._closed.add(conversation)
        return conversation.close()

    def _says(self, conversation: FaultyConversation, what: str, reply: bytes) -> bytes:
        self._note(conversation, what)
        return reply

    def _note(self, conversation: FaultyConversation, what: str) -> None:
        self.turned.append(Turned(run=self.run, at=self._clock(), token=self._tokens[conversation], what=what))


def _number(argument: bytes) -> bytes:
    found = _NUMBER.search(argument)
    assert found
    return found[1]
