"""Sessions of people on the live page, and the one-time link by which the terminal's person begins one.

They live in this process and end with it. What a browser has is a random token; kept here is only its SHA-256.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from hashlib import sha256

from msgspec import Struct

from mass_apology.flows.serve.access_file import Role

IDLE_SECONDS = 30 * 60.0  # without a request or an open page
LONGEST_SECONDS = 12 * 3600.0  # a shift
LINK_SECONDS = 10 * 60.0  # from printing the link to opening it
MOST_SESSIONS = 1000  # the one that was used longest ago gives way
MOST_OF_ONE = 20  # of one person: a program that keeps no cookie begins one with every request


class Visitor(Struct, frozen=True, kw_only=True):
    """Somebody who is known."""

    name: str
    roles: frozenset[Role]

    def may(self, role: Role) -> bool:
        """Whether they have the role."""
        return role in self.roles


class Asked(Struct, frozen=True, kw_only=True):
    """What a browser's authenticator was asked to sign, or to make."""

    challenge: bytes
    at: float  # Unix seconds: the moment of the approval
    code: str = ""  # of the plan; empty for a new passkey


class Session(Struct, kw_only=True):
    """One browser of one person."""

    kept: bytes  # the SHA-256 of its token
    visitor: Visitor
    csrf: str  # what each form of theirs holds
    began_at: float  # monotonic seconds
    used_at: float
    asked: Asked | None = None  # of its authenticator, until it answers


class Sessions:
    """All sessions; for the event loop alone."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sessions: dict[bytes, Session] = {}
        self._links: dict[bytes, float] = {}  # when they run out

    def begin(self, visitor: Visitor) -> str:
        """A new session; its token, which nobody had before. It is for the cookie alone."""
        now = self._clock()
        self._forget_old(now)
        own = [kept for kept, each in self._sessions.items() if each.visitor.name == visitor.name]
        if len(own) >= MOST_OF_ONE:
            del self._sessions[min(own, key=lambda each: self._sessions[each].used_at)]
        while len(self._sessions) >= MOST_SESSIONS:
            del self._sessions[min(self._sessions, key=lambda each: self._sessions[each].used_at)]
        token = secrets.token_urlsafe(32)
        kept = _kept(token)
        self._sessions[kept] = Session(
            kept=kept, visitor=visitor, csrf=secrets.token_urlsafe(32), began_at=now, used_at=now
        )
        return token

    def find(self, token: str) -> Session | None:
        """The session with this token, unless it has ended; it has been used now."""
        session = self._sessions.get(_kept(token))
        return session if session is not None and self.is_used(session) else None

    def is_used(self, session: Session) -> bool:
        """Whether it has not ended; it has been used now."""
        now = self._clock()
        if self._sessions.get(session.kept) is not session or _has_ended(session, now):
            self._sessions.pop(session.kept, None)
            return False
        session.used_at = now
        return True

    def keep_to(self, roles_of: Callable[[str], frozenset[Role]]) -> None:
        """Give everybody the roles that their names have now; who has none is let go."""
        for kept, each in list(self._sessions.items()):
            roles = roles_of(each.visitor.name)
            if not roles:
                del self._sessions[kept]
            elif roles != each.visitor.roles:
                each.visitor = Visitor(name=each.visitor.name, roles=roles)

    def end(self, token: str) -> None:
        """End it, if there is one."""
        self._sessions.pop(_kept(token), None)

    def new_link(self) -> str:
        """A token that begins one session, for a while."""
        token = secrets.token_urlsafe(32)
        self._links[_kept(token)] = self._clock() + LINK_SECONDS
        return token

    def redeem(self, token: str) -> bool:
        """Whether the link may begin a session now; it may never again."""
        runs_out = self._links.pop(_kept(token), 0.0)
        return self._clock() < runs_out

    def _forget_old(self, now: float) -> None:
        self._sessions = {kept: each for kept, each in self._sessions.items() if not _has_ended(each, now)}


def _has_ended(session: Session, now: float) -> bool:
    return now - session.used_at > IDLE_SECONDS or now - session.began_at > LONGEST_SECONDS


def _kept(token: str) -> bytes:
    return sha256(token.encode()).digest()
