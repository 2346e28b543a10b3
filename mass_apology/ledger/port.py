"""The interfaces of a ledger, independent of its storage.

Each Protocol is named by its user, and says what is guaranteed: those of this module, of ``readers``, ``writers`` and
``planner``.

All times are Unix seconds. ``LedgerError`` means that the ledger cannot be read or written; nothing of what was asked
for is recorded then. ``FencedOut`` is the ``LedgerError`` for whoever does not hold the campaign's lock any more, or
never took it.

Who takes the campaign's lock gets an epoch, a number that only grows, and every HANDING_OVER mark carries it. An epoch
lapses when its session gives the lock back or its process ends, or, where nobody can see whether that lives, when it
has not been renewed for as long as the store grants; only then may the lock be another's. Nothing is handed over in an
epoch that was followed by another; replies to what was handed over before are recorded all the same, since they are
true. A store whose sessions share a campaign's letters gives each an epoch of its own, and different letters.

What a running sender waits for is asynchronous, so that a network may be in between. Everything else is for before and
after, or for commands that do nothing meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, Self

from mass_apology.ledger.common_limits import CommonLimits
from mass_apology.ledger.doorbell import Doorbell
from mass_apology.ledger.planner import PlanContents, PlanInput, PlanOutlook
from mass_apology.ledger.readers import (
    AnswerRecords,
    CampaignFacts,
    ChoiceRecords,
    ContinuityRecords,
    LetterFileRecords,
    Overview,
    PersonRecords,
    Requests,
    Results,
    WaveRecords,
)
from mass_apology.ledger.sender_state import ConfirmedCampaign, Control, SenderReport, SharedWave
from mass_apology.ledger.staged import Planned
from mass_apology.ledger.writers import (
    Answers,
    Choices,
    Continuity,
    Doubts,
    Feedback,
    LetterFiles,
    Purging,
    Refusals,
    Resends,
    Waves,
)
from mass_apology.model import FIRST_WAVE, NO_LETTER, Delivery, LargestLetter, Mark


class Sender(Protocol):
    """For the dispatcher and the outbox of one run, under the campaign's lock.

    Once a mark could not be made durable, every method raises that ``LedgerError``, and no mark is recorded any more
    but late outcomes (see ``record``).
    """

    async def claim(
        self, limit: int, now: float, *, canary_only: bool = False, wave: str = FIRST_WAVE
    ) -> list[Delivery]:
        """At most ``limit`` letters of the wave: deferred ones due at ``now``, then planned ones in the file's order.

        None is given out twice before a mark of it is durable. A claim ends with the process.
        """

    async def claimed(self, letters: Sequence[int], wave: str = FIRST_WAVE) -> list[Delivery]:
        """Letters of the wave that were claimed here and have no durable mark since, once more, in this order."""

    async def next_due_at(self, wave: str = FIRST_WAVE) -> float | None:
        """The due time of the wave's first unclaimed deferred letter; ``None`` if there is none."""

    async def hand_over(self, mark: Mark) -> None:
        """Return when the HANDING_OVER mark, and every earlier one, is durable: only then may the final dot be written.

        Raises ``FencedOut`` where the epoch has lapsed and another one follows it; there is no mark then.
        If the caller is cancelled meanwhile, the mark may be durable all the same; record what became of the letter.
        """

    def record(self, mark: Mark) -> None:
        """Make an outcome durable soon, after every earlier mark. A failure shows in what is awaited next.

        A status that ``model.TRANSITIONS`` does not allow is such a failure: ``IllegalTransition``. Late outcomes are
        recorded even of who is fenced out: of letters handed over in the own epoch of which nothing is known since.
        """

    async def flush(self) -> None:
        """Return when every mark so far is durable, and what came back meanwhile has given letters their status."""

    async def wanted(self) -> Control:
        """What was asked of this holder of the lock last; ``RUN`` if nothing was. Cheap: it is read every tick."""

    def tell(self, report: SenderReport) -> None:
        """Show this to who watches, soon, in place of what this run said before; see ``Requests.reports``.

        It holds nothing up. Where it cannot be written, or the lock is another's, nobody sees it and nothing is raised.
        """


