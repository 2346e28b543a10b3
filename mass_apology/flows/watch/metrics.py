"""A campaign's view as metrics in the OpenMetrics text format, version 1.0. Pure; no address and no person is in it.

All families are gauges, without time stamps: so the text is Prometheus' older format (0.0.4) too, which the node
exporter reads from files. Names, labels and their values are stable; new ones may be added.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from mass_apology import __version__
from mass_apology.flows.watch.view_model import CampaignView, LimitKind, RelayView, WatchState

CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"

_PREFIX = "mass_apology"
_CODE = re.compile(r"[245](?=\d\d\b)")
_TROUBLE = frozenset({WatchState.DEAD, WatchState.SILENT})

Labels = Mapping[str, str]
Sample = tuple[Labels, float]


class Family(Struct, frozen=True, kw_only=True):
    """One metric of all campaigns."""

    name: str
    help: str
    unit: str = ""  # the name ends in it
    samples: Sequence[Sample]


def is_healthy(view: CampaignView) -> bool:
    """Whether nobody has to come: nothing died or hangs, and what limits the sending needs no person."""
    return view.state not in _TROUBLE and not view.limit.needs_a_person


def metrics_text(views: Sequence[CampaignView]) -> str:
    """The metrics of these campaigns, which have different names, as OpenMetrics text."""
    return "".join(line for family in _families(views) for line in _lines(family)) + "# EOF\n"


def _families(views: Sequence[CampaignView]) -> Iterator[Family]:
    yield Family(name="build", help="The program's version.", samples=[({"version": __version__}, 1)])
    yield Family(
        name="letters",
        help="People of a wave by the status of their letter; who has none, since their rows were set aside, is "
        "withheld. The wave that is sent includes what the run said last.",
        samples=[each for view in views for each in _letters(view)],
    )
    yield _of_each(views, "letters_due", "Letters of all waves that are due, now or later.", _due)
    yield _of_each(views, "letters_on_the_way", "Letters handed over this moment.", lambda view: view.people.on_the_way)
    yield _of_each(
        views,
        "people_unheard",
        "People of the wave shown who have not heard from us yet.",
        lambda view: view.people.unheard,
    )
    yield _of_each(
        views, "letters_per_second", "Letters settled a second, over the last minute.", lambda view: view.pace.rate
    )
    yield _of_each(
        views,
        "rate_share_ratio",
        "Share of the configured rate that is in use; below 1 while the relay throttles.",
        lambda view: view.pace.share,
        unit="ratio",
    )
    yield _of_each(
        views, "connections", "Connections to the relay that may be open now.", lambda view: view.pace.connections
    )
    yield _of_relays(
        views,
        "relay_letters_per_second",
        "Of several relays: letters that one accepted a second, over the last ten seconds.",
        lambda relay: relay.rate,
    )
    yield _of_relays(
        views,
        "relay_usable",
        "Of several relays: 1 where one takes letters, as far as is known.",
        lambda relay: relay.usable,
    )
    yield Family(
        name="relay_letters",
        help="Of several relays: outcomes of letters in the last run. A letter may be deferred several times.",
        samples=[each for view in views for each in _outcomes(view)],
    )
    yield _of_each(
        views,
        "commit_seconds",
        "Seconds that a letter waits for its mark in the ledger to be durable, lately; absent while none goes.",
        lambda view: view.pace.commit_seconds,
        unit="seconds",
    )
    yield _of_each(
        views,
        "end_seconds",
        "Seconds until the last letter due will have left; absent where nobody can tell.",
        lambda view: view.end.seconds,
        unit="seconds",
    )
    yield _of_each(
        views,
        "finish_by_timestamp_seconds",
        "The campaign's finish_by, in Unix seconds; absent where it has none.",
        lambda view: _unix(view.end.finish_by),
        unit="seconds",
    )
    yield _of_each(
        views,
        "sender_heard_timestamp_seconds",
        "When the sending process last said how it is, in Unix seconds; absent where none sends.",
        lambda view: _unix(view.sender.heard_at) if view.sender else None,
        unit="seconds",
    )
    yield Family(
        name="state",
        help="1 for the state that the campaign is in, 0 for all others.",
        samples=[each for view in views for each in _one_of(view, "state", WatchState, view.state)],
    )
    yield Family(
        name="limit",
        help="1 for what decides how fast letters go, or why none does; 0 for all others.",
        samples=[each for view in views for each in _one_of(view, "kind", LimitKind, view.limit.kind)],
    )
    yield _of_each(views, "healthy", "1 unless a person has to come.", is_healthy)
    yield Family(
        name="recent_replies",
        help="Of the latest replies about letters that were not accepted: how many, by the letter's status and the "
        "class of the reply's code.",
        samples=[each for view in views for each in _replies(view)],
    )
    yield _of_each(
        views,
        "answers_waiting",
        "People who wrote after a letter, and were not answered.",
        lambda view: view.details.answers_waiting if view.details else None,
    )


def _of_each(
    views: Iterable[CampaignView],
    name: str,
    text: str,
    value: Callable[[CampaignView], float | None],
    *,
    unit: str = "",
) -> Family:
    found = [({"campaign": view.campaign}, told) for view in views if (told := value(view)) is not None]
    return Family(name=name, help=text, unit=unit, samples=found)


def _of_relays(views: Iterable[CampaignView], name: str, text: str, value: Callable[[RelayView], float]) -> Family:
    samples = [
        ({"campaign": view.campaign, "relay": relay.name}, value(relay)) for view in views for relay in view.relays
    ]
    return Family(name=name, help=text, samples=samples)


def _outcomes(view: CampaignView) -> Iterator[Sample]:
    for each in view.relays:
        labels = {"campaign": view.campaign, "relay": each.name}
        for status in ("accepted", "deferred", "refused", "in_doubt"):
            yield {**labels, "status": status}, getattr(each, status)


def _due(view: CampaignView) -> int:
    """Of the wave shown as the run said last, of the others as they were counted."""
    return view.people.due + sum(each.due for each in view.waves if each.name != view.wave)


def _letters(view: CampaignView) -> Iterator[Sample]:
    counted = {each.name: each.counts for each in view.waves} | {view.wave: view.people.counts}
    for wave, counts in counted.items():
        for status, letters in counts.items():
            yield {"campaign": view.campaign, "wave": wave, "status": status.value.lower()}, letters


def _one_of(view: CampaignView, label: str, values: Iterable[str], actual: str) -> Iterator[Sample]:
    for value in values:
        yield {"campaign": view.campaign, label: str(value)}, value == actual


def _replies(view: CampaignView) -> Iterator[Sample]:
    found: dict[tuple[str, str], int] = {}
    for reply in view.details.replies if view.details else ():
        code = _CODE.match(reply.text)
        kind = reply.status.value.lower(), f"{code[0]}xx" if code else "none"
        found[kind] = found.get(kind, 0) + reply.letters
    for (status, code_class), letters in sorted(found.items()):
        yield {"campaign": view.campaign, "status": status, "class": code_class}, letters


def _unix(at: datetime | None) -> float | None:
    return at.timestamp() if at else None


def _lines(family: Family) -> Iterator[str]:
    name = f"{_PREFIX}_{family.name}"
    yield f"# TYPE {name} gauge\n"
    if family.unit:
        yield f"# UNIT {name} {family.unit}\n"
    yield f"# HELP {name} {_escaped(family.help)}\n"
    for labels, value in family.samples:
        told = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
        yield f"{name}{{{told}}} {_number(value)}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))
