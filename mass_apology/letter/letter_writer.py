"""A delivery → its letter, and the message that carries it: everything about one campaign's letters, compiled once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from zlib import crc32

from msgspec.structs import replace

from mass_apology.countries import country_code, is_country, zone_of
from mass_apology.errors import MessageError, TemplateError
from mass_apology.letter.customers import Customers
from mass_apology.letter.inspecting.distinct_letters import DistinctLetters
from mass_apology.letter.inspecting.inspection import MOST_TEXTS, Inspection
from mass_apology.letter.inspecting.inspector import Inspector
from mass_apology.letter.inspecting.undescribed import undescribed_findings
from mass_apology.letter.language_kit import LanguageKit
from mass_apology.letter.legal.judge import Breach, each_once
from mass_apology.letter.letterhead import Heading
from mass_apology.letter.markup.tracing import FAILED
from mass_apology.letter.message.compose import Attachment, Composed, encoded_part, rfc5322_date
from mass_apology.letter.message.headers import TOKEN, parse_mailbox
from mass_apology.letter.message.reply_to import ReplyTo
from mass_apology.letter.message.return_path import ReturnPath
from mass_apology.letter.scenario import load_scenario
from mass_apology.letter.template_files import Particulars, Template
from mass_apology.letter.unsubscribing import Unsubscribing
from mass_apology.model import NO_LETTER, Content, Delivery, Finding, LargestLetter, Message, read_rows
from mass_apology.settings import Campaign, SubjectLine

_STAND_IN_DATE = rfc5322_date(0)  # a check is about no moment


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
        self._subject_line = subject_line
        self._return_path = ReturnPath(campaign.sender)
        self._reply_to = ReplyTo(campaign.sender.reply_to, header)
        self._stand_in_id = f"<{'0' * TOKEN}@{parse_mailbox(campaign.sender.from_, 'sender.from').domain}>"
        self._customers = Customers(campaign, header=header, remedies=described.facts)
        self._forms = LanguageKit(campaign, name, described, folder=folder, directories=directories, header=header)
        self._stationery = self._forms.stationery
        self._unsubscribing = Unsubscribing(campaign.message.list_unsubscribe, header=header)
        self._paragraphs: dict[str, int] = {}
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
        try:
            return self.message(delivery, self._rendered(delivery, date), date=date, eightbit=eightbit)
        except (TemplateError, MessageError) as error:
            raise self._located(error, delivery) from error

    def message(
        self, delivery: Delivery, content: Content, *, date: str, eightbit: bool, for_others: bool = False
    ) -> Message:
        """The message that carries ``content`` to one delivery; raises ``MessageError``, which names no row.

        ``for_others``: it goes to somebody who only looks at it, and must not unsubscribe its recipient by a click.
        """
        unsubscribe = "" if for_others else self._unsubscribe(delivery, delivery.token)
        composed = self._composed(
            delivery,
            content,
            date=date,
            message_id=delivery.header_id or delivery.message_id,
            unsubscribe=unsubscribe,
            eightbit=eightbit,
        )
        return Message(
            delivery=delivery,
            subject=content.subject,
            sender=self._return_path.of(delivery.token),
            data=composed.data,
            sha256=sha256(composed.data).digest(),
            eightbit=composed.eightbit,
            smtputf8=composed.smtputf8 or not self._return_path.address.isascii(),
        )

    def content(self, delivery: Delivery, *, date: str = "") -> Content:
        """The letter for one delivery, before it becomes a message; raises as ``write`` does.

        ``date`` comes from ``rfc5322_date``; it is now unless given.
        """
        try:
            return self._rendered(delivery, date or rfc5322_date(time.time()))
        except (TemplateError, MessageError) as error:
            raise self._located(error, delivery) from error

    def variant(self, delivery: Delivery) -> tuple[str, ...]:
        """The conditions of the letter that hold for one delivery, in the template's order.

        Letters in one language with equal variants have the same sentences around their values. It is ``FAILED``
        where a condition cannot be decided, and where the letter cannot be begun at all.
        """
        try:
            return self._template(delivery).trace(**self._particulars(delivery, _STAND_IN_DATE))
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
        distinct = DistinctLetters(self._paragraphs)
        for delivery in deliveries:
            findings += self._inspector.addressee_findings(delivery)
            try:
                content = self._rendered(delivery, _STAND_IN_DATE)
                composed = self._trial(delivery, content, eightbit=True)
            except (TemplateError, MessageError) as error:
                findings.append(self._inspector.failure(delivery, error))
                continue
            findings += self._inspector.findings(delivery, content)
            breaches += self._inspector.breaches(delivery, content)
            sizes.append(len(composed.data))
            unplaced.update(self._unplaced(delivery))
            distinct.add(delivery, content, self.language_for(delivery.language))
            if sizes[-1] > largest.octets:
                largest = self._largest(delivery, content, composed)
            if len(texts) < MOST_TEXTS:
                texts.add(crc32(content.text.encode()))
        return Inspection(
            findings=findings,
            breaches=each_once(breaches),
            letters=len(sizes),
            octets=sum(sizes),
            largest=largest,
            unplaced=dict(unplaced),
            distinct=distinct.found(),
            texts=frozenset(texts),
        )

    def _unplaced(self, delivery: Delivery) -> Iterator[str]:
        """The country of a letter that shows times though its row does not tell whose clock counts; "" for none."""
        if delivery.time_zone or not self._template(delivery).shows_times:
            return
        country = self._customers.country(read_rows(delivery.rows)[0])
        if not zone_of(country):
            yield country_code(country) if is_country(country) else ""

    def legal_findings(self, breaches: Iterable[Breach], languages: Iterable[str]) -> list[Finding]:
        """What the scenario's legal pack says of letters in these languages; ``breaches`` were found in them."""
        return self._inspector.legal_findings(breaches, languages)

    def _rendered(self, delivery: Delivery, written: str) -> Content:
        template = self._template(delivery)
        content = template.render(**self._particulars(delivery, written))
        if self._subject_line is SubjectLine.OWN or not delivery.thread_subject:
            return content
        return replace(content, subject=self._followed(template, delivery.thread_subject))

    def _followed(self, template: Template, subject: str) -> str:
        """The subject of a letter that follows the one with this subject; a prefix is not repeated."""
        prefix = f"{template.prefix}: "
        keeps = self._subject_line is SubjectLine.SAME or subject.startswith(prefix)
        return subject if keeps else prefix + subject

    def _template(self, delivery: Delivery) -> Template:
        return self._forms.form_for(delivery.language).template

    def _particulars(self, delivery: Delivery, written: str) -> Particulars:
        rows = read_rows(delivery.rows)
        own = self._customers.particulars(delivery, rows)
        if self._forms.have_headings:
            own["heading"] = self._heading(delivery, rows, written)
        return own

    def _heading(self, delivery: Delivery, rows: Sequence[Mapping[str, str]], written: str) -> Heading:
        first = self._customers.first(delivery, rows)
        return self._stationery.heading(delivery, first, self._template(delivery), written)

    def _trial(self, delivery: Delivery, content: Content, *, eightbit: bool) -> Composed:
        """A message that is not for sending, and has something like its Message-ID and its enclosure."""
        token = self._stand_in_id.strip("<>").partition("@")[0]
        return self._composed(
            delivery,
            content,
            date=_STAND_IN_DATE,
            message_id=self._stand_in_id,
            unsubscribe=self._unsubscribe(delivery, token),
            eightbit=eightbit,
            trial=True,
        )

    def _composed(  # noqa: PLR0913 (what a message is put together from)
        self,
        delivery: Delivery,
        content: Content,
        *,
        date: str,
        message_id: str,
        unsubscribe: str,
        eightbit: bool,
        trial: bool = False,
    ) -> Composed:
        return self._forms.form_for(delivery.language).skeleton.compose(
            content,
            to_address=delivery.address,
            to_name=self._customers.judged(delivery, read_rows(delivery.rows)[0]).shown,
            date=date,
            message_id=message_id,
            thread=delivery.thread,
            reply_to=self._reply_to.of(delivery),
            enclosed=self._enclosed(delivery, content, date, trial=trial),
            unsubscribe=unsubscribe,
            eightbit=eightbit,
        )

    def _largest(self, delivery: Delivery, content: Content, composed: Composed) -> LargestLetter:
        octets = encoded = len(composed.data)
        if composed.eightbit:
            sevenbit = self._trial(delivery, content, eightbit=False)
            encoded = len(sevenbit.data)
        return LargestLetter(octets=octets, encoded=encoded, line=delivery.first_line)

    def _unsubscribe(self, delivery: Delivery, token: str) -> str:
        if self._unsubscribing.fixed is not None:
            return self._unsubscribing.fixed
        customer = self._customers.customer(delivery, read_rows(delivery.rows))
        return self._unsubscribing.fields(customer, code=delivery.code, token=token)

    def _enclosed(self, delivery: Delivery, content: Content, written: str, *, trial: bool) -> list[bytes]:
        """The parts that are this recipient's own: the letter as PDF, and files that the row names."""
        own = self._forms.own_files.parts(read_rows(delivery.rows)) if self._forms.own_files else []
        if self._stationery.encloses:
            own.insert(0, encoded_part(self._pdf(delivery, content, written, trial=trial)))
        return own

    def _pdf(self, delivery: Delivery, content: Content, written: str, *, trial: bool) -> Attachment:
        heading = self._heading(delivery, read_rows(delivery.rows), written)
        make = self._stationery.stand_in if trial else self._stationery.enclosed
        return make(content, heading, self._template(delivery))

    def _located(self, error: TemplateError | MessageError, delivery: Delivery) -> TemplateError | MessageError:
        """The same error, saying whose letter it is about."""
        return type(error)(f"{self._inspector.where(delivery)}: {error.problem}", next_step=error.next_step)
