"""Finds the encoding of a text file: stated, by its byte order mark, UTF-8, or a guess that the user must confirm."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator, Sequence
from itertools import islice

from msgspec import Struct

from mass_apology.errors import InputError
from mass_apology.model import Finding, Severity
from mass_apology.recipients.alphabets import WESTERN_NAMES, best_fit, fit, languages_by_line, letters_of
from mass_apology.recipients.cells import shown
from mass_apology.recipients.column_layout import note
from mass_apology.recipients.recipients_file import RecipientsFile

_BLOCK = 1 << 20  # characters or octets read at a time
_EVIDENCE = 1 << 16  # octets at most that a guess is based on
_LINES = 5000  # lines at most that a guess is based on
_LINES_OF_ONE_KIND = 500  # of these, in one language
_LONGEST_LINE = 1000  # octets read of a line
_UNREADABLE = -2.0
_LANGUAGE_ASKED = 0.2  # weight of a language that the rows name
_CERTAIN = 0.95  # a fit that no text of another script reaches by chance
_SAMPLES = 5
_SAMPLE_LINES = 100  # searched in each block
_READINGS = 5
_AROUND_WORDS = "„”“‘’‚«»‹›–—…"
_BETWEEN_WORDS = re.compile(r"[\s,;|\"]+")
_BETWEEN_OCTETS = re.compile(rb"[\s,;|\"]+")

# UTF-32 stands before UTF-16, whose mark is the beginning of its own.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# Positions of the zeros that ASCII letters leave in four octets, and the bounds of their share at other positions.
_WIDE = ("utf-16", "utf-32")
_ZEROS = {"utf-32-le": {1, 2, 3}, "utf-32-be": {0, 1, 2}, "utf-16-le": {1, 3}, "utf-16-be": {0, 2}}
_OFTEN = 0.2
_RARELY = 0.02

# Python's own codecs; they can produce halves of characters, which no other codec can write.
_ESCAPES = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"})

# Encodings of customers' files besides Unicode. Most octets decode in every one, so a longer list guesses worse.
_CANDIDATES = ["cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258"]
_CANDIDATES += ["iso8859_2", "iso8859_4", "iso8859_5", "iso8859_7", "iso8859_13", "iso8859_15", "koi8_r", "cp866"]
_CANDIDATES += ["cp852", "cp775", "cp850", "mac_roman", "mac_latin2", "mac_cyrillic", "mac_greek"]
_EAST_ASIAN = ["cp932", "euc_jp", "gb18030", "big5", "cp949"]

# In these every octet is a letter of the language, so only its frequency distinguishes them.
_CYRILLIC_OR_GREEK = frozenset({"cp1251", "cp1253", "iso8859_5", "iso8859_7", "koi8_r", "cp866", "mac_cyrillic"})

# Statistics do not distinguish Latvian in cp1257 from Vietnamese in cp1258; the campaign's languages do.
_CODE_PAGES = {
    "cp1250": frozenset({"bs", "cs", "hr", "hu", "pl", "ro", "sk", "sl", "sq"}),
    "cp1251": frozenset({"be", "bg", "mk", "ru", "sr", "uk"}),
    "cp1253": frozenset({"el"}),
    "cp1254": frozenset({"az", "tr"}),
    "cp1255": frozenset({"he"}),
    "cp1256": frozenset({"ar", "fa", "ur"}),
    "cp1257": frozenset({"et", "lt", "lv"}),
    "cp1258": frozenset({"vi"}),
    "cp932": frozenset({"ja"}),
    "gb18030": frozenset({"zh"}),
    "cp949": frozenset({"ko"}),
}


class Encoding(Struct, frozen=True, kw_only=True):
    """The encoding of a file. ``find_encoding`` makes it."""

    codec: str
    errors: str = "strict"  # "replace" if some lines do not fit: they get U+FFFD
    findings: tuple[Finding, ...] = ()  # about the encoding


def find_encoding(
    file: RecipientsFile, stated: str | None, languages: Sequence[str], language_column: str | None = None
) -> Encoding:
    """Find the codec of the file, and decode the whole file with it once as a check.

    A guess is a finding of severity ERROR: nothing should be sent before the user states the encoding. ``languages``
    are the campaign's; they and those that the rows ask for in ``language_column`` only order the guesses.

    Raises:
        InputError: the stated encoding does not exist or does not fit, or none fits.
    """
    mark = _mark(file)
    if stated is not None:
        codec = _with_mark(file, stated, mark)
        return Encoding(codec=codec, findings=tuple(_samples_note(file, "encoding-stated", codec)))
    if mark is not None or (mark := wide_without_mark(file)) is not None:
        return Encoding(codec=mark, findings=tuple(_samples_note(file, "encoding-detected", mark)))
    _refuse_zeros(file)
    try:
        return Encoding(codec="utf-8", findings=tuple(_samples_note(file, "encoding-detected", "utf-8")))
    except InputError as not_utf8:
        return _guess(file, _Evidence(file, languages, language_column), not_utf8)


def undecodable(file: RecipientsFile, encoding: str) -> InputError:
    """The error for the first octet that this encoding cannot decode: its line, offset and value."""
    line, offset, octet = _first_bad_octet(file, encoding)
    return InputError(
        f"{file.path} is not written in {encoding}: line {line} has the byte 0x{octet:02X} "
        f"(byte {offset + 1} of the file), which means nothing there.",
        next_step='State the right encoding in campaign.toml, such as [csv] encoding = "cp1257".',
    )


def _mark(file: RecipientsFile) -> str | None:
    return next((encoding for mark, encoding in _MARKS if file.start.startswith(mark)), None)


def _refuse_zeros(file: RecipientsFile) -> None:
    """Raise ``InputError`` if the header holds NUL: the file is not text, so the rest is not read."""
    if b"\0" in file.start.partition(b"\n")[0]:
        raise InputError(
            f"The header of {file.name} cannot be used: there are NUL characters in it, as in a file "
            "that is damaged or is no text.",
            next_step='If it is text, state its encoding in campaign.toml, such as [csv] encoding = "utf-16-le".',
        )


def _with_mark(file: RecipientsFile, stated: str, mark: str | None) -> str:
    """The stated encoding; if the file has a byte order mark, the variant that removes it."""
    try:
        canonical = codecs.lookup(stated).name
        "".encode(canonical)  # refuses codecs such as "hex", which do not encode text
    except LookupError as error:
        raise _unknown(file, stated) from error
    if canonical in _ESCAPES:
        raise _unknown(file, stated)
    if canonical in _WIDE and mark not in _WIDE:
        return _wide(file, stated, canonical)
    return mark if mark and canonical.startswith(mark.removesuffix("-sig")) else canonical


def _wide(file: RecipientsFile, stated: str, canonical: str) -> str:
    """UTF-16 or UTF-32 in the byte order of a file without a byte order mark."""
    shown_order = wide_without_mark(file)
    if shown_order is None or not shown_order.startswith(canonical):
        raise InputError(
            f"campaign.toml says that {file.path} is {canonical.upper()}, and it has neither a byte order mark nor the "
            "zero octets beside letters that such a file has.",
            next_step=f"Delete the line 'encoding = \"{shown(stated)}\"' under [csv], or state the right encoding.",
        )
    return shown_order


def wide_without_mark(file: RecipientsFile) -> str | None:
    """UTF-16 or UTF-32, found by the zeros of ASCII letters; ``None`` for anything else."""
    start = file.start
    size = len(start) // 4
    if not start.count(0) or not size:
        return None
    zeros = [start[place : size * 4 : 4].count(0) / size for place in range(4)]
    for codec, often in _ZEROS.items():
        if all(share > _OFTEN if place in often else share < _RARELY for place, share in enumerate(zeros)):
            return codec
    return None


def _unknown(file: RecipientsFile, stated: str) -> InputError:
    return InputError(
        f"campaign.toml says the encoding of {file.path} is '{shown(stated)}', which is no known encoding of text.",
        next_step='Write a known name under [csv], such as encoding = "cp1257", or delete the line.',
    )


def _samples_note(file: RecipientsFile, code: str, encoding: str) -> list[Finding]:
    samples = _samples(file, encoding)
    if not samples:
        return []
    problem = f"The file is read as {encoding.removesuffix('-sig').upper()}, where it says {', '.join(samples)}."
    advice = "If these words look wrong, state the encoding under [csv] in campaign.toml."
    return [note(code, Severity.INFO, file.name, problem, advice)]


def _samples(file: RecipientsFile, encoding: str) -> tuple[str, ...]:
    """A few distinct words beyond ASCII; decodes the whole file."""
    words: dict[str, None] = {}
    try:
        with file.text(encoding) as text:
            while block := text.read(_BLOCK) + text.readline(_BLOCK):  # whole lines, so that no word is cut
                if len(words) < _SAMPLES and not block.isascii():
                    words.update(dict.fromkeys(_words_beyond_ascii(block)))
    except UnicodeError as error:
        raise undecodable(file, encoding) from error
    return tuple(words)[:_SAMPLES]


def _words_beyond_ascii(block: str) -> Iterator[str]:
    lines = islice((line for line in block.splitlines() if not line.isascii()), _SAMPLE_LINES)
    return (shown(word, 30) for line in lines for word in _BETWEEN_WORDS.split(line) if not word.isascii())


def _first_bad_octet(file: RecipientsFile, encoding: str) -> tuple[int, int, int]:
    """Line (from 1), offset in the file (from 0) and value of the first octet that cannot be decoded."""
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = io.IncrementalNewlineDecoder(None, translate=True)
    line, read = 1, 0
    with file.octets() as octets:
        while True:
            block = octets.read(_BLOCK)
            state = decoder.getstate()
            try:
                line += lines.decode(decoder.decode(block, final=not block)).count("\n")
            except UnicodeDecodeError as error:
                kept = len(state[0])  # octets of the last block that the decoder still holds
                decoder.setstate(state)
                good = decoder.decode(block[: max(error.start - kept, 0)])
                line += lines.decode(good, final=True).count("\n")
                return line, read - kept + error.start, error.object[error.start]
            if not block:
                raise AssertionError(f"{file.path} was changed while it was read")
            read += len(block)


class _Evidence:
    """The lines beyond ASCII that a guess is based on, and the letters of their languages."""

    def __init__(self, file: RecipientsFile, languages: Sequence[str], column: str | None) -> None:
        self._languages = languages
        lines = [line for line, _ in zip(numbered_lines(file), range(_LINES), strict=False)]
        texts = [octets.decode("latin-1") for _, octets in lines]
        named = languages_by_line(texts, column)
        spoken = [*languages, *filter(None, named)]
        default = letters_of(languages)
        self.wanted = frozenset(language.lower()[:2] for language in spoken)
        self._evidence: dict[frozenset[str], list[bytes]] = {}
        for (_, octets), language in zip(lines, named, strict=True):
            if not octets.isascii():
                kept = self._evidence.setdefault(letters_of([language]) if language else default, [])
                if len(kept) < _LINES_OF_ONE_KIND:
                    kept.append(octets[:_LONGEST_LINE])

    def octets(self) -> bytes:
        """The evidence as the file has it."""
        return b"\n".join(line for lines in self._evidence.values() for line in lines)[:_EVIDENCE]

    def fit(self, codec: str) -> float:
        """The fit of the evidence under ``codec``; languages that the rows name count more.

        ``_UNREADABLE`` if the codec cannot decode it.
        """
        try:
            texts = {letters: [line.decode(codec) for line in lines] for letters, lines in self._evidence.items()}
        except UnicodeError:
            return _UNREADABLE
        known = [(len(lines), fit(lines, letters)) for letters, lines in texts.items() if letters]
        average = sum(count * fitting for count, fitting in known) / max(sum(count for count, _ in known), 1)
        anyhow = best_fit(line for lines in texts.values() for line in lines)
        return max(average + _LANGUAGE_ASKED, anyhow) if known else anyhow

    def fit_of_names(self, codec: str) -> float:
        """As ``fit``, where letters of western names are usual in every language: "Zoë" and "Siobhán" in English."""
        lines = (line.decode(codec, "replace") for lines in self._evidence.values() for line in lines)
        return fit(lines, letters_of(self.wanted) | WESTERN_NAMES)

    def telling_words(self, encodings: Sequence[str]) -> list[bytes]:
        """A few words beyond ASCII, as octets: first those that the likeliest encodings read differently."""

        def order(word: bytes) -> tuple[int, int, int, bytes]:
            likeliest = {_shown_as(word, each) for each in encodings[:2]}
            return -len(likeliest), -len({_shown_as(word, each) for each in encodings}), len(word), word

        words = {word for word in _BETWEEN_OCTETS.split(self.octets()) if not word.isascii()}
        return sorted(words, key=order)[:_SAMPLES]


def _shown_as(word: bytes, encoding: str) -> str:
    return shown(word.decode(encoding, "replace"), 30)


def numbered_lines(file: RecipientsFile) -> Iterator[tuple[int, bytes]]:
    """The file's lines, numbered from 1, without line ends; in constant memory."""
    number = 1
    with file.octets() as octets:
        while block := octets.read(_BLOCK) + octets.readline(_BLOCK):
            for line in block.splitlines():
                yield number, line
                number += 1


