"""``test``: sends a few letters of the plan to the user's own address through the relay. The ledger is not changed."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from itertools import chain, zip_longest

from msgspec import Struct
from msgspec.structs import replace

from mass_apology.errors import InputError, RelayError
from mass_apology.flows.asked_relay import AskedRelay
from mass_apology.flows.operator import OnProgress
from mass_apology.flows.plan import plan
from mass_apology.flows.preview.letter_choice import Choice, Kinds, choose
from mass_apology.flows.preview.shown_letters import Source, first_letters, require_facts
from mass_apology.letter.letter_writer import Writer
from mass_apology.letter.message.compose import rfc5322_date
from mass_apology.model import Content, Delivery, Message, Outcome
from mass_apology.recipients import Segments, envelope_address
from mass_apology.settings import Campaign, parse_rate
from mass_apology.smtp.relay import run as send_through
from mass_apology.workspace.workspace import Workspace

MARK = "[TEST]"
MOST = 200  # letters of one test: more would be a mailing


class TriedLetter(Struct, frozen=True, kw_only=True):
    """The outcome of one test letter."""

    to: str
    about: str  # the customer's row, as "row 12"
    language: str
    accepted: bool
    reply_text: str  # the relay's reply, or what happened instead


class RehearsalResult(Struct, frozen=True, kw_only=True):
    """The result of ``test``."""

    letters: int  # letters to be sent
    tried: tuple[TriedLetter, ...]  # letters that were tried

    @property
    def accepted(self) -> int:
        return sum(each.accepted for each in self.tried)


async def rehearse(
    workspace: Workspace,
    to: Sequence[str],
    choice: Choice,
    *,
    source: Source = first_letters,
    on_progress: OnProgress,
) -> RehearsalResult:
    """Send the chosen letters of real customers, marked in the subject, to each of the addresses ``to``.

    Raises ``MassApologyError`` with nothing sent.
    """
    campaign = workspace.campaign
    guests = [_guest(address) for address in to]
    _require_few(choice.sample, guests)
    relay = AskedRelay(campaign)
    async with source(workspace, plan.NO_KEY, on_progress=on_progress) as shown:
        require_facts(shown)
        kinds = Kinds(shown.writer, Segments(campaign, shown.header))
        chosen = choose(shown.letters, choice, kinds, shown.total, on_progress) or ()
        letters = [each for batch in shown.letters() for each in batch if each.id in chosen]
        picked = letters if choice.lines or choice.addresses else _in_turn(letters, choice.sample)
        _require_few(len(picked), guests)
        date = rfc5322_date(time.time())
        contents = [(each, shown.writer.content(each, date=date)) for each in map(shown.complete, picked)]
        eightbit = (await relay.extensions()).eightbitmime
        messages = _messages(contents, guests, shown.writer, workspace.sender_domain, date=date, eightbit=eightbit)
    tests = _TestSource(messages, campaign)
    await send_through(campaign.relay, relay.password, tests, lambda: 1)
    if tests.error is not None and not tests.tried:
        raise tests.error
    return RehearsalResult(letters=len(messages), tried=tuple(tests.tried))


def _require_few(letters: int, guests: Sequence[str]) -> None:
    if letters * len(guests) > MOST:
        raise InputError(
            f"{letters * len(guests):,} letters are more than a test's {MOST}.",
            next_step="Choose fewer letters, or fewer addresses of --to.",
        )


def _guest(address: str) -> str:
    try:
        return envelope_address(address)
    except ValueError as error:
        raise InputError(
            f"--to {address} {str(error).rstrip('.')}.", next_step="Give one address such as me@acme.example."
        ) from error


def _in_turn(letters: Iterable[Delivery], count: int) -> list[Delivery]:
    """``count`` of the letters, taken from the languages in turn."""
    by_language: defaultdict[str, list[Delivery]] = defaultdict(list)
    for letter in letters:
        by_language[letter.language].append(letter)
    in_turn = chain.from_iterable(zip_longest(*by_language.values()))
    return [letter for letter in in_turn if letter is not None][:count]


def _messages(
    contents: Sequence[tuple[Delivery, Content]],
    guests: Sequence[str],
    writer: Writer,
    domain: str,
    *,
    date: str,
    eightbit: bool,
) -> list[Message]:
    messages = []
    for letter, content in contents:
        marked = replace(content, subject=f"{MARK} {content.subject}")
        for guest in guests:
            # Not the customer's Message-ID: mailboxes that fold messages with one id would hide the real letter.
            theirs = replace(letter, address=guest, message_id=f"<test-{secrets.token_hex(12)}@{domain}>")
            messages.append(writer.message(theirs, marked, date=date, eightbit=eightbit, for_others=True))
    return messages


class _TestSource:
    """Gives out the test's letters at the campaign's rate (``smtp.message_source.MessageSource``), each once."""

    def __init__(self, messages: Sequence[Message], campaign: Campaign) -> None:
        rate = parse_rate(campaign.relay.rate)
        self._seconds = rate.seconds / rate.letters if rate else 0.0
        self._left = deque(messages)
        self.tried: list[TriedLetter] = []
        self.error: RelayError | None = None

    async def next_message(self) -> Message | None:
        return self._left.popleft() if self._left else None

    def next_if_ready(self) -> Message | None:
        return self._left.popleft() if self._left else None

    async def hand_over(self, message: Message) -> None:
        await asyncio.sleep(self._seconds)

    def settle(self, message: Message, outcome: Outcome) -> None:
        reply, delivery = outcome.reply, message.delivery
        self.tried.append(
            TriedLetter(
                to=delivery.address,
                about=f"row {delivery.lines.strip('[]')}",
                language=delivery.language,
                accepted=outcome.dot_written and reply is not None and reply.positive,
                reply_text=f"{reply.code} {reply.text}" if reply else outcome.text,
            )
        )

    def give_back(self, message: Message) -> None:
        self._left.appendleft(message)

    async def connection_failed(self, error: RelayError) -> bool:
        self.error = error
        return False

    async def wait_closed(self) -> None:
        await asyncio.Event().wait()  # a test goes on to its end
