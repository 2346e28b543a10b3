"""The words of a report that are a mail system's own: what it quotes of our letter is taken out.

A notice names the letter's subject, its fields and often its text. A letter may well say "your account was deleted" or
"550 5.1.1"; that proves nothing about a mailbox. One ``Evidence`` is made of each report, and every search for phrases,
codes and addresses takes it. A sentence about our own address speaks of the sender, whatever else it says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from functools import cached_property
from itertools import islice, pairwise

from msgspec import Struct

from mass_apology.bounces import bounce_phrases
from mass_apology.bounces.bounce_report import Cause
from mass_apology.bounces.diagnosis import judge
from mass_apology.bounces.refusal_phase import RefusalPhase, says_after_content
from mass_apology.mail_parts import words

LONGEST = 1 << 14  # characters of a notice that are looked at

FAILED_SUBJECT = re.compile(rf"\W*(?:\[[^\]]{{1,30}}\]\W*)?{bounce_phrases.FAILED_SUBJECT}", re.I)
"""A subject that mail systems write over failures and delays."""

_ADDRESS = re.compile(r"[^\s<>()\[\]:;,\"'@]{1,64}@[\w.-]{1,255}\w")
_RETURNED = re.compile(rf"^[ \t>]*(?:[-=_*+#~]{{2,100}}(?![-=_*+#~]) ?)?{bounce_phrases.RETURNED}", re.I | re.M)
_ENCODED_WORD = re.compile(r"=\?[\w*-]{1,40}\?[bq]\?[^?\n]{0,100}\?=", re.I)  # RFC 2047: in fields alone
_ELLIPSIS = re.compile(r"(?:…|\.{3})$")
_REPLIED = re.compile(r"(?:re|fwd?|aw|wg|sv|vs|tr|rv|odp|ynt|antw)\s?: ?", re.I)

_FIELD = re.compile(r"\n([ \t>|*]{0,40})([^\s:：][^\n:：]{0,30})[:：]")  # of a text with a line end before it
_SUBJECT_NAME = "|".join(sorted(map(re.escape, bounce_phrases.SUBJECT_FIELDS)))
_NAMED_INLINE = re.compile(rf"\b(?:{_SUBJECT_NAME}|entitled|titled|titre|intitulé|titel|tytule|темой)\W{{1,8}}$", re.I)
_TO_FIELD = re.compile(r"^[ \t>]*To:([^\n]{1,500})", re.M | re.I)

_QUOTED = re.compile(
    r"\"([^\"\n]{3,300})\"|'(?<!\w')([^'\n]{3,300})'(?!\w)|“([^”\n]{3,300})”|„([^“”\n]{3,300})[“”]|«([^»\n]{3,300})»"
)
_PARAGRAPH = re.compile(r"[^\n]+(?:\n[^\n]+)*")
# What stands before the reason itself: a reply code, the recipient with a colon, "because:" on the line before.
_SERVER_SPEAKS = re.compile(r"(?<![\w.])[45][0-5]\d[ -]|@[^\s@]{1,255}:(?:\s|$)|<<<|\bsaid:", re.I)
_REASON_FOLLOWS = re.compile(rf"(?:{bounce_phrases.REASON_FOLLOWS})[^\n:：]{{0,40}}[:：]?\s*$", re.I)

_REPLY_CODE = re.compile(r"(?<![\w.])[45][0-5]\d(?![\w.])")
_FULL_STOP = re.compile(r"[.!。][ \t]*(?:\n|$)")
_REASON = re.compile(rf"(?:{bounce_phrases.REASON_FOLLOWS})\w{{0,10}}[:：]", re.I)

# A server's reply and a line of a transcript begin sentences, too.
_SENTENCE = re.compile(
    r"(?:[45][0-5]\d[ -])?(?:(?!(?<![\w.])[45][0-5]\d[ -])(?:[^.;!?\n]|[.;!?](?!\s)|\n(?!\n|<--|-->|<<<|>>>)))+"
)
_DEAD = re.compile(bounce_phrases.DEAD, re.I)
_QUOTED_FIELDS = bounce_phrases.SUBJECT_FIELDS | bounce_phrases.OTHER_FIELDS
_SUBJECTS = 3  # that a notice quotes
_LEAST_ALONE = 15  # characters of a subject that is taken out of running text
_LEAST_LINE_ALONE = 5  # octets of a subject that is a line: more than "DATA"
_LEAST_CUT = 8  # characters of a subject's beginning that ends in an ellipsis
_CUT = 30  # characters of a beginning that no ellipsis marks
_LONGEST_REASON = 2000  # characters behind an address
LEAST_LINE = 12
"""Characters of a line that can be known as ours."""


class ReturnedLetter(Struct, frozen=True, kw_only=True):
    """What a report shows of our letter."""

    returned: bool = False  # as a part of its own
    subjects: tuple[str, ...] = ()  # decoded, on one line
    lines: frozenset[str] = frozenset()  # of its texts, stripped
    senders: frozenset[str] = frozenset()  # lower-case addresses of From, Return-Path and the like
    to: tuple[str, ...] = ()  # its recipients


class Evidence:
    """The subject and the text of a report without what they quote of our letter. Made where it is first asked for."""

    def __init__(self, subject: str, text: str, letter: ReturnedLetter) -> None:
        self._report_subject = subject
        self._whole = text[:LONGEST]
        self.letter = letter

    @cached_property
    def subject(self) -> str:
        return _own_part(self._titles.cut_off(self._report_subject))

    @cached_property
    def text(self) -> str:
        """The notice, up to the returned letter."""
        titles, notice = self._titles, self._notice
        fields = [field for field in self._fields if field.start < len(notice)]
        notice = _without_lines(titles.taken_out_of_fields(notice, fields), self.letter.lines)
        return _ENCODED_WORD.sub("", titles.taken_out(notice))

    @cached_property
    def to(self) -> Sequence[str]:
        """The recipients of the letter; of its first To field where it stands in the text."""
        found = None if self.letter.to else _TO_FIELD.search(self._whole, len(self._notice))
        return _ADDRESS.findall(found[1]) if found else self.letter.to

    def after(self, address: str) -> str:
        """The text right after this address, up to an empty line."""
        at = self._lower.find(address.lower()) if address else -1
        if at < 0:
            return ""
        start = at + len(address)
        return self.text[start : start + _LONGEST_REASON].partition("\n\n")[0].strip(" \t\r\n<>:)")

    def judge(self, status: str, diagnostic: str, address: str) -> tuple[Cause, str]:
        """The cause of this recipient's failure, and the most telling enhanced code, as ``diagnosis.judge`` gives them.

        Dead is only who was refused at RCPT, as far as the text tells, and of whom the server spoke, and not of us.
        """
        said = self._with_us_as_sender(diagnostic, address)
        cause, telling = judge(status, said)
        if cause is Cause.DEAD and self._after_content(address):
            return judge(status, said, after_content=True)
        return cause, telling

    def _after_content(self, address: str) -> bool:
        """Whether this recipient's server refused the content, and had taken the address before."""
        near = says_after_content(self.after(address), address)
        return bool(self._phase.is_after_content(address) if near is None else near)

    def _with_us_as_sender(self, said: str, address: str) -> str:
        """``said`` with our name replaced by the word "sender" in each sentence that calls us, and nobody else, dead.

        A server may say "unknown user anna@acme.example" of the one who sent.
        """
        lower, recipient = said.lower(), address.lower()
        ours = [name for name in self._our_names if name in lower and not recipient.endswith(name)]
        return _SENTENCE.sub(lambda sentence: _as_sender(sentence[0], ours), said) if ours else said

    @cached_property
    def _lower(self) -> str:
        return self.text.lower()

    @cached_property
    def _phase(self) -> RefusalPhase:
        return RefusalPhase(self.text)

    @cached_property
    def _titles(self) -> _Titles:
        subjects = (field for field in self._fields if field.name in bounce_phrases.SUBJECT_FIELDS)
        quoted = (_field_value(self._whole, field) for field in islice(subjects, _SUBJECTS))
        return _Titles((*self.letter.subjects, *quoted))

    @cached_property
    def _fields(self) -> Sequence[_QuotedField]:
        return _quoted_fields(self._whole)

    @cached_property
    def _notice(self) -> str:
        return _notice_in(self._whole, self._titles)

    @cached_property
    def _our_names(self) -> Sequence[str]:
        """Our addresses, the longest first, and their domains where no recipient has the same."""
        others = {address.lower().rpartition("@")[2] for address in self.to}
        domains = {address.rpartition("@")[2] for address in self.letter.senders} - others
        return (*sorted(self.letter.senders, key=len, reverse=True), *domains)


