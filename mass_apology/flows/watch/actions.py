"""What a person can press, and what will happen then. Pure."""

from __future__ import annotations

from mass_apology.flows.watch.situation import Facts
from mass_apology.flows.watch.view_model import ActionView, WatchState
from mass_apology.ledger.sender_state import Control
from mass_apology.quantities import counted

_NOBODY = "Nobody is sending. A terminal starts it: mass-apology send"
_STATES_OF_A_RUN = frozenset(
    {WatchState.SENDING, WatchState.WAITING, WatchState.PAUSED, WatchState.STOPPING, WatchState.SILENT}
)


def actions(facts: Facts, state: WatchState) -> tuple[ActionView, ...]:
    """Pause, resume and stop."""
    return (_pause(facts, state), _resume(facts, state), _stop(facts, state))


def _pause(facts: Facts, state: WatchState) -> ActionView:
    effect = "No further letter is begun; those on their way get their replies. Nothing is lost, and resume goes on."
    return _action(
        "pause", state, effect, "It is paused, or being stopped, already.", possible=facts.pulse.wanted is Control.RUN
    )


def _resume(facts: Facts, state: WatchState) -> ActionView:
    effect = f"The sending goes on with {counted(facts.due, 'letter')} due."
    return _action("resume", state, effect, "It is not paused.", possible=facts.pulse.wanted is Control.PAUSE)


def _stop(facts: Facts, state: WatchState) -> ActionView:
    effect = (
        f"The letters on their way are finished, and the process ends. {counted(facts.due, 'letter')} stay due: "
        "only a terminal can go on, with mass-apology send."
    )
    return _action(
        "stop", state, effect, "It is being stopped already.", possible=facts.pulse.wanted is not Control.STOP
    )


def _action(name: str, state: WatchState, effect: str, otherwise: str, *, possible: bool) -> ActionView:
    if state not in _STATES_OF_A_RUN:
        return ActionView(name=name, possible=False, effect=_NOBODY)
    return ActionView(name=name, possible=possible, effect=effect if possible else otherwise)
