"""In which encoding a text file is written: stated, marked, UTF-8, or else a guess that the user has to confirm."""

from __future__ import annotations

import codecs
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise
from pathlib import Path

from mass_apology.errors import InputError
from mass_apology.model import Finding, Severity
from mass_apology.recipients.cells import shown
from mass_apology.recipients.layout import note

_BLOCK = 1 << 20  # characters or octets read at a time
_EVIDENCE = 1 << 16  # octets of lines beyond ASCII that a guess is made from
_SAMPLES = 5
_SAMPLE_LINES = 100  # looked at in each block
_READINGS = 5
_AROUND_WORDS = "„”“‘’‚«»‹›–—…"
_BETWEEN_WORDS = re.compile(r"[\s,;|\"]+")

# UTF-32 stands before UTF-16, whose mark is the beginning of its own.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# Python's own notations; they can say halves of characters, which nothing else can write.
_ESCAPES = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"})

# What customer files come in when it is not Unicode. Anything decodes as something: a longer list guesses worse.
_CANDIDATES = ["cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258"]
_CANDIDATES += ["iso8859_2", "koi8_r", "cp852", "mac_roman", "cp932", "euc_jp", "gb18030", "big5", "cp949"]

# The statistics cannot tell Latvian in cp1257 from Vietnamese in cp1258; the campaign's languages can.
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


def find_encoding(path: Path, stated: str | None, languages: Sequence[str]) -> tuple[str, list[Finding]]:
    """The codec to read the file with, after all of the file was decoded with it, and what to say about it.

    A guess is a finding of severity ERROR: nothing should be sent before the user states the encoding.
    ``languages`` are the campaign's, and only order the guesses.

    Raises:
        InputError: the stated encoding does not exist or does not fit, or none fits.
    """
    mark = _mark(path)
    if stated is not None:
        encoding = _with_mark(path, stated, mark)
        return encoding, _samples_note(path, "encoding-stated", encoding)
    if mark is not None:
        return mark, _samples_note(path, "encoding-detected", mark)
    _refuse_zeros(path)
    try:
        return "utf-8", _samples_note(path, "encoding-detected", "utf-8")
    except InputError as not_utf8:
        return _guess(path, languages, not_utf8)


def undecodable(path: Path, encoding: str) -> InputError:
    """The error that says where the file is not written in this encoding: line, octet and its value."""
    line, offset, octet = _first_bad_octet(path, encoding)
    return InputError(
        f"{path} is not written in {encoding}: line {line} has the byte 0x{octet:02X} (byte {offset + 1} of the file), "
        "which means nothing there.",
        next_step='State the right encoding in campaign.toml, such as [csv] encoding = "cp1257".',
    )


def _mark(path: Path) -> str | None:
    with path.open("rb") as file:
        start = file.read(4)
    return next((encoding for mark, encoding in _MARKS if start.startswith(mark)), None)


def _refuse_zeros(path: Path) -> None:
    """Raise ``InputError`` where the header holds NUL, before all of a file is read that is no text."""
    with path.open("rb") as file:
        if b"\0" in file.readline(_EVIDENCE):
            raise InputError(
                f"The header of {path.name} cannot be used: there are NUL characters in it, as in a UTF-16 file "
                "without a byte order mark.",
                next_step='If it is text, state its encoding in campaign.toml, such as [csv] encoding = "utf-16-le".',
            )


def _with_mark(path: Path, stated: str, mark: str | None) -> str:
    """The stated encoding, in the variant that takes the file's byte order mark away, if it has that mark."""
    try:
        canonical = codecs.lookup(stated).name
        "".encode(canonical)  # refuses codecs such as "hex", which are not about text
    except LookupError as error:
        raise _unknown(path, stated) from error
    if canonical in _ESCAPES:
        raise _unknown(path, stated)
    return mark if mark and canonical.startswith(mark.removesuffix("-sig")) else canonical


def _unknown(path: Path, stated: str) -> InputError:
    return InputError(
        f"campaign.toml says the encoding of {path} is '{shown(stated)}', which is no known encoding of text.",
        next_step='Write a known name under [csv], such as encoding = "cp1257", or delete the line.',
    )


