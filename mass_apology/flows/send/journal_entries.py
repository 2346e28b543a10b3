"""The events of a run as entries of systemd's journal; letters are not among them, and no reply is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from mass_apology.sending.event_log import redact_addresses
from mass_apology.system.journal import Journal

_ERROR, _WARNING, _NOTICE = 3, 4, 5  # syslog(3)

EVENTS: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "started": (_NOTICE, "Sending begins"),
        "ended": (_NOTICE, "Sending ends"),
        "unreachable": (_WARNING, "The relay cannot be used"),
        "slow_down": (_WARNING, "The relay asks for less: half the rate"),
        "one_connection_fewer": (_WARNING, "The relay asks for fewer connections"),
        "wait_for_quota": (
            _WARNING,
            "The relay's quota is used up, so no letter is begun for a while",
        ),
        "slow_destination": (_WARNING, "A destination asks for less: half the rate to it"),
        "relay_given_up": (_ERROR, "The run goes on without a relay"),
        "stop": (_ERROR, "The relay said something that a person must mend"),
        "breaker": (_ERROR, "The campaign paused itself"),
    }
)
"""The events of a run as log.jsonl has them → priority and sentence."""


def told_to(journal: Journal, campaign: str) -> Callable[[str, Mapping[str, object]], None]:
    """What hears of the events of a campaign's run: their names, and facts that are a text or a number."""

    def hear(event: str, facts: Mapping[str, object]) -> None:
        priority, message = EVENTS.get(event, (_NOTICE, event))
        fields = {name: value for name, value in facts.items() if isinstance(value, str | int) and value != ""}
        reason = redact_addresses(str(facts.get("reason", "")))
        if reason:
            fields["reason"] = reason
        if event == "ended" and reason:
            priority = _WARNING
        due = f", {facts['due']} letters due" if "due" in facts else ""
        said = f"{campaign}: {message}{due}. {reason}".strip()
        journal.send(said, priority, {"event": event, "campaign": campaign, **fields})

    return hear