def _guess(file: RecipientsFile, evidence: _Evidence, not_utf8: InputError) -> Encoding:
    """UTF-8 except for a few lines, or the likeliest encoding, with a finding that shows samples of the likeliest."""
    split = _Split(file)
    if split.is_mostly_utf8:
        return Encoding(codec="utf-8", errors="replace", findings=(_mixed(file, split, evidence),))
    readings: dict[str, str] = {}  # the evidence as it is read → the likeliest encoding that reads it so
    for encoding in _ranked(evidence):
        try:
            _samples(file, encoding)
        except InputError:
            continue  # it fits the evidence, but not the whole file
        readings.setdefault(evidence.octets().decode(encoding, "replace"), encoding)
        if len(readings) == _READINGS:
            break
    if not readings:
        raise not_utf8
    likely = list(readings.values())
    words = evidence.telling_words(likely)
    compared = "; ".join(f"{each} reads {', '.join(_shown_as(word, each) for word in words)}" for each in likely)
    best = likely[0]
    problem = f"The file is not UTF-8, and its encoding can only be guessed: {compared}."
    if split.utf8_lines and best not in _EAST_ASIAN:
        problem += f" {_lines_phrase(split.utf8_lines, split.utf8)} UTF-8 all the same: it has two encodings."
    advice = f'State the one that reads right in campaign.toml, such as [csv] encoding = "{best}".'
    return Encoding(codec=best, findings=(note("encoding-detected", Severity.ERROR, file.name, problem, advice),))


