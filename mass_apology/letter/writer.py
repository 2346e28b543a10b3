"""A delivery → its letter, and the message that carries it: everything about one campaign's letters, compiled once."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from zlib import crc32

from msgspec.structs import replace

from mass_apology.columns import Value, parser
from mass_apology.errors import MessageError, TemplateError
from mass_apology.letter.attach import LOGO, read_attachments
from mass_apology.letter.compose import Attachment, Composed, Skeleton, rfc5322_date
from mass_apology.letter.headers import Mailbox, parse_mailbox
from mass_apology.letter.heading import Heading
from mass_apology.letter.inspection import MOST_TEXTS, Inspection
from mass_apology.letter.leftovers import leftovers
from mass_apology.letter.legal.judge import Breach, Judge, each_once
from mass_apology.letter.legal.pack import load_pack
from mass_apology.letter.markup.tracing import FAILED
from mass_apology.letter.scenario import incident_fields, load_scenario
from mass_apology.letter.stationery import Stationery
from mass_apology.letter.templates import Particulars, Template, available_languages, load
from mass_apology.letter.values import Fields, facts_for, names_of, sender_fields
from mass_apology.model import Content, Delivery, Finding, Message, Severity, read_lines, read_rows
from mass_apology.settings import Campaign, SubjectLine

CLIPPED = 102 * 1024
"""Octets of HTML beyond which Gmail hides the rest of a letter behind a link."""

MOST_LOCAL_OCTETS = 64
"""What an address may have before its @ (RFC 5321 §4.5.3.1.1)."""

TOKEN_OCTETS = 32
"""Of a Message-ID's left part (``message_id``), which names a letter in its return path."""

FAILS = "letter-fails"
"""The code of the finding about a letter that cannot be written at all."""

_GENDERS = {"f": "f", "female": "f", "w": "f", "m": "m", "male": "m"}
_SHOWN_IMAGE = re.compile(r"""\ssrc=["']cid:([^"']*)["']""")

_STAND_IN_DATE = rfc5322_date(0)  # a check is about no moment


