"""The verdict against what happens, letter by letter, at relays in virtual time."""

from __future__ import annotations

import pytest
from simulated_relays import START, SimulatedRelay, simulated

from mass_apology.sending.verdict import verdict

pytestmark = pytest.mark.slow

TRIALS = 30
SEEN = 0.2  # of the letters have left when the verdict is given


def test_the_verdict_is_within_a_tenth_for_nearly_all_relays() -> None:
    within = 0
    for seed in range(TRIALS):
        simulation = simulated(seed)
        end, loads, now = simulation.run(SEEN)
        found = verdict(simulation.capacities, loads, now)
        assert found.finish_at is not None
        error = abs(found.finish_at - end) / (end - START)
        within += error <= 0.1
        print(f"seed {seed}: {end - START:9.0f} s, said {found.finish_at - START:9.0f} s, {error:.1%}; {found.held_by}")
    print(f"{within} of {TRIALS}")
    assert within >= 27


def test_the_verdict_before_anything_left_knows_rates_and_windows() -> None:
    within = tried = 0
    for seed in range(TRIALS, 3 * TRIALS):
        simulation = simulated(seed)
        if not all(map(_is_as_set, simulation.relays)):
            continue  # what nobody has measured and no setting says is not known before
        capacities = [relay.capacity(now=START, measured=False) for relay in simulation.relays]
        loads = simulation.loads()
        end, *_ = simulation.run()
        found = verdict(capacities, loads, START)
        assert found.finish_at is not None
        tried += 1
        within += abs(found.finish_at - end) / (end - START) <= 0.1
    print(f"{within} of {tried}")
    assert tried >= 5
    assert within >= 0.9 * tried


def _is_as_set(relay: SimulatedRelay) -> bool:
    """Whether its rate is what limits it, from the beginning to the end."""
    if relay.rate is None or relay.throttles_at < float("inf"):
        return False
    return relay.connections / relay.latency >= relay.rate.letters / relay.rate.seconds