class _Split:
    """A file's lines beyond ASCII, split into UTF-8 and others."""

    def __init__(self, file: RecipientsFile) -> None:
        self.utf8 = self.others = 0
        self.utf8_lines: list[int] = []  # the first ones
        self.other_lines: list[int] = []
        self.other_octets: list[bytes] = []
        for number, line in numbered_lines(file):
            if line.isascii():
                continue
            try:
                line.decode()
            except UnicodeDecodeError:
                self.others += 1
                if len(self.other_lines) < _SAMPLES:
                    self.other_lines.append(number)
                    self.other_octets.append(line[:_LONGEST_LINE])
            else:
                self.utf8 += 1
                if len(self.utf8_lines) < _SAMPLES:
                    self.utf8_lines.append(number)

    @property
    def is_mostly_utf8(self) -> bool:
        """Whether most lines are UTF-8; lines of another encoding hardly ever are by chance."""
        return self.utf8 >= self.others > 0


def _mixed(file: RecipientsFile, split: _Split, evidence: _Evidence) -> Finding:
    best = max(_CANDIDATES, key=lambda codec: _fit_of(split.other_octets, codec, evidence))
    words = dict.fromkeys(
        word for line in split.other_octets for word in _words_beyond_ascii(line.decode(best, "replace"))
    )
    problem = (
        f"The file is UTF-8, but {_lines_phrase(split.other_lines, split.others, first=False)} not: "
        f"read as {best} it says {', '.join(islice(words, _SAMPLES))}."
    )
    advice = "Write those lines anew in UTF-8; in their rows U+FFFD stands for what cannot be read."
    return note("encoding-mixed", Severity.WARNING, file.name, problem, advice)


