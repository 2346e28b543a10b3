"""The stock of letters: never dry while letters are due, never more than its shelf holds."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from smtp_fakes import message

from mass_apology.flows.plan.canary import Candidates
from mass_apology.model import Delivery, Message
from mass_apology.sending import outbox
from mass_apology.sending.gate import Gate, Held, Ruling
from mass_apology.sending.outbox import Outbox
from mass_apology.sending.relay_windows import RelayWindows
from mass_apology.settings import Rate

OPEN = Gate([])


def refuse(letter: Delivery, reason: str) -> None:
    raise AssertionError(f"letter {letter.id} was withheld: {reason}")


class FakeLedger:
    """Has so many letters due; the first ``canaries`` of them go first."""

    def __init__(self, letters: int, canaries: int = 0) -> None:
        self._next = 1
        self._letters, self._canaries = letters, canaries

    async def claim(self, limit: int, _now: float, *, canary_only: bool, wave: str = "first") -> list[Delivery]:
        await asyncio.sleep(0)
        last = self._canaries if canary_only else self._letters
        claimed = [message(n).delivery for n in range(self._next, min(last, self._next + limit - 1) + 1)]
        self._next += len(claimed)
        return claimed

    async def flush(self) -> None:
        pass

    async def next_due_at(self, _wave: str = "first") -> float | None:
        return None


class FakeRenderPool:
    """Takes its time, one batch after the other."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._turn = asyncio.Lock()

    async def write(self, deliveries: Sequence[Delivery], *, now: float, eightbit: bool) -> list[Message]:
        assert now > 0
        assert eightbit
        async with self._turn:
            await asyncio.sleep(self._seconds)
        return [message(each.id) for each in deliveries]


async def take_all(queue: Outbox, most: list[int]) -> list[int]:
    taken: list[int] = []
    while not queue.exhausted:
        while (letter := queue.take()) is not None:
            taken.append(letter.delivery.id)
            queue.settled()
        most.append(queue.out)
        await queue.changed.wait(1.0)
    return taken


@pytest.mark.parametrize("seconds", [0.0, 0.003, 0.02])
@pytest.mark.parametrize("letters", [0, 1, outbox.READY_LIMIT - 1, outbox.READY_LIMIT, 3 * outbox.READY_LIMIT + 7])
def test_every_letter_comes_once_however_slow_the_writing(letters: int, seconds: float) -> None:
    """Connections that are faster than the writing once emptied the shelf without waking the filling."""

    async def main() -> list[int]:
        queue = Outbox(FakeLedger(letters), FakeRenderPool(seconds), eightbit=True, gate=OPEN)
        async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
            tasks.create_task(queue.fill(refuse))
            taking = tasks.create_task(take_all(queue, []))
        return taking.result()

    assert sorted(asyncio.run(main())) == list(range(1, letters + 1))


def test_the_others_wait_until_the_canary_is_settled() -> None:
    async def main() -> None:
        queue = Outbox(FakeLedger(50, canaries=10), FakeRenderPool(0.0), eightbit=True, gate=OPEN)
        async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
            tasks.create_task(queue.fill(refuse))
            while queue.out < 10:
                if queue.take() is None:
                    await queue.changed.wait(1.0)
            await asyncio.sleep(0.05)
            assert queue.take() is None
            assert queue.canary_running
            for _ in range(10):
                queue.settled()
            await queue.changed.wait(1.0)
            assert not queue.canary_running
            assert queue.take() is not None
            queue.close()

    asyncio.run(main())


def test_closing_is_noticed_while_the_ledger_is_asked() -> None:
    """The filling once went to sleep on letters that nobody would take any more, and ``send`` never ended."""

    class SlowLedger(FakeLedger):
        async def claim(self, limit: int, _now: float, *, canary_only: bool, wave: str = "first") -> list[Delivery]:
            claimed = await super().claim(limit, _now, canary_only=canary_only)
            if not claimed and not canary_only:
                queue.close()
                await asyncio.sleep(0.01)
            return claimed

    async def main() -> None:
        nonlocal queue
        queue = Outbox(SlowLedger(50), FakeRenderPool(0.0), eightbit=True, gate=OPEN)
        async with asyncio.timeout(5):
            await queue.fill(refuse)
        assert not queue.exhausted

    queue: Outbox
    asyncio.run(main())


def test_a_connection_never_waits_for_a_result_of_the_gate_that_grows_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """It once did each second, and a letter that is not there when the last one ends costs a round trip."""
    clock = 1000.0
    monkeypatch.setattr(outbox.time, "monotonic", lambda: clock)
    asked: list[int] = []

    def rule(letters: Sequence[Delivery], _: float) -> Ruling:
        asked.append(len(letters))
        return {}

    async def main() -> None:
        nonlocal clock
        queue = Outbox(FakeLedger(500), FakeRenderPool(0.0), eightbit=True, gate=Gate([rule]))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(queue.fill(refuse))
            for _ in range(60):
                for _ in range(20):  # the outbox's turn
                    await asyncio.sleep(0)
                clock += outbox.RESULT_LIFETIME / 10
                assert queue.take() is not None
            queue.close()

    asyncio.run(main())
    assert sum(asked) > 500