def _notice_in(text: str, titles: _Titles) -> str:
    """The notice without the returned letter that follows it."""
    for found in _RETURNED.finditer(text):
        line = text[found.start() : found.start() + 200].partition("\n")[0]
        if found.start() > 20 and not titles.is_ours(line):
            return text[: found.start()]
    return text


def _own_part(subject: str) -> str:
    """The beginning of "Undeliverable: …", after which servers write the subject of the letter."""
    head, colon, _ = subject.partition(":")
    return head if colon and FAILED_SUBJECT.match(head) else subject


class _QuotedField(Struct, frozen=True):
    """A field of a quoted letter, by its name that of the subject, of who wrote, or of when."""

    start: int  # of its line
    end: int  # of its colon: here its value begins
    indent: int
    name: str  # lower case


def _quoted_fields(text: str) -> list[_QuotedField]:
    return [
        _QuotedField(found.start(), found.end() - 1, len(found[1]), name)
        for found in _FIELD.finditer("\n" + text)
        if (name := found[2].rstrip(" \t*").lower()) in _QUOTED_FIELDS
    ]


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return end if end >= 0 else len(text)


def _field_value(text: str, field: _QuotedField) -> str:
    return words(" ".join(text[field.end : _field_end(text, field)].split())[:500])


def _field_end(text: str, field: _QuotedField) -> int:
    """Where the field ends: after the lines below that are indented deeper."""
    end = text.find("\n", field.end)
    while end >= 0:
        line = text[end + 1 : end + 400].partition("\n")[0]
        if not line.strip() or len(line) - len(line.lstrip(" \t>|*")) <= field.indent:
            return end
        end = text.find("\n", end + 1)
    return len(text)