class Session(Protocol):
    """For the command that holds the campaign's lock, or works beside the one that does."""

    def acquire(self, now: float) -> None:
        """Take the campaign's lock, with an epoch of one's own; what was asked of earlier holders is void.

        Raises ``LedgerLocked`` with host and pid while a living process holds it.
        """

    def release(self) -> None:
        """Give the lock back; without effect where it is not ours."""

    def recover(self, now: float) -> int:
        """After a crash: letters handed over in lapsed epochs without a recorded reply become IN_DOUBT. How many.

        Those of a living holder, ours among them, stay as they are. Raises ``FencedOut``.
        """

    def recover_unless_held(self, now: float) -> bool:
        """As ``recover``, without the lock: for a process that works beside senders. False, and nothing is done, where
        one lives: what is HANDING_OVER is its own."""

    def begin_edition(self, wave: str, parts: Mapping[str, str], now: float) -> None:
        """From here on this process hands letters over that are made from these parts. Raises ``FencedOut``."""

    def note(self, now: float, what: str) -> None:
        """Keep something that somebody may ask about later; see ``Results.notes``. Raises ``FencedOut``."""

    def on_durable(self, hear: Callable[[Sequence[Mark]], None]) -> None:
        """``hear`` of each group of marks once it is durable, in any thread, before anybody who waits goes on."""

    def on_claim(self, hear: Callable[[Sequence[Delivery]], None]) -> None:
        """``hear`` of each batch of letters before whoever claims it gets it, in place of who heard of them before."""

    def lost_sight(self) -> str | None:
        """Why the next run may not find what is recorded from now on, as a sentence; ``None`` where it will."""

    def require_kept(self) -> None:
        """Raise ``LedgerError`` where ``lost_sight`` says something, and save what was recorded, where that can be."""


class Sharing(Protocol):
    """For several processes that send one campaign's letters at the same time, and for who goes on with what another
    process left. Where the store is one process's at a time, nothing of it has an effect."""

    def confirm(self, wave: SharedWave) -> None:
        """A person confirmed this wave: until it is shared or over, others may ``take_up`` what this process leaves
        when it dies. Raises ``FencedOut``."""

    def withdraw(self) -> None:
        """This process ended the wave before it was shared: nobody takes it up. Raises ``FencedOut``."""

    def take_up(self, now: float) -> SharedWave | None:
        """Take the campaign's lock to go on with what another process confirmed and left, as ``acquire``; ``None``, and
        nothing is done, where there is nothing of that kind, its process lives, or a person has paused it."""

    def closing(self, now: float) -> AbstractContextManager[SharedWave | None]:
        """What was confirmed and is over: nobody takes part any more, and no letter of it is due. It is forgotten when
        the ``with`` statement is left without an error; only one process at a time is within, others wait.

        Letters that ended sessions left HANDING_OVER become IN_DOUBT. ``None`` where nothing is over.
        """

    def share(self, wave: SharedWave) -> bool:
        """From now on others may ``join``: each letter is one session's, and each session hands over in its own epoch.

        What was claimed already stays this session's. False, and nothing changes, where the store is one process's at
        a time. Raises ``FencedOut`` unless the campaign's lock is held.
        """

    def join(self) -> SharedWave | None:
        """Take part in what is shared, without the lock; ``None`` where nothing is, as while somebody has the campaign
        for themselves, or the others have all that is left. ``release`` ends it.

        Letters that an ended session left HANDING_OVER become IN_DOUBT where this one goes on.
        """

    def limits(self) -> CommonLimits | None:
        """What the sessions keep together, for whoever calls ``share`` next or has joined; ``None`` where the store is
        one process's at a time."""


