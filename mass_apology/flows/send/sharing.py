"""What a run has together with others that send the same campaign: its letters, and the limits of its relays."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

from mass_apology.errors import LedgerError
from mass_apology.flows.send.confirmed import Confirmed
from mass_apology.ledger import Ledger
from mass_apology.ledger.common_limits import COMMON_RATE, CommonLimits, CommonState, OpenedPace, PaceState
from mass_apology.model import StopCause
from mass_apology.relay_settings import RelaySettings
from mass_apology.sending.common_keeper import CommonKeeper
from mass_apology.sending.dispatcher import Dispatcher
from mass_apology.sending.outbox import Outbox
from mass_apology.sending.relay_source import RelaySource
from mass_apology.sending.routing import Routing
from mass_apology.settings import Campaign, Rate, parse_rate

HALTS = frozenset({StopCause.BREAKER, StopCause.REPLY})
"""Ends of one run that are all others': a person must look first."""

_DESTINATION = "destination "  # before the first domain of one
_QUOTA_NEWS = 1.0  # seconds by which a quota must close longer to be told


class Sharing:
    """One run's part in it. Once the canary has its outcomes, ``begin`` lets others join, where the ledger can."""

    def __init__(
        self,
        ledger: Ledger,
        dispatcher: Dispatcher,
        confirmed: Confirmed,
        campaign: Campaign,
        routing: Routing,
        outbox: Outbox,
    ) -> None:
        self._ledger = ledger
        self._dispatcher = dispatcher
        self._confirmed = confirmed
        self._routing = routing
        self._outbox = outbox
        self._campaign = campaign
        self._keeper: CommonKeeper | None = None
        self._began = asyncio.Event()
        self._halted = False  # by another process
        self.shares = confirmed.is_shared
        """Whether others may take part."""
        self._may = confirmed.may_be_shared and not self.shares

    def confirm(self) -> None:
        """The run begins: where this process dies before others may take part, one of them takes it up."""
        if self._may:
            self._ledger.confirm(self._confirmed.shared_wave())

    async def join(self) -> None:
        """Before the first letter: keep the limits that the others keep, where this run takes part in theirs."""
        if self.shares and (limits := self._ledger.limits()) is not None:
            await self._keep_together(limits)

    async def begin(self) -> None:
        """From now on others may take part in all letters of the wave; without effect where they do, or cannot."""
        if not self._may:
            return
        self._may = False
        limits = self._ledger.limits()
        if limits is None:
            return
        usage = {_name(relay): self._used(relay) for relay in self._campaign.relays if relay.windows}
        await self._keep_together(limits, usage)  # before the first other one may come
        self.shares = await asyncio.to_thread(self._ledger.share, self._confirmed.shared_wave())

    async def keep(self) -> None:
        """Ask for what letters need, until cancelled. Raises ``LedgerError`` where the store stays away."""
        await self._began.wait()
        if self._keeper is not None:
            await self._keeper.run()

    async def keep_up(self) -> None:
        """Every tick: tell the others what they must know, and obey what they told."""
        if self._keeper is None:
            return
        told = {_name(source.relay): source.endings.untold() for source in self._dispatcher.sources}
        try:
            state = await self._keeper.exchange(told)
        except LedgerError:  # a server that is away: the next mark tells, if it stays away
            for source in self._dispatcher.sources:
                source.endings.tell_again(told[_name(source.relay)])
            return
        await self._obey(self._keeper, state)

    async def end(self) -> None:
        """The run has ended: the others stop, too, where a person must look first. Unless others may take part, nobody
        goes on before a person confirms again."""
        if self._may:
            with suppress(LedgerError):  # who cannot say so has said why before
                await asyncio.to_thread(self._ledger.withdraw)
        if self._keeper is not None:
            await self.keep_up()
            cause = self._dispatcher.cause
            tells = cause in HALTS and not self._halted
            await self._keeper.close((self._dispatcher.reason or "", cause) if tells and cause else None)

    async def _keep_together(
        self, limits: CommonLimits, usage: Mapping[str, Sequence[tuple[int, int]]] | None = None
    ) -> None:
        keeper = CommonKeeper(limits, self._outbox.changed.notify)
        sources = self._dispatcher.sources
        destinations = [
            OpenedPace(name=f"{_DESTINATION}{name}", spacing=spacing / COMMON_RATE, doubles=True)
            for name, spacing in self._routing.paces().items()
        ]
        await keeper.call(lambda: limits.open([*map(_opened, sources), *destinations], usage))
        for source in sources:
            name = _name(source.relay)
            source.pace = keeper.pace(name, _spacing(source.relay))
            if source.relay.windows:
                source.windows = keeper.window(name, windows_of(source.relay), source.windows.in_flight)
        self._routing.share(
            lambda name, spacing: keeper.pace(f"{_DESTINATION}{name}", spacing / COMMON_RATE, of_starts=True)
        )
        self._keeper = keeper
        self._began.set()

    def _used(self, relay: RelaySettings) -> list[tuple[int, int]]:
        longest = max(limit.seconds for limit in windows_of(relay))
        return self._ledger.usage_since(time.time() - longest, relay.name)

    async def _obey(self, keeper: CommonKeeper, state: CommonState) -> None:
        self._routing.divide(state.sessions)
        for name in state.paces.keys() - keeper.paces.keys():
            if name.startswith(_DESTINATION):  # it throttled another process
                self._routing.adopt(name.removeprefix(_DESTINATION))
                keeper.paces[name].learn(state.paces[name])
                self._outbox.sort()
        for source in self._dispatcher.sources:
            source.divide_connections(state.sessions)
            if (pace := state.paces.get(_name(source.relay))) is not None:
                source.endings.learn(pace)
                await self._tell_quota(keeper, source, pace)
                self._dispatcher.check_breaker(source)
        if state.halt is not None and not self._dispatcher.closed:
            self._halted = True
            for source in self._dispatcher.sources:
                self._dispatcher.reopen_row(source)
            self._dispatcher.close(*state.halt)

    async def _tell_quota(self, keeper: CommonKeeper, source: RelaySource, pace: PaceState) -> None:
        left = source.quota_until - time.time()
        if left > pace.closed_for + _QUOTA_NEWS:
            with suppress(LedgerError):
                await keeper.close_for(_name(source.relay), left)
        elif pace.closed_for > left:
            source.wait_for_quota(pace.closed_for)


def windows_of(relay: RelaySettings) -> list[Rate]:
    """The relay's windows."""
    return [rate for window in relay.windows if (rate := parse_rate(window))]


def _name(relay: RelaySettings) -> str:
    return f"relay {relay.name}" if relay.name else "relay"


def _spacing(relay: RelaySettings) -> float:
    rate = parse_rate(relay.rate)
    return rate.seconds / rate.letters / COMMON_RATE if rate else 0.0


def _opened(source: RelaySource) -> OpenedPace:
    relay = source.relay
    return OpenedPace(name=_name(relay), spacing=_spacing(relay), taken=source.pace.taken(time.monotonic()))