class _Titles:
    """The subjects of our letter, found however they are wrapped, cut and marked."""

    def __init__(self, subjects: Sequence[str]) -> None:
        subjects = sorted({subject for subject in subjects if len(subject) >= 3}, key=len, reverse=True)
        self._exact = {_plain(subject) for subject in subjects}
        self._patterns = [_wrapped(subject) for subject in subjects]
        self._beginnings = [_wrapped(subject[:_LEAST_CUT]) for subject in self._exact]

    def is_ours(self, text: str) -> bool:
        """Whether ``text`` is one of the subjects, or the beginning of one."""
        plain = _plain(text)
        cut = _ELLIPSIS.search(plain) if plain.endswith((".", "…")) else None
        head = plain[: cut.start()].rstrip() if cut else plain
        least = _LEAST_CUT if cut else _CUT
        return (len(plain.encode()) >= _LEAST_LINE_ALONE and plain in self._exact) or (
            len(head) >= least and any(subject.startswith(head) for subject in self._exact)
        )

    def taken_out_of_fields(self, text: str, fields: Sequence[_QuotedField]) -> str:
        """Without the values of its quoted fields, in any language. "To" stays: it may name the recipient."""
        kept, at = [], 0
        for field in fields:
            if field.start < at:
                continue
            if field.name in bounce_phrases.OTHER_FIELDS:
                kept.append(text[at : field.start])
                at = _line_end(text, field.end)
                continue
            value = text[field.end : field.end + 1000]
            begin = len(value) - len(value.lstrip())
            whole = next((match for each in self._patterns if (match := each.match(value, begin))), None)
            end = _field_end(text, field)
            kept.append(text[at : field.end])
            at = max(end, field.end + whole.end()) if whole else end
        return "".join([*kept, text[at:]])

    def taken_out(self, text: str) -> str:
        """Without the subjects in quotation marks, on lines of their own, and in running text where they are long."""
        spans = sorted((*self._quotations(text), *self._spans(text)), key=lambda span: (span[0], -span[1]))
        kept, at = [], 0
        for start, end in spans:
            if start >= at:
                kept.append(text[at:start])
                at = end
        return "".join([*kept, text[at:]]) if spans else text

    def _quotations(self, text: str) -> Iterator[tuple[int, int]]:
        """Subjects in quotation marks: known ones, and what is called a subject."""
        for match in _QUOTED.finditer(text):
            named = _NAMED_INLINE.search(text[max(0, match.start() - 60) : match.start()] + '"')
            if named or (self.is_ours(match[match.lastindex or 0]) and not _server_speaks(text, match.start())):
                yield match.span(match.lastindex or 0)

    def _spans(self, text: str) -> Iterator[tuple[int, int]]:
        if not any(beginning.search(text) for beginning in self._beginnings):
            return
        for paragraph in _PARAGRAPH.finditer(text):
            if self.is_ours(paragraph[0]):
                if not _server_speaks(text, paragraph.start()):
                    yield paragraph.span()
                continue
            yield from self._lines_in(text, paragraph)
        for pattern in self._patterns:
            for match in pattern.finditer(text):
                long = len(match[0]) >= _LEAST_ALONE and not _own_sentence(text, match)
                if long or _NAMED_INLINE.search(text[max(0, match.start() - 60) : match.start()]):
                    yield match.span()

    def _lines_in(self, text: str, paragraph: re.Match[str]) -> Iterator[tuple[int, int]]:
        at = paragraph.start()
        for line in paragraph[0].split("\n"):
            if self.is_ours(line) and not _server_speaks(text, at):
                yield at, at + len(line)
            at += len(line) + 1

    def cut_off(self, subject: str) -> str:
        """The subject of a notice, up to where it repeats the letter's."""
        for pattern in self._patterns:
            for match in pattern.finditer(subject):
                if not match.start() or len(match[0]) >= _LEAST_ALONE or subject[: match.start()].rstrip()[-1:] in ':"':
                    return subject[: match.start()]
        for mark in re.finditer(r"[:\"]\s?", subject):
            if self.is_ours(subject[mark.end() :].rstrip('" ')):
                return subject[: mark.end()]
        return subject