class Writer:
    """Writes the letters of one campaign and scenario, in every language the scenario has."""

    languages: tuple[str, ...]
    """The languages there is a template for."""

    attached: int
    """Octets of attachments and images, which every single message holds once more, as base64."""

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
        Raises ``TemplateError`` or ``MessageError`` where a template, an address, a header or a file cannot be used.
        """
        scenario = scenario or campaign.template
        described = load_scenario(scenario, directories)
        attachments = read_attachments(folder, campaign.message)
        files = [each for each in attachments if each.content_id is None]
        images = {each.content_id: each for each in attachments if each.content_id is not None}
        sender = parse_mailbox(campaign.sender.from_, "sender.from")
        reply_to = _mailbox(campaign.sender.reply_to, "sender.reply_to")
        self.languages = available_languages(scenario, directories)
        self._stationery = Stationery(campaign, folder=folder, header=header, pictures=attachments)
        self._campaign = campaign
        self._scenario = scenario
        self._subject_line = subject_line
        pack = load_pack(described.legal_pack, directories) if described.legal_pack else None
        self._judge = Judge(described.legal_pack, pack, described.facts) if pack else None
        self._envelope = (_mailbox(campaign.sender.envelope, "sender.envelope") or sender).address
        if campaign.sender.verp:
            _refuse_long_local_part(self._envelope)
        self._stand_in_id = f"<check@{sender.domain}>"
        self._columns = frozenset(header)
        self._parsers = {name: parser(kind, campaign.time_zone) for name, kind in campaign.types.items()}
        self._remedies = frozenset(described.facts)
        self._templates: dict[str, Template] = {}
        self._skeletons: dict[str, Skeleton] = {}
        for language in self.languages:
            incident = incident_fields(described, campaign.incident, language)
            template = self._templates[language] = load(
                scenario,
                language,
                directories=directories,
                layout=campaign.layout,
                incident=incident,
                remedies=Fields(campaign.remedies, names_of(incident)),
                sender=sender_fields(campaign.sender),
                brand=self._stationery.brand(language),
                on_paper=self._stationery.encloses,
            )
            if self._stationery.logo and template.shows(LOGO):
                images[LOGO] = self._stationery.logo
            self._skeletons[language] = Skeleton(
                sender=sender,
                language=language,
                reply_to=reply_to,
                list_unsubscribe=campaign.message.list_unsubscribe,
                headers=campaign.message.headers,
                attachments=(*files, *images.values()),
                encloses=self._stationery.encloses,
            )
        self.attached = sum(len(each.data) for each in (*files, *images.values()))
        self._images = frozenset(images)
        self._is_formal = self._stationery.encloses or any(each.has_heading for each in self._templates.values())

    def language_for(self, wanted: str) -> str:
        """The language to write in to somebody who asked for ``wanted``, which may be empty.

        It is ``wanted``, else its first part ("pt" of "pt-BR"), else the first of the campaign's languages that has a
        template. Raises ``TemplateError`` where none has.
        """
        return wanted if wanted in self._templates else self._fallback(wanted)

    def links(self, languages: Iterable[str]) -> tuple[str, ...]:
        """What the letters in these languages link to, each address once; what differs by customer stands in braces."""
        return tuple(dict.fromkeys(link for each in languages for link in self._templates[each].links))

    def write(self, delivery: Delivery, *, date: str, eightbit: bool) -> Message:
        """The message for one delivery.

        ``date`` comes from ``rfc5322_date``; ``eightbit`` says whether the relay offers 8BITMIME. Raises
        ``TemplateError`` or ``MessageError``, whose problem begins with the row's file and line.
        """
        try:
            return self.message(delivery, self._rendered(delivery, date), date=date, eightbit=eightbit)
        except (TemplateError, MessageError) as error:
            raise self._located(error, delivery) from error

    def message(self, delivery: Delivery, content: Content, *, date: str, eightbit: bool) -> Message:
        """The message that carries ``content`` to one delivery; raises ``MessageError``, which names no row."""
        composed = self._composed(delivery, content, date=date, message_id=delivery.message_id, eightbit=eightbit)
        return Message(
            delivery=delivery,
            subject=content.subject,
            sender=self._return_path(delivery.token),
            data=composed.data,
            sha256=sha256(composed.data).digest(),
            eightbit=composed.eightbit,
            smtputf8=composed.smtputf8 or not self._envelope.isascii(),
        )

    def _return_path(self, token: str) -> str:
        """MAIL FROM; with VERP it holds the Message-ID's left part: a bounce names it where it names nothing else."""
        if not self._campaign.sender.verp:
            return self._envelope
        local_part, _, domain = self._envelope.rpartition("@")
        return f"{local_part}+{token}@{domain}"

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
        texts: set[int] = set()
        for delivery in deliveries:
            try:
                content = self._rendered(delivery, _STAND_IN_DATE)
                composed = self._composed(
                    delivery, content, date=_STAND_IN_DATE, message_id=self._stand_in_id, eightbit=True, trial=True
                )
            except (TemplateError, MessageError) as error:
                findings.append(self._finding(delivery, FAILS, error.problem, error.next_step))
                continue
            findings += self._oddities(delivery, content)
            breaches += self._breaches(delivery, content)
            sizes.append(len(composed.data))
            if len(texts) < MOST_TEXTS:
                texts.add(crc32(content.text.encode()))
        return Inspection(
            findings=findings,
            breaches=each_once(breaches),
            letters=len(sizes),
            octets=sum(sizes),
            largest=max(sizes, default=0),
            texts=frozenset(texts),
        )

    def legal_findings(self, breaches: Iterable[Breach], languages: Iterable[str]) -> list[Finding]:
        """What the scenario's legal pack says of letters in these languages; ``breaches`` were found in them."""
        if self._judge is None:
            return []
        told = self._judge.findings(self._scenario, self._campaign.recipients, breaches)
        return [*told, *self._judge.unjudged(self._scenario, languages)]

    def _breaches(self, delivery: Delivery, content: Content) -> Iterator[Breach]:
        if self._judge is not None:
            language = self.language_for(delivery.language)
            facts = facts_for(self._campaign.incident, language)
            yield from self._judge.breaches(content, language, facts, line=first_line(delivery))

    def _fallback(self, wanted: str) -> str:
        tag = wanted.lower().replace("_", "-")
        for language in (tag, tag.partition("-")[0], *self._campaign.languages):
            if language in self._templates:
                return language
        raise TemplateError(
            f"The template {self._scenario} has no letter in {_listed((wanted, *self._campaign.languages))}; "
            f"it has {_listed(self.languages)}.",
            next_step="Add one of them to `languages` in campaign.toml, or a template in the language that is missing.",
        )

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
        return self._templates[self.language_for(delivery.language)]

    def _particulars(self, delivery: Delivery, written: str) -> Particulars:
        cells = read_rows(delivery.rows)
        rows = [self._fields(row) for row in cells]
        own = Particulars(
            customer=rows[0],
            rows=rows,
            name=delivery.name,
            gender=self._gender(cells[0]),
            time_zone=delivery.time_zone or self._campaign.time_zone,
            code=delivery.code,
        )
        if self._campaign.remedies:
            own["remedies"] = self._chosen_at(delivery.token)
        if self._is_formal:
            own["heading"] = self._heading(delivery, cells[0], written)
        return own

    def _chosen_at(self, token: str) -> Fields:
        """Where this recipient chooses a remedy; the token says who chose what, and nobody else can know it."""
        addresses = {
            name: address.replace("{token}", f"{name}.{token}") for name, address in self._campaign.remedies.items()
        }
        return Fields(addresses, self._remedies)

    def _heading(self, delivery: Delivery, cells: Mapping[str, str], written: str) -> Heading:
        return self._stationery.heading(delivery, cells, self._template(delivery), written)

    def _gender(self, cells: Mapping[str, str]) -> str:
        column = self._campaign.columns.gender
        return _GENDERS.get(cells.get(column, "").lower(), "") if column else ""

    def _fields(self, row: Mapping[str, str]) -> Fields:
        if not self._parsers:
            return Fields(row, self._columns)
        values: dict[str, Value] = {**row}
        for name, parse in self._parsers.items():
            if name in row:
                try:
                    values[name] = parse(row[name])
                except ValueError as error:
                    raise TemplateError(
                        f"In the column {name} the value {row[name]!r} {error}.",
                        next_step="Correct the value, or the column's type in `[types]` of campaign.toml.",
                    ) from error
        return Fields(values, self._columns)

    def _composed(
        self, delivery: Delivery, content: Content, *, date: str, message_id: str, eightbit: bool, trial: bool = False
    ) -> Composed:
        """The message; a ``trial`` is not for sending, and has something like its enclosure."""
        return self._skeletons[self.language_for(delivery.language)].compose(
            content,
            to_address=delivery.address,
            to_name=delivery.name,
            date=date,
            message_id=message_id,
            thread=delivery.thread,
            enclosed=self._enclosed(delivery, content, date, trial=trial) if self._stationery.encloses else None,
            eightbit=eightbit,
        )

    def _enclosed(self, delivery: Delivery, content: Content, written: str, *, trial: bool) -> Attachment:
        heading = self._heading(delivery, read_rows(delivery.rows)[0], written)
        make = self._stationery.stand_in if trial else self._stationery.enclosed
        return make(content, heading, self._template(delivery))

    def _oddities(self, delivery: Delivery, content: Content) -> Iterator[Finding]:
        template = self._template(delivery)
        text = content.text
        if template.has_heading:  # which stands before the salutation
            gender = self._gender(read_rows(delivery.rows)[0])
            text = f"{template.salutation(delivery.name, gender)}\n{text}"
        for left in leftovers(content.subject, text):
            yield self._finding(delivery, left.kind, left.problem, left.advice)
        # No character takes more than four octets, and nearly every letter is far from the limit.
        size = len(content.html.encode()) if 4 * len(content.html) > CLIPPED else 0
        if size > CLIPPED:
            yield self._finding(
                delivery,
                "letter-clipped",
                f"The HTML of this letter has {size / 1024:.0f} KB, and Gmail clips a letter at {CLIPPED // 1024} KB.",
                "Shorten the template, or list fewer rows in it.",
                Severity.WARNING,
            )
        # Few templates show an image, and the search for one takes longer than all else here.
        for name in _SHOWN_IMAGE.findall(content.html) if template.may_show_images else ():
            if name not in self._images:
                yield self._finding(
                    delivery,
                    "letter-image-missing",
                    f"The letter shows the image `cid:{name}`, which is not among the campaign's images.",
                    f"Give its file in campaign.toml: [message.images] {name} = …",
                )

    def _where(self, delivery: Delivery) -> str:
        return f"{self._campaign.recipients}, line {first_line(delivery)}"

    def _finding(
        self, delivery: Delivery, code: str, problem: str, advice: str, severity: Severity = Severity.ERROR
    ) -> Finding:
        return Finding(
            code=code,
            severity=severity,
            where=self._where(delivery),
            problem=problem,
            advice=advice,
            line=first_line(delivery),
            address=delivery.address,
        )

    def _located(self, error: TemplateError | MessageError, delivery: Delivery) -> TemplateError | MessageError:
        """The same error, saying whose letter it is about."""
        return type(error)(f"{self._where(delivery)}: {error.problem}", next_step=error.next_step)


def _refuse_long_local_part(envelope: str) -> None:
    longest = MOST_LOCAL_OCTETS - len("+") - TOKEN_OCTETS
    octets = len(envelope.rpartition("@")[0].encode())
    if octets > longest:
        raise MessageError(
            f"`sender.verp` adds {TOKEN_OCTETS + 1} characters to the address {envelope}, and what stands before the @ "
            f"may be no longer than {MOST_LOCAL_OCTETS}: it has {octets}, and {longest} are possible.",
            next_step="Give a shorter address as `sender.envelope` in campaign.toml, such as bounces@acme.example.",
        )


def first_line(delivery: Delivery) -> int:
    """Where the delivery's first row starts in the recipients file."""
    return read_lines(delivery.lines)[0]


def _mailbox(text: str | None, key: str) -> Mailbox | None:
    return None if text is None else parse_mailbox(text, key)


def _listed(languages: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(repr(each) for each in languages if each))
