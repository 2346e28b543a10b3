"""What takes several passes over the letters: languages, destinations, replies, letters over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from mass_apology.flows.report.report_summary import kind_of_reply
from mass_apology.flows.watch.view_model import DetailView, ReplyView, ShareView, StepView
from mass_apology.ledger import Records
from mass_apology.ledger.recorded import LatestReply
from mass_apology.model import Status
from mass_apology.pages.charts import step_seconds
from mass_apology.pages.words import sums
from mass_apology.system.timestamps import utc_second

LARGEST = 15  # destinations
TROUBLED = 10  # others, with trouble
LATEST = 500  # replies that are looked at
GROUPS = 20  # of these
MINUTE = 60


def closer_look(ledger: Records, wave: str, now: float) -> tuple[DetailView, Sequence[tuple[int, int]]]:
    """The details, and the letters handed over by the minute."""
    look = ledger.overview
    minutes = look.hand_overs(MINUTE)
    seconds = step_seconds(minutes[0][0], minutes[-1][0] + MINUTE - 1) if minutes else MINUTE
    steps = minutes if seconds == MINUTE else look.hand_overs(seconds)
    destinations = look.by_destination(wave, LARGEST, TROUBLED)
    details = DetailView(
        at=utc_second(now),
        wave=wave,
        languages=_shares(look.by_language(wave)),
        destinations=_shares(destinations.counts),
        domains=destinations.domains,
        replies=tuple(_grouped(look.latest_replies(LATEST))),
        step_seconds=seconds,
        over_time=tuple(StepView(at=utc_second(at), letters=letters) for at, letters in steps),
        answers_waiting=sum(1 for _ in ledger.answers.waiting()),
    )
    return details, minutes


def _shares(found: Mapping[str, Mapping[Status, int]]) -> tuple[ShareView, ...]:
    return tuple(_share(name, counts) for name, counts in found.items())


def _share(name: str, counts: Mapping[Status, int]) -> ShareView:
    added = sums(counts)
    return ShareView(
        name=name,
        total=added.all,
        reached=added.accepted,
        open=added.in_doubt + added.still_due,
        not_reached=added.not_reached,
        deferred=counts.get(Status.DEFERRED, 0),
    )


def _grouped(replies: Sequence[LatestReply]) -> Iterator[ReplyView]:
    """The newest of a group comes first among them."""
    groups: Counter[tuple[Status, str]] = Counter()
    last: dict[tuple[Status, str], float] = {}
    for reply in replies:
        group = reply.status, kind_of_reply(reply.status, reply.code, reply.enhanced_code, reply.text)
        groups[group] += 1
        last.setdefault(group, reply.at)
    for (status, text), letters in groups.most_common(GROUPS):
        yield ReplyView(status=status, text=text, letters=letters, last_at=utc_second(last[status, text]))