def _wrapped(words_of_ours: str) -> re.Pattern[str]:
    """These words in one line or several, which may be marked as quoted."""
    return re.compile(r"\s+(?:>\s*)?".join(map(re.escape, words_of_ours.split())), re.I)


def _plain(text: str) -> str:
    """One line in lower case without marks around it and without the prefix of a reply."""
    joined = " ".join(text.split()).strip(" \"'<>[]()*|“”„«»").lower()
    return _REPLIED.sub("", joined, count=1) if _REPLIED.match(joined) else joined


def _own_sentence(text: str, found: re.Match[str]) -> bool:
    """Whether these words, though they equal our subject, are the mail system's own.

    They are where they follow what a server gives a reason with; where they are a reply with its code, and no line of
    their own; and where they are a line but for its full stop.
    """
    line = text.rfind("\n", 0, found.start()) + 1
    begins_line = not text[line : found.start()].strip(" \t>")
    replies = not begins_line and bool(_REPLY_CODE.search(found[0]))
    sentence = begins_line and bool(_FULL_STOP.match(text, found.end()))
    return replies or sentence or _server_speaks(text, found.start())


def _server_speaks(text: str, at: int) -> bool:
    """Whether the words at this place are the reason that a server gives, and equal a subject by chance."""
    paragraph = text.rfind("\n\n", 0, at)
    before = text[max(paragraph, at - 500, 0) : at]
    if before.strip():
        line = before.rpartition("\n")[2]
        return any((_SERVER_SPEAKS.search(before), _REASON.search(line), _REASON_FOLLOWS.search(before[-120:])))
    above = text[max(0, paragraph - 120) : max(0, paragraph)].rstrip().rpartition("\n")[2]
    return bool(_REASON_FOLLOWS.search(above))


def _without_lines(text: str, ours: Set[str]) -> str:
    """Without the lines of our letter that stand together in ``text``; one alone may be a server's by chance."""
    if not ours:
        return text
    lines = text.split("\n")
    numbers = [number for number, line in enumerate(lines) if line.strip(" \t>|")]
    found = {number for number in numbers if lines[number].strip(" \t>|") in ours}
    taken = set[int]()
    for before, after in pairwise(numbers):
        if before in found and after in found:
            taken |= {before, after}
    taken |= {number for number in found if len(lines[number].strip()) > 2 * LEAST_LINE and _alone(lines, number)}
    return "\n".join("" if number in taken else line for number, line in enumerate(lines)) if taken else text


def _alone(lines: list[str], number: int) -> bool:
    """Whether empty lines are around this one."""
    around = lines[max(0, number - 1) : number] + lines[number + 1 : number + 2]
    return not any(line.strip() for line in around)


def _as_sender(sentence: str, ours: Sequence[str]) -> str:
    """The sentence, about the sender where it names one of ``ours`` and no other address, and calls it dead."""
    named = sentence
    for name in ours:
        named = re.sub(rf"(?<![\w.@-]){re.escape(name)}(?![\w-]|\.\w)", "sender", named, flags=re.I)
    return named if named != sentence and "@" not in named and _DEAD.search(named) else sentence
