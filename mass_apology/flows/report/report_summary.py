"""One pass over the ledger → the figures of a report. Memory grows with hours, domains and kinds of replies only."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from mass_apology.ledger import Result
from mass_apology.model import NOT_REACHED, Status
from mass_apology.sending.event_log import redact_addresses

TOP_REPLIES = 20
TOP_DOMAINS = 25
LISTED = 1000  # people named on a page; the others are in the file of --unreached

_STEPS = {1: 60, 60: 3600}  # seconds of the timeline's steps: coarser ones, when there are many
_MOST_STEPS = 7200
_WITH_DIGITS = re.compile(r"\b\w*\d\w*\b")
_CAME_BACK = frozenset({Status.BOUNCED, Status.COMPLAINED})
_CODES = re.compile(r"(?:smtp; ?)?([245]\d\d(?:[ -][245]\.\d{1,3}\.\d{1,3})?)(?!\d)")


class ReplyCount(Struct, frozen=True, kw_only=True):
    """How many letters ended with one reply."""

    status: Status
    code: int | None
    text: str  # codes and the first words, without addresses
    count: int


class Summary:
    """Adds up the results of a wave as they pass to the tables. ``report`` makes one a run; memory stays small."""

    def __init__(self) -> None:
        self.counts: Counter[Status] = Counter()  # people, each once
        self.set_aside = 0  # of these: without a letter
        self.step = 1  # seconds
        self.by_step: defaultdict[int, Counter[Status]] = defaultdict(Counter)  # its beginning in Unix seconds
        self.by_domain: defaultdict[str, Counter[Status]] = defaultdict(Counter)
        self.by_language: defaultdict[str, Counter[Status]] = defaultdict(Counter)
        self.unreached: list[Result] = []
        self.in_doubt: list[Result] = []
        self.first_at: float | None = None  # of all hand-overs, as far as they were the last of their letters
        self.last_at: float | None = None  # of all changes of a letter that was tried
        self._accepted = hashlib.sha256()
        self._replies: Counter[tuple[Status, int | None, str]] = Counter()

    def add(self, results: Iterable[Result]) -> Iterator[Result]:
        """The same results, added up as they pass."""
        for result in results:
            self._add(result)
            yield result

    def replies(self) -> tuple[ReplyCount, ...]:
        """The replies about letters that were not accepted, the most frequent first."""
        return tuple(
            ReplyCount(status=status, code=code, text=text, count=count)
            for (status, code, text), count in self._replies.most_common(TOP_REPLIES)
        )

    def domains(self) -> Mapping[str, Mapping[Status, int]]:
        """The largest domains by letters."""
        return dict(sorted(self.by_domain.items(), key=lambda each: -each[1].total())[:TOP_DOMAINS])

    def accepted_digest(self) -> str:
        """SHA-256 over the lines "Message-ID SHA-256" of all accepted letters, in the plan's order."""
        return self._accepted.hexdigest()

    def _add(self, result: Result) -> None:
        status = result.status
        self.counts[status] += 1
        self.set_aside += result.delivery is None
        if result.delivery is not None:
            self.by_domain[result.address.rpartition("@")[2]][status] += 1
            self.by_language[result.language][status] += 1
            self._add_times(result)
        if status is Status.ACCEPTED and result.sha256:
            self._accepted.update(f"{result.message_id} {result.sha256.hex()}\n".encode())
        elif result.reply is not None:
            code = None if status in _CAME_BACK else result.code
            kind = kind_of_reply(status, result.code, result.enhanced_code, result.reply)
            self._replies[status, code, kind] += 1
        if status in NOT_REACHED and len(self.unreached) < LISTED:
            self.unreached.append(result)
        elif status is Status.IN_DOUBT and len(self.in_doubt) < LISTED:
            self.in_doubt.append(result)

    def _coarsen(self) -> None:
        self.step = _STEPS[self.step]
        finer, self.by_step = self.by_step, defaultdict(Counter)
        for at, counts in finer.items():
            self.by_step[at // self.step * self.step].update(counts)

    def _add_times(self, result: Result) -> None:
        if result.attempts == 0 or result.marked_at is None:
            return  # not tried yet, or withheld: nothing happened to it while letters were sent
        at = result.accepted_at or result.marked_at
        self.by_step[int(at // self.step * self.step)][result.status] += 1
        if len(self.by_step) > _MOST_STEPS and self.step in _STEPS:
            self._coarsen()
        begun = result.handed_over_at or at
        self.first_at = begun if self.first_at is None else min(self.first_at, begun)
        self.last_at = at if self.last_at is None else max(self.last_at, at)


def kind_of_reply(status: Status, code: int | None, enhanced_code: str | None, text: str) -> str:
    """Codes and the first words, which like replies share, without addresses.

    Words with digits are queue ids and times, which differ from letter to letter.
    """
    if status in _CAME_BACK:  # the ledger's code is the relay's acceptance; the report has its own
        found = _CODES.match(text)
        codes, text = (found[1], text[found.end() :].lstrip()) if found else ("", text)
    else:
        codes = " ".join(str(each) for each in (code, enhanced_code) if each is not None)
    words = _WITH_DIGITS.sub("…", redact_addresses(text))
    return f"{codes} {words}".strip()[:120]