def test_letters_with_large_attachments_do_not_pile_up() -> None:
    async def main() -> int:
        queue = Outbox(FakeLedger(500), FakeRenderPool(0.0), eightbit=True, gate=OPEN, attached=10 << 20)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(queue.fill(refuse))
            await asyncio.sleep(0.2)
            ready = 0
            while queue.take() is not None:
                ready += 1
            queue.close()
        return ready

    assert asyncio.run(main()) == outbox.BATCHES_AHEAD


def test_a_letter_put_back_comes_again() -> None:
    async def main() -> list[int]:
        queue = Outbox(FakeLedger(3), FakeRenderPool(0.0), eightbit=True, gate=OPEN)
        async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
            tasks.create_task(queue.fill(refuse))
            await queue.changed.wait(1.0)
            first = queue.take()
            assert first is not None
            queue.put_back(first)
            taking = tasks.create_task(take_all(queue, []))
        return taking.result()

    assert asyncio.run(main()) == [1, 2, 3]


def test_only_what_the_gate_lets_go_is_rendered() -> None:
    rendered: list[int] = []
    withheld: list[tuple[int, str]] = []

    class CountingFarm(FakeRenderPool):
        async def write(self, deliveries: Sequence[Delivery], *, now: float, eightbit: bool) -> list[Message]:
            rendered.extend(each.id for each in deliveries)
            return await super().write(deliveries, now=now, eightbit=eightbit)

    def rule(letters: Sequence[Delivery], _: float) -> Ruling:
        later = {each.id: Held(reason="closed", for_good=False) for each in letters if each.id % 3 == 1}
        return later | {each.id: Held(reason="asked", for_good=True) for each in letters if each.id % 3 == 2}

    async def main() -> list[int]:
        queue = Outbox(FakeLedger(900), CountingFarm(0.0), eightbit=True, gate=Gate([rule]))
        async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
            tasks.create_task(queue.fill(lambda letter, reason: withheld.append((letter.id, reason))))
            taking = tasks.create_task(take_all(queue, []))
        return taking.result()

    assert sorted(asyncio.run(main())) == sorted(rendered) == list(range(3, 901, 3))
    assert withheld == [(n, "asked") for n in range(2, 901, 3)]


def test_a_letter_that_waited_is_asked_about_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "RESULT_LIFETIME", 0.01)
    stopped: set[int] = set()
    withheld: list[int] = []

    def rule(letters: Sequence[Delivery], _: float) -> Ruling:
        return {each.id: Held(reason="asked", for_good=True) for each in letters if each.id in stopped}

    async def main() -> list[int]:
        queue = Outbox(FakeLedger(5), FakeRenderPool(0.0), eightbit=True, gate=Gate([rule]))
        async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
            tasks.create_task(queue.fill(lambda letter, _: withheld.append(letter.id)))
            await queue.changed.wait(1.0)
            await asyncio.sleep(0.05)  # a pause, and in it somebody is suppressed
            stopped.update({2, 4})
            taking = tasks.create_task(take_all(queue, []))
        return taking.result()

    assert asyncio.run(main()) == [1, 3, 5]
    assert withheld == [2, 4]


def test_a_letter_does_not_go_after_the_moment_until_which_it_may() -> None:
    asked: list[float] = []

    def rule(letters: Sequence[Delivery], now: float) -> Ruling:
        asked.append(now)
        closes_at = asked[0] + 0.05
        closed = Held(reason="closed", for_good=False)
        return {each.id: closes_at if now < closes_at else closed for each in letters}

    async def main() -> list[int]:
        queue = Outbox(FakeLedger(5), FakeRenderPool(0.0), eightbit=True, gate=Gate([rule]))
        async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
            tasks.create_task(queue.fill(refuse))
            await queue.changed.wait(1.0)
            await asyncio.sleep(0.1)
            taking = tasks.create_task(take_all(queue, []))
        return taking.result()

    assert asyncio.run(main()) == []


def test_the_canary_holds_every_language_and_many_domains() -> None:
    candidates = Candidates()
    addresses = [f"c{n}@d{n % 5}.example" for n in range(1000)]
    base = message(1).delivery
    from msgspec.structs import replace

    letters = [
        replace(base, id=n, address=address, language="pl" if n == 700 else "en") for n, address in enumerate(addresses)
    ]
    for start in range(0, 1000, 100):
        candidates.add(letters[start : start + 100])
    chosen = candidates.choose(20)
    assert len(chosen) == len(set(chosen)) == 20
    assert chosen == sorted(chosen)
    assert 700 in chosen
    assert {n % 5 for n in chosen} == {0, 1, 2, 3, 4}
    assert candidates.choose(5000) == sorted(set(candidates.choose(5000)))


def test_the_canary_of_one_domain_is_as_large_as_any() -> None:
    candidates = Candidates()
    candidates.add([message(n).delivery for n in range(300)])
    assert len(candidates.choose(100)) == 100


def test_connections_cannot_overshoot_a_window_together() -> None:
    windows = RelayWindows([Rate(letters=3, seconds=3600)], [(0, 1)])
    now = 90.0
    for _ in range(2):
        assert windows.closed_until(now) is None
        windows.begin()
    assert windows.closed_until(now) is not None
    windows.end(handed_over_at=None)
    assert windows.closed_until(now) is None
    windows.begin()
    windows.end(handed_over_at=now)
    windows.end(handed_over_at=now)
    assert windows.closed_until(now) == 60 + 3600  # the minute of the first hand-over has left the window then
    assert windows.closed_until(3700.0) is None
