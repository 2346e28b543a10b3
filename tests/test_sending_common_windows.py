"""Windows that several processes keep together, with a played clock and a store that counts as the database does."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from mass_apology.ledger.common_limits import WindowWish
from mass_apology.sending import pacing
from mass_apology.sending.common_windows import AGAIN, IDLE, TELLS_EVERY, CommonWindows
from mass_apology.sending.relay_windows import RelayWindows
from mass_apology.settings import Rate

NOW = 1_796_000_040.0  # Unix seconds
HOUR = 3600.0
LIMIT = Rate(letters=100, seconds=3600)


class Store:
    """What is used and held, as ``hold_window`` has it; its clock is an hour ahead of ours."""

    def __init__(self) -> None:
        self.used: dict[int, int] = defaultdict(int)
        self.held: dict[int, int] = {}

    def hold(self, session: int, wish: WindowWish, now: float) -> int:
        minute = int(now // 60 * 60)
        self.used[minute] += wish.used
        others = sum(held for each, held in self.held.items() if each != session)
        windows = [
            pacing.remaining_window(Rate(letters=letters, seconds=seconds), self.usage(), now)
            for letters, seconds in wish.limits
        ]
        free = min(window.remaining for window in windows) - others
        self.held[session] = max(wish.begun, min(wish.begun + wish.wanted, free))
        return self.held[session]

    def usage(self) -> list[tuple[int, int]]:
        return sorted(self.used.items())


class Session:
    """A process that begins letters whenever it may."""

    def __init__(self, store: Store, number: int) -> None:
        self._store, self._number = store, number
        self.windows = CommonWindows("relay", [LIMIT], lambda: None)
        self.sent: list[float] = []

    def ask(self, now: float, *, last: bool = False) -> None:
        wish = self.windows.question(now, last=last)
        if wish is not None:
            there = now + HOUR
            held = self._store.hold(self._number, wish, there)
            self.windows.answered(wish, held, self._store.usage(), there, now)

    def send(self, now: float, letters: int) -> None:
        for _ in range(letters):
            if self.windows.closed_until(now) is not None:
                self.windows.wish(now)
                return
            self.windows.begin()
            self.windows.end(handed_over_at=now)
            self.sent.append(now)


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 300), st.integers(1, 30)), min_size=50, max_size=200))
def test_all_together_never_exceed_the_window_in_any_stretch(turns: list[tuple[int, float, int]]) -> None:
    store, now = Store(), NOW
    sessions = [Session(store, number) for number in range(4)]
    for number, pause, letters in turns:
        now += pause
        for session in sessions:
            session.ask(now)
        sessions[number].send(now, letters)
        sessions[number].ask(now)
        sessions[number].send(now, letters)
    sent = sorted(moment for session in sessions for moment in session.sent)
    assert all(sum(start <= moment < start + LIMIT.seconds for moment in sent) <= LIMIT.letters for start in sent)


def test_four_use_all_that_one_would_and_say_when_it_reopens() -> None:
    store, now = Store(), NOW
    sessions = [Session(store, number) for number in range(4)]
    for _ in range(200):
        now += 0.6
        for session in sessions:
            session.send(now, 1)
            session.ask(now)
    assert sum(len(session.sent) for session in sessions) == LIMIT.letters
    alone = RelayWindows([LIMIT], [(minute - 3600, letters) for minute, letters in store.usage()])
    for session in sessions:
        reopens_at = session.windows.closed_until(now)
        assert reopens_at is not None
        assert reopens_at == alone.closed_until(now)


def test_what_nobody_needs_is_given_back() -> None:
    store = Store()
    one = Session(store, 0)
    one.send(NOW, 1)
    one.ask(NOW)
    assert store.held[0] > 0
    one.windows.closed_until(NOW)  # who only looks wishes nothing
    one.ask(NOW + max(IDLE, TELLS_EVERY) + 0.1)
    assert store.held[0] == 0
    assert one.windows.closed_until(NOW + 2) == NOW + 2 + AGAIN
    one.send(NOW + 3, 1)
    one.ask(NOW + 3)
    one.windows.begin()
    one.ask(NOW + 4, last=True)
    assert store.held[0] == 1  # it may be handed over yet


def test_letters_that_were_begun_before_others_took_part_are_counted() -> None:
    store = Store()
    session = Session(store, 0)
    session.windows = CommonWindows("relay", [LIMIT], lambda: None, begun=3)
    assert session.windows.in_flight == 3
    session.windows.end(handed_over_at=NOW)
    session.ask(NOW)
    assert (sum(store.used.values()), store.held[0]) == (1, 2)