def _samples_note(path: Path, code: str, encoding: str) -> list[Finding]:
    samples = _samples(path, encoding)
    if not samples:
        return []
    problem = f"The file is read as {encoding.removesuffix('-sig').upper()}, where it says {', '.join(samples)}."
    advice = "If these words look wrong, state the encoding under [csv] in campaign.toml."
    return [note(code, Severity.INFO, path.name, problem, advice)]


def _samples(path: Path, encoding: str) -> tuple[str, ...]:
    """Some different words beyond ASCII, after all of the file was decoded."""
    words: dict[str, None] = {}
    try:
        with path.open(encoding=encoding, newline="") as file:
            while block := file.read(_BLOCK) + file.readline(_BLOCK):  # whole lines, so that no word is cut
                if len(words) < _SAMPLES and not block.isascii():
                    words.update(dict.fromkeys(_words_beyond_ascii(block)))
    except UnicodeError as error:
        raise undecodable(path, encoding) from error
    return tuple(words)[:_SAMPLES]


def _words_beyond_ascii(block: str) -> Iterator[str]:
    lines = islice((line for line in block.splitlines() if not line.isascii()), _SAMPLE_LINES)
    return (shown(word, 30) for line in lines for word in _BETWEEN_WORDS.split(line) if not word.isascii())


def _first_bad_octet(path: Path, encoding: str) -> tuple[int, int, int]:
    """Line (from 1), offset in the file (from 0) and value of the first octet that cannot be decoded."""
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = io.IncrementalNewlineDecoder(None, translate=True)
    line, read = 1, 0
    with path.open("rb") as file:
        while True:
            block = file.read(_BLOCK)
            state = decoder.getstate()
            try:
                line += lines.decode(decoder.decode(block, final=not block)).count("\n")
            except UnicodeDecodeError as error:
                kept = len(state[0])  # octets of the block before, which the decoder held back
                decoder.setstate(state)
                good = decoder.decode(block[: max(error.start - kept, 0)])
                line += lines.decode(good, final=True).count("\n")
                return line, read - kept + error.start, error.object[error.start]
            if not block:
                raise AssertionError(f"{path} was changed while it was read")
            read += len(block)


def _guess(path: Path, languages: Sequence[str], not_utf8: InputError) -> tuple[str, list[Finding]]:
    """The likeliest encoding, and a finding that shows how the likeliest ones read."""
    readings: dict[tuple[str, ...], str] = {}
    for encoding in _ranked(_evidence(path), languages):
        try:
            readings.setdefault(_samples(path, encoding), encoding)
        except InputError:
            continue  # it fits the evidence, but not the whole file
        if len(readings) == _READINGS:
            break
    if not readings:
        raise not_utf8
    likely = sorted(readings.items(), key=lambda reading: _signs(reading[0]))
    compared = "; ".join(f"{encoding} reads {', '.join(samples)}" for samples, encoding in likely)
    best = likely[0][1]
    problem = f"The file is not UTF-8, and its encoding can only be guessed: {compared}."
    advice = f'State the one that reads right in campaign.toml, such as [csv] encoding = "{best}".'
    return best, [note("encoding-detected", Severity.ERROR, path.name, problem, advice)]


def _signs(samples: Iterable[str]) -> int:
    """Signs beyond ASCII beside letters, as in “£ukasz” and “P³eæ”: a wrong encoding reads letters as such."""
    pairs = (pair for word in samples for pair in pairwise(word.strip(_AROUND_WORDS)))
    return sum((_is_sign(left) and right.isalpha()) or (_is_sign(right) and left.isalpha()) for left, right in pairs)


def _is_sign(character: str) -> bool:
    return not character.isascii() and unicodedata.category(character)[0] not in "LM"


def _evidence(path: Path) -> bytes:
    return b"".join(_lines_beyond_ascii(path))


def _lines_beyond_ascii(path: Path) -> Iterator[bytes]:
    size = 0
    with path.open("rb") as file:
        while size < _EVIDENCE and (line := file.readline(_EVIDENCE)):
            if not line.isascii():
                size += len(line)
                yield line


def _ranked(evidence: bytes, languages: Sequence[str]) -> list[str]:
    from charset_normalizer import from_bytes  # noqa: PLC0415 (30 ms that only files without Unicode need)

    wanted = {language.lower()[:2] for language in languages}
    plausible = [match.encoding for match in from_bytes(evidence, cp_isolation=_CANDIDATES)]
    return sorted(plausible, key=lambda encoding: not wanted & _CODE_PAGES.get(encoding, frozenset()))
