"""A delivery → its letter, and the message that carries it: everything about one campaign's letters, compiled once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TypeVar
from zlib import crc32

from msgspec import Struct

from mass_apology.countries import country_code, is_country, zone_of
from mass_apology.errors import MessageError, TemplateError
from mass_apology.letter.customers import Customers, Rows
from mass_apology.letter.inspecting.distinct_letters import DistinctLetters
from mass_apology.letter.inspecting.inspection import MOST_TEXTS, Inspection
from mass_apology.letter.inspecting.inspector import Inspector
from mass_apology.letter.inspecting.undescribed import undescribed_findings
from mass_apology.letter.language_kit import LanguageKit
from mass_apology.letter.legal.judge import MISSING, Breach, each_once
from mass_apology.letter.markup.tracing import FAILED
from mass_apology.letter.message.compose import Attachment, Bodies, Composed, encoded_part, rfc5322_date
from mass_apology.letter.message.headers import TOKEN, parse_mailbox
from mass_apology.letter.message.reply_to import ReplyTo
from mass_apology.letter.message.return_path import ReturnPath
from mass_apology.letter.rendering import Rendering
from mass_apology.letter.scenario import load_scenario
from mass_apology.letter.template_files import Template
from mass_apology.letter.unsubscribing import Unsubscribing
from mass_apology.letter.ways_compared import WaysCompared
from mass_apology.model import NO_LETTER, Content, Delivery, Finding, LargestLetter, Message, read_rows
from mass_apology.settings import Campaign, SubjectLine

_T = TypeVar("_T")
_STAND_IN_DATE = rfc5322_date(0)  # a check is about no moment


class _Letter(Struct, frozen=True):
    """One delivery's letter, ready for its message."""

    delivery: Delivery
    rows: Rows
    says: Content | Bodies
    content: Callable[[], Content]  # for an enclosure


def _letter_of(delivery: Delivery, content: Content) -> _Letter:
    return _Letter(delivery, read_rows(delivery.rows), content, lambda: content)