class Records(Results, CampaignFacts, Requests, Protocol):
    """A ledger that is open for reading, at any time and from any process; a ``with`` statement closes it."""

    @property
    def waves(self) -> WaveRecords: ...

    @property
    def choices(self) -> ChoiceRecords: ...

    @property
    def answers(self) -> AnswerRecords: ...

    @property
    def persons(self) -> PersonRecords: ...

    @property
    def continuity(self) -> ContinuityRecords: ...

    @property
    def letter_files(self) -> LetterFileRecords: ...

    @property
    def overview(self) -> Overview: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class Ledger(Records, Sender, Session, Sharing, Protocol):
    """A ledger that is open for writing. Leaving the ``with`` statement makes everything durable that was recorded, and
    raises the ``LedgerError`` that stopped the writing, if one did."""

    @property
    def waves(self) -> Waves: ...

    @property
    def choices(self) -> Choices: ...

    @property
    def answers(self) -> Answers: ...

    @property
    def continuity(self) -> Continuity: ...

    @property
    def letter_files(self) -> LetterFiles: ...

    @property
    def feedback(self) -> Feedback: ...

    @property
    def doubts(self) -> Doubts: ...

    @property
    def refusals(self) -> Refusals: ...

    @property
    def resends(self) -> Resends: ...

    @property
    def purging(self) -> Purging: ...


class Planner(PlanInput, PlanContents, PlanOutlook, Protocol):
    """One wave's plan in the making; leaving the ``with`` statement forgets it, unless it is to be kept."""

    @property
    def kept(self) -> bytes:
        """The record that this plan was kept with by an earlier command; empty for a new plan, which has no rows."""

    def keep(self, record: bytes) -> None:
        """Keep the plan after the ``with`` statement, unless it is committed: see ``Store.planner``."""

    def commit(
        self,
        ledger: Ledger,
        *,
        digest_parts: Mapping[str, str],
        header: Sequence[str],
        canary: Collection[int],
        now: float,
        largest: LargestLetter = NO_LETTER,
    ) -> Planned:
        """Make the plan durable, all of it or nothing: new letters are PLANNED at ``now``, and due.

        ``ledger`` is of the same store. ``canary`` are ids of ``deliveries``: the letters that go first. Rows that were
        set aside by an earlier plan of the wave are replaced by this one's. Raises ``FencedOut``.
        """

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class Store(Protocol):
    """Where one campaign's ledger is kept, whether or not there is one yet. Opening raises ``LedgerError`` where the
    ledger is missing, damaged, newer or another campaign's; one in which nothing was ever planned is any campaign's."""

    @property
    def place(self) -> str:
        """As people are told."""

    def exists(self) -> bool:
        """Whether a ledger has been made there."""

    def create(self, name: str) -> Ledger:
        """Make the ledger of the campaign ``name`` and open it. Raises ``LedgerError`` if there is one already."""

    def open(self, name: str) -> Ledger:
        """The ledger of the campaign ``name``, for writing."""

    def read(self, name: str | None = None) -> Records:
        """The ledger of the campaign ``name``, or of whichever it is, for reading."""

    def planner(
        self, wave: str, message_id: Callable[[int], str], *, each_customer: bool = False, stamp: bytes = b""
    ) -> Planner:
        """A plan, to be compared with the ledger, which need not exist yet: then everyone is new.

        ``message_id`` gives the Message-ID for a recipient's identity. A mailbox gets one letter; with
        ``each_customer`` each of its customers does. ``stamp`` stands for all that the plan is made from. Where the
        last plan that was kept has the same one, this is that plan, with all its rows; otherwise, and where it cannot
        be read, it is a new one. At most one plan is kept, and at most one planner has it.
        """

    def delete_plans(self, *, kept: bool = False) -> None:
        """Delete plans of processes that have ended: they hold customers' data. ``kept``: the one that was kept, too.

        Raises ``LedgerError`` where that one cannot be deleted.
        """

    def doorbell(self) -> Doorbell:
        """For who waits for letters; whoever asks closes it."""

    def stray(self) -> str:
        """The name of a file with the latest commits of a ledger that is gone; empty where there is none."""

    def files(self) -> frozenset[Path]:
        """The files that belong to the ledger, and name nobody once it was purged."""


class Installation(Protocol):
    """A database with the ledgers of any number of campaigns."""

    @property
    def place(self) -> str:
        """As people are told."""

    def confirmed(self) -> list[ConfirmedCampaign]:
        """The campaigns with letters that somebody confirmed and that are not over, the oldest confirmation first.

        Raises ``LedgerError``.
        """

    def store(self, campaign: ConfirmedCampaign, folder: Path, lease: float | None = None) -> Store:
        """Where its ledger is kept; ``folder`` is the campaign's on this machine, and ``lease`` the campaign's own, in
        seconds."""