def _fit_of(lines: Sequence[bytes], codec: str, evidence: _Evidence) -> float:
    try:
        texts = [line.decode(codec) for line in lines]
    except UnicodeError:
        return _UNREADABLE
    return max(fit(texts, letters_of(evidence.wanted)) + _LANGUAGE_ASKED, best_fit(texts))


def _lines_phrase(lines: Sequence[int], count: int, *, first: bool = True) -> str:
    """ "Line 3 is", "Lines 3, 5, … are"."""
    more = ", …" if count > len(lines) else ""
    phrase = f"line {lines[0]} is" if count == 1 else f"lines {', '.join(map(str, lines))}{more} are"
    return phrase[0].upper() + phrase[1:] if first else phrase


def _ranked(evidence: _Evidence) -> list[str]:
    """Possible encodings, best first: those that give the rows the letters of their languages."""
    from charset_normalizer import from_bytes  # noqa: PLC0415 (30 ms that only files without Unicode need)

    found = [match.encoding for match in from_bytes(evidence.octets(), cp_isolation=[*_CANDIDATES, *_EAST_ASIAN])]
    fits = {encoding: evidence.fit(encoding) for encoding in (*found, *_CANDIDATES)}
    if found and found[0] in _EAST_ASIAN and max(fits.values(), default=0) < _CERTAIN:
        return found
    usual = [*_CANDIDATES, *_EAST_ASIAN]

    def rank(encoding: str) -> tuple[float, float, bool, int, int]:
        other_language = not evidence.wanted & _CODE_PAGES.get(encoding, frozenset())
        by_statistics = found.index(encoding) if encoding in {*found} & _CYRILLIC_OR_GREEK else len(found)
        names = -round(evidence.fit_of_names(encoding), 3)
        return -round(fits[encoding], 3), names, other_language, by_statistics, usual.index(encoding)

    return sorted((encoding for encoding, fitting in fits.items() if fitting != _UNREADABLE), key=rank)