class Writer:
    """Writes the letters of one campaign and scenario, in every language the scenario has."""

    def __init__(
        self,
        campaign: Campaign,
        *,
        folder: Path,
        directories: Sequence[Path],
        header: Sequence[str],
        scenario: str | None = None,
        subject_line: SubjectLine = SubjectLine.OWN,
    ) -> None:
        """Compile the templates and read the attachments, which are relative to ``folder``, the campaign's.

        ``directories`` are searched for templates in their order; ``header`` holds the names of the recipients file's
        columns, which a row that lacks a value does not mention; ``scenario`` is the campaign's own unless given;
        ``subject_line`` says what a letter in a thread has as its subject.
        Raises ``TemplateError`` or ``MessageError`` where a template, an address, a header or a file cannot be used,
        and ``InputError`` where ``[columns]`` names a column that is not there.
        """
        name = scenario or campaign.template
        described = load_scenario(name, directories)
        self._return_path = ReturnPath(campaign.sender)
        self._needs_smtputf8 = not self._return_path.address.isascii()
        self._reply_to = ReplyTo(campaign.sender.reply_to, header)
        self._stand_in_id = f"<{'0' * TOKEN}@{parse_mailbox(campaign.sender.from_, 'sender.from').domain}>"
        self._customers = Customers(campaign, header=header, remedies=described.facts)
        self._forms = LanguageKit(campaign, name, described, folder=folder, directories=directories, header=header)
        self._stationery = self._forms.stationery
        self._encloses = self._stationery.encloses or bool(self._forms.own_files)
        self._rendering = Rendering(self._forms, self._customers, subject_line)
        self.ways = WaysCompared()
        self._unsubscribing = Unsubscribing(campaign.message.list_unsubscribe, header=header)
        self._distinct = DistinctLetters()
        self._inspector = Inspector(
            campaign, name, described, forms=self._forms, customers=self._customers, directories=directories
        )

    def language_for(self, wanted: str) -> str:
        """The language to write in to somebody who asked for ``wanted``; see ``LanguageKit.language_for``."""
        return self._forms.language_for(wanted)

    def unsubscribing_findings(self) -> list[Finding]:
        """What is to be said of the addresses at which recipients unsubscribe."""
        return self._unsubscribing.findings()

    def links(self, languages: Iterable[str]) -> tuple[str, ...]:
        """What the letters in these languages link to, each address once; what differs by customer stands in braces."""
        return self._forms.links(languages)

    def language_findings(self, languages: Iterable[str]) -> list[Finding]:
        """What nobody has described or translated for the letters' languages, and what pages show from the web."""
        known = tuple(languages)
        forms = self._forms
        return [
            *undescribed_findings(forms.described, known),
            *forms.role_findings(known),
            *forms.register_findings(known),
            *forms.markup_findings(known),
            *forms.web_image_findings(known),
        ]

    def write(self, delivery: Delivery, *, date: str, eightbit: bool) -> Message:
        """The message for one delivery.

        ``date`` comes from ``rfc5322_date``; ``eightbit`` says whether the relay offers 8BITMIME. Raises
        ``TemplateError`` or ``MessageError``, whose problem begins with the row's file and line.
        """
        return self._in_either_way(
            delivery,
            lambda: self._quick_message(delivery, date=date, eightbit=eightbit),
            lambda: self.write_ordinarily(delivery, date=date, eightbit=eightbit),
        )

    def write_ordinarily(self, delivery: Delivery, *, date: str, eightbit: bool) -> Message:
        """As ``write``, without byte templates: the template as a whole, and all of it encoded anew."""
        try:
            content = self._rendering.content(delivery, date)
            return self.message(delivery, content, date=date, eightbit=eightbit)
        except (TemplateError, MessageError) as error:
            raise self._located(error, delivery) from error

    def message(
        self, delivery: Delivery, content: Content, *, date: str, eightbit: bool, for_others: bool = False
    ) -> Message:
        """The message that carries ``content`` to one delivery; raises ``MessageError``, which names no row.

        ``for_others``: it goes to somebody who only looks at it, and must not unsubscribe its recipient by a click.
        """
        return self._message(_letter_of(delivery, content), date=date, eightbit=eightbit, for_others=for_others)

    def _quick_message(self, delivery: Delivery, *, date: str, eightbit: bool) -> Message:
        rows = read_rows(delivery.rows)
        quick = self._rendering.quick(delivery, rows, date)
        bodies = self._rendering.quick_bodies(delivery, quick)
        letter = _Letter(delivery, rows, bodies, lambda: self._rendering.quick_content(delivery, quick))
        return self._message(letter, date=date, eightbit=eightbit)

    def _in_either_way(self, delivery: Delivery, quickly: Callable[[], _T], ordinarily: Callable[[], _T]) -> _T:
        """What byte templates make; what the ordinary way does where they cannot, and where the two are compared."""
        quick = self._tried(delivery, quickly)
        if quick is not None and not self.ways.compares(delivery.language):
            return quick
        ordinary = ordinarily()
        if quick is not None:
            self.ways.compare(delivery.language, same=quick == ordinary)
        return ordinary

    def _tried(self, delivery: Delivery, quickly: Callable[[], _T]) -> _T | None:
        """What byte templates make; ``None`` where they cannot, and the ordinary way tells why."""
        if not self.ways.trusts(delivery.language):
            return None
        try:
            return quickly()
        except Exception:  # as many as an expression has ways to fail
            self.ways.missed(delivery.language)
            return None

    def _message(self, letter: _Letter, *, date: str, eightbit: bool, for_others: bool = False) -> Message:
        delivery = letter.delivery
        token = delivery.token
        composed = self._composed(
            letter,
            date=date,
            message_id=delivery.header_id or delivery.message_id,
            unsubscribe="" if for_others else self._unsubscribe(letter, token),
            eightbit=eightbit,
        )
        return Message(
            delivery=delivery,
            subject=letter.says.subject,
            sender=self._return_path.of(token),
            data=composed.data,
            sha256=sha256(composed.data).digest(),
            eightbit=composed.eightbit,
            smtputf8=composed.smtputf8 or self._needs_smtputf8,
        )

    def content(self, delivery: Delivery, *, date: str = "") -> Content:
        """The letter for one delivery, before it becomes a message; raises as ``write`` does.

        ``date`` comes from ``rfc5322_date``; it is now unless given.
        """
        written = date or rfc5322_date(time.time())
        try:
            return self._in_either_way(
                delivery,
                lambda: self._quick_content(delivery, written),
                lambda: self._rendering.content(delivery, written),
            )
        except (TemplateError, MessageError) as error:
            raise self._located(error, delivery) from error

    def _quick_content(self, delivery: Delivery, written: str) -> Content:
        return self._rendering.quick_content(
            delivery, self._rendering.quick(delivery, read_rows(delivery.rows), written)
        )

    def variant(self, delivery: Delivery) -> tuple[str, ...]:
        """The conditions of the letter that hold for one delivery, in the template's order.

        Letters in one language with equal variants have the same sentences around their values. It is ``FAILED``
        where a condition cannot be decided, and where the letter cannot be begun at all.
        """
        rows = read_rows(delivery.rows)
        try:
            return self._template(delivery).trace(**self._rendering.particulars(delivery, rows, _STAND_IN_DATE))
        except TemplateError:  # `content` and `check` say what is wrong
            return FAILED

    def check(self, deliveries: Iterable[Delivery]) -> Inspection:
        """What is found in the letters of these deliveries, which need no Message-ID yet."""
        findings: list[Finding] = []
        breaches: list[Breach] = []
        sizes: list[int] = []
        largest = NO_LETTER
        texts: set[int] = set()
        unplaced: Counter[str] = Counter()
        for delivery in deliveries:
            rows = read_rows(delivery.rows)
            findings += self._inspector.addressee_findings(delivery, rows)
            try:
                content, composed = self._tried_out(delivery, rows)
            except (TemplateError, MessageError) as error:
                findings.append(self._inspector.failure(delivery, error))
                continue
            findings += self._inspector.findings(delivery, rows, content)
            breaches += self._inspector.breaches(delivery, content)
            sizes.append(len(composed.data))
            if not delivery.time_zone:
                unplaced.update(self._unplaced(delivery, rows))
            self._distinct.add(delivery, content, self.language_for(delivery.language))
            if sizes[-1] > largest.octets:
                largest = self._largest(delivery, content, composed)
            if len(texts) < MOST_TEXTS:
                texts.add(crc32(content.text.encode()))
        findings += self._inspector.ways_findings(self.ways.to_tell())
        return Inspection(
            findings=findings,
            breaches=each_once(breaches),
            letters=len(sizes),
            octets=sum(sizes),
            largest=largest,
            unplaced=dict(unplaced),
            distinct=self._distinct.found(),
            texts=frozenset(texts),
        )

    def _unplaced(self, delivery: Delivery, rows: Rows) -> Iterator[str]:
        """The country of a letter that shows times though its row names no time zone; "" for none."""
        if not self._template(delivery).shows_times:
            return
        country = self._customers.country(rows[0])
        if not zone_of(country):
            yield country_code(country) if is_country(country) else ""

    def legal_findings(self, breaches: Iterable[Breach], languages: Iterable[str]) -> list[Finding]:
        """What the scenario's legal pack says of letters in these languages; ``breaches`` were found in them."""
        return self._inspector.legal_findings(breaches, languages)

    @property
    def legal_pack(self) -> str:
        """The name of the scenario's legal pack; empty where it has none."""
        return self._inspector.judge.name if self._inspector.judge else ""

    @property
    def legal_contents(self) -> tuple[str, ...]:
        """What that pack wants to stand in a letter, each with its article."""
        return self._inspector.judge.contents if self._inspector.judge else ()

    def legally_missing(self, delivery: Delivery, content: Content) -> tuple[str, ...]:
        """Those of ``legal_contents`` that this letter lacks."""
        breaches = self._inspector.breaches(delivery, content)
        return tuple(self.legal_contents[breach.rule] for breach in breaches if breach.code == MISSING)

    def _tried_out(self, delivery: Delivery, rows: Rows) -> tuple[Content, Composed]:
        """A letter and a trial of its message; raises ``TemplateError`` or ``MessageError``, which name no row."""
        return self._in_either_way(
            delivery, lambda: self._quickly_tried_out(delivery, rows), lambda: self._ordinarily_tried_out(delivery)
        )

    def _quickly_tried_out(self, delivery: Delivery, rows: Rows) -> tuple[Content, Composed]:
        quick = self._rendering.quick(delivery, rows, _STAND_IN_DATE)
        content = self._rendering.quick_content(delivery, quick)
        letter = _Letter(delivery, rows, self._rendering.quick_bodies(delivery, quick), lambda: content)
        return content, self._trial(letter, eightbit=True)

    def _ordinarily_tried_out(self, delivery: Delivery) -> tuple[Content, Composed]:
        content = self._rendering.content(delivery, _STAND_IN_DATE)
        return content, self._trial(_letter_of(delivery, content), eightbit=True)

    def _template(self, delivery: Delivery) -> Template:
        return self._rendering.template(delivery)

    def _trial(self, letter: _Letter, *, eightbit: bool) -> Composed:
        """A message that is not for sending, and has something like its Message-ID and its enclosure."""
        return self._composed(
            letter,
            date=_STAND_IN_DATE,
            message_id=self._stand_in_id,
            unsubscribe=self._unsubscribe(letter, self._stand_in_id.strip("<>").partition("@")[0]),
            eightbit=eightbit,
            trial=True,
        )

    def _composed(
        self, letter: _Letter, *, date: str, message_id: str, unsubscribe: str, eightbit: bool, trial: bool = False
    ) -> Composed:
        delivery = letter.delivery
        return self._forms.form_for(delivery.language).skeleton.compose(
            letter.says,
            to_address=delivery.address,
            to_name=self._customers.judged(delivery, letter.rows[0]).shown,
            date=date,
            message_id=message_id,
            thread=delivery.thread,
            reply_to=self._reply_to.of(delivery),
            enclosed=self._enclosed(letter, date, trial=trial) if self._encloses else (),
            unsubscribe=unsubscribe,
            eightbit=eightbit,
        )

    def _largest(self, delivery: Delivery, content: Content, composed: Composed) -> LargestLetter:
        octets = encoded = len(composed.data)
        if composed.eightbit:
            sevenbit = self._trial(_letter_of(delivery, content), eightbit=False)
            encoded = len(sevenbit.data)
        return LargestLetter(octets=octets, encoded=encoded, line=delivery.first_line)

    def _unsubscribe(self, letter: _Letter, token: str) -> str:
        if self._unsubscribing.fixed is not None:
            return self._unsubscribing.fixed
        customer = self._customers.customer(letter.delivery, letter.rows)
        return self._unsubscribing.fields(customer, code=letter.delivery.code, token=token)

    def _enclosed(self, letter: _Letter, written: str, *, trial: bool) -> list[bytes]:
        """The parts that are this recipient's own: the letter as PDF, and files that the row names."""
        own = self._forms.own_files.parts(letter.rows) if self._forms.own_files else []
        if self._stationery.encloses:
            own.insert(0, encoded_part(self._pdf(letter, written, trial=trial)))
        return own

    def _pdf(self, letter: _Letter, written: str, *, trial: bool) -> Attachment:
        heading = self._rendering.heading(letter.delivery, letter.rows, written)
        make = self._stationery.stand_in if trial else self._stationery.enclosed
        return make(letter.content(), heading, self._template(letter.delivery))

    def _located(self, error: TemplateError | MessageError, delivery: Delivery) -> TemplateError | MessageError:
        """The same error, saying whose letter it is about."""
        return type(error)(f"{self._inspector.where(delivery)}: {error.problem}", next_step=error.next_step)
