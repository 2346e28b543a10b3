"""Template files become compiled templates: Markdown and CSS once for each language, Jinja once for each letter.

Subject, text and HTML are one Jinja template, so that a letter is rendered by one call. Nothing of a customer's row
is ever compiled, and all of it is escaped in the HTML.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NotRequired, TypedDict, Unpack

from msgspec import structs

from mass_apology.errors import TemplateError
from mass_apology.languages import SHIPPED, Languages
from mass_apology.letter.brand import NO_BRAND
from mass_apology.letter.inspecting.leftovers import markup_in, markup_in_markdown
from mass_apology.letter.letterhead import NO_HEADING, Heading, heading_fields
from mass_apology.letter.localise import Localiser
from mass_apology.letter.markup import source
from mass_apology.letter.markup.bare_columns import VARIABLES
from mass_apology.letter.markup.cell_lines import with_lines_kept
from mass_apology.letter.markup.compiled_letter import CompiledLetter, Endless
from mass_apology.letter.markup.html_layout import (
    SLOTS,
    STYLING,
    Parts,
    frame_html,
    frame_text,
)
from mass_apology.letter.markup.html_letter import own_page, text_of_page
from mass_apology.letter.markup.links import Guard, addresses, web_images
from mass_apology.letter.markup.markdown import compile_body
from mass_apology.letter.markup.masking import Mask, Place, Token, undashed
from mass_apology.letter.markup.sandbox import FILENAME, TIME_ZONE, LetterEnvironment, check, parsed
from mass_apology.letter.markup.source import Fragment, Letter, LetterSource
from mass_apology.letter.markup.static_parts import SEPARATOR
from mass_apology.letter.markup.tracing import Tracer
from mass_apology.letter.values import Empty, Fields
from mass_apology.model import Content
from mass_apology.settings import Register
from mass_apology.system.shipped_folder import shipped_folder

_HEADING = heading_fields(NO_HEADING)  # to check the names that layouts use
_FORMAL = re.compile("|".join(rf"\b{name}\b" for name in _HEADING))

NO_REMEDIES = Fields({})
# A subject's spaces, but for the one that French puts before such signs: no line begins with them.
_SPACES = re.compile(r"(?:(?!\u00a0[:;?!»])\s)+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SPAN_OF_FACT = re.compile(r"\bincident\.(?P<fact>\w+)\s*\|\s*(?:from_to|since|until)\b")
_INFORMAL = ".informal"  # of an informal letter's name, before its ending
_REGISTER = re.compile(r"\{%[^%]*\bregister\b")
_TIME_OF_DAY = re.compile(r"\{[{%][^{}]*\|\s*(?:time|clock|moment)\b")
_EMPTY_LINES = re.compile(r"\n{3,}")

available_languages = source.available_languages
check_name = source.check_name


class Particulars(TypedDict):
    """What is one recipient's own in a letter: the arguments of :meth:`Template.render` and :meth:`Template.trace`."""

    customer: Fields
    rows: Sequence[Fields]
    name: str  # as it may be shown; "" for none
    greeted: NotRequired[str]  # as it may be greeted, where that is not the name
    gender: str  # "f", "m" or ""
    time_zone: str  # an IANA name, "" for UTC
    code: NotRequired[str]  # allotted to the recipient
    remedies: NotRequired[Fields]  # addresses with the recipient's own tokens; where the campaign has any
    heading: NotRequired[Heading]  # where the template ``has_heading``


class Template:
    """One language's letter, compiled. Made by :func:`load`."""

    may_show_images: bool
    """Whether an address of the scheme ``cid:`` is in the template; no value can bring one into a letter."""

    prefix: str
    """What stands before the subject of a letter that this one follows, without its colon."""

    has_heading: bool
    """Whether the layout may show a letterhead's date and number, or the addressee."""

    shows_times: bool
    """Whether the letters, or some of them, show a time of day."""

    greets_first: bool
    """Whether the letter begins with its salutation; a recall's begins with a heading."""

    shows_role: bool
    """Whether the sender's position stands under the letters, where no fact gives another."""

    links: tuple[str, ...]
    """What the letters link to, each address once; what differs by customer stands in braces."""

    raw_html: tuple[str, ...]
    """Tags in a letter in Markdown, which customers read as they stand."""

    literal_markup: frozenset[str]
    """Tags that stand in the letter itself, in code too: all letters have them."""

    script: CompiledLetter

    text_is_exact: bool
    """Whether the text part is as its author wrote it, empty lines included."""

    is_on_paper: bool
    """Whether the body is wanted by itself, too."""

    web_images: tuple[str, ...]
    """The images that the letters show from the web: every reader's mail program asks for them, or hides them."""

    def __init__(  # noqa: PLR0913, PLR0917 (the parts of a letter, put together at the one call)
        self,
        language: str,
        letter: Letter,
        code: str,
        script: CompiledLetter,
        places: Mapping[int, Place],
        localiser: Localiser,
        tracer: Tracer,
        links: tuple[str, ...],
        *,
        shows_times: bool,
    ) -> None:
        self.language = language
        self.prefix = letter.prefix
        self.links = links
        self.web_images = web_images(code)
        self.raw_html = markup_in_markdown(letter.body.text) if letter.format == ".md" else ()
        self.literal_markup = frozenset(markup_in((letter.text or letter.body).text))
        self.shows_times = shows_times
        self.greets_first = "salutation" in letter.body.text.strip().partition("\n\n")[0]
        self.shows_role = "sender.role" in letter.body.text
        self.may_show_images = "cid:" in code
        self.has_heading = _FORMAL.search(code) is not None
        self.is_on_paper = code.count(SEPARATOR) == 3
        self.text_is_exact = letter.format == ".txt" or letter.text is not None
        self._code = code
        self._path = letter.body.path
        self.script = script
        self._places = places
        self._localiser = localiser
        self._tracer = tracer

    @property
    def direction(self) -> str:
        """``"ltr"`` or ``"rtl"``."""
        return self._localiser.direction

    @property
    def register(self) -> Register:
        """How the letter speaks."""
        return self._localiser.register

    def salutation(self, name: str, gender: str) -> str:
        """The salutation by itself, as the letter has it."""
        return self._localiser.salutation(name, gender)

    def shows(self, image: str) -> bool:
        """Whether the letters, or some of them, show the image of this name."""
        return f"cid:{image}" in self._code

    def render(self, **own: Unpack[Particulars]) -> Content:
        """The letter for one recipient.

        ``TemplateError`` names the line of the file where a value is missing or cannot be written.
        """
        try:
            written = self.script.write(self.values(own))
        except Endless as error:
            raise self._refusal("the letter is endless.", "Shorten its loops.") from error
        except Exception as error:  # an expression can fail in as many ways as Python can
            raise self._failure(error) from error
        return self.content(written)

    def trace(self, **own: Unpack[Particulars]) -> tuple[str, ...]:
        """The conditions of the letter that hold for one recipient; see :meth:`Tracer.variant`."""
        return self._tracer.variant(self.values(own))

    def values(self, own: Particulars) -> dict[str, object]:
        """The letter's variables for one recipient."""
        salutation = self._localiser.salutation(own.get("greeted", own["name"]), own["gender"])
        values: dict[str, object] = {
            "customer": own["customer"],
            "rows": own["rows"],
            "name": own["name"] or Empty(name="name"),
            "salutation": salutation or Empty(name="salutation"),
            "code": own.get("code") or Empty(name="code"),
            TIME_ZONE: own["time_zone"],
        }
        if "remedies" in own:
            values["remedies"] = own["remedies"]
        if self.has_heading:
            values |= heading_fields(own.get("heading", NO_HEADING))
        return values

    def content(self, written: str) -> Content:
        """What the script has written, taken apart; ``TemplateError`` where its subject cannot be one."""
        first, _, rest = written.partition(SEPARATOR)
        middle, _, html = rest.partition(SEPARATOR)
        html, _, body = html.partition(SEPARATOR) if self.is_on_paper else (html, "", "")
        if SEPARATOR in (body or html):
            raise self._refusal("a value holds the control character U+001E.", "Remove it from the value.")
        text = middle if self.text_is_exact else _tidied(middle)
        return Content(subject=self.subject_line(first), text=text, html=html, body=body)

    def subject_line(self, written: str) -> str:
        """The subject on one line; ``TemplateError`` where it is empty or holds a control character."""
        subject = _SPACES.sub(" ", written).strip()
        if not subject or _CONTROL.search(subject):
            problem = "the subject holds a control character." if subject else "the subject is empty."
            raise self._refusal(problem, "Correct the `Subject:` line, or the value in it.")
        return subject

    def _failure(self, error: Exception) -> TemplateError:
        place = self._place(error)
        problem = str(error) or type(error).__name__
        if not problem.endswith((".", "?")):
            problem += "."
        advice = "Correct the template, or the value; `default` and `if` serve for fields that may be empty."
        return source.mistake(place.path, place.line, problem, advice)

    def _place(self, error: Exception) -> Place:
        """Where in the template files it happened: the innermost frame of the compiled template says."""
        line = 0
        trace = error.__traceback__
        while trace:
            if trace.tb_frame.f_code.co_filename == FILENAME:
                line = self.script.whole.get_corresponding_lineno(trace.tb_lineno)
            trace = trace.tb_next
        return self._places.get(line, Place(self._path, 1))

    def _refusal(self, problem: str, advice: str) -> TemplateError:
        return TemplateError(f"{self._path}: {problem}", next_step=advice)


def compile_letter(  # noqa: PLR0913 (what a template is made from)
    written: LetterSource,
    language: str,
    *,
    incident: Fields,
    sender: Fields,
    brand: Fields = NO_BRAND,
    remedies: Fields = NO_REMEDIES,
    on_paper: bool = False,
    languages: Languages = SHIPPED,
    columns: Collection[str] = (),
    register: Register = "formal",
) -> Template:
    """Compile one language's letter in its layout; no file is read.

    ``incident`` are the facts as this language tells them, with the scenario's optional facts as known names; ``brand``
    is for the layout; ``remedies`` are the addresses at which the campaign's remedies are chosen, with ``{token}`` for
    the recipient.
    ``columns`` are the recipients file's, which the letter may name without ``customer``. ``register`` is how it is to
    speak; it does where it is written for it: in a file of its own, or with a condition on ``register``.
    ``on_paper`` says that the letter's body is wanted by itself too. ``TemplateError`` names the file and the line,
    and the nearest name where one is not known.
    """
    letter, around = written.letter, written.layout
    path = letter.body.path
    register = register if path.stem.endswith(_INFORMAL) or _REGISTER.search(letter.body.text) else "formal"
    if on_paper and not around:
        problem = "a PDF is made of letters in Markdown only."
        raise source.mistake(path, 1, problem, "Write the letter as .md, or take `pdf` out of [letterhead].")
    try:
        localiser = Localiser(languages[language], register)
    except ValueError as error:
        raise TemplateError(
            f"{path}: {error}.",
            next_step="Name the file after an ISO 639 code, or give a `locale` (docs/languages.md).",
        ) from error
    environment = LetterEnvironment(localiser, columns)
    fields = {"incident": incident, "sender": sender}
    for fragment in letter.fragments:
        check(environment, fragment, VARIABLES, fields)
    source.refuse_large_blocks(letter.body)
    fields |= {"brand": brand, "remedies": remedies}
    for fragment in around:
        check(environment, fragment, VARIABLES | SLOTS | {"direction", "brand", *_HEADING}, fields | _HEADING)
    mask = Mask(environment, [each.text for each in written.fragments], fields)
    if around:
        styling = dict(zip(STYLING, (language, localiser.direction, brand["colour"], brand["ink"]), strict=True))
        masked = _framed(written, mask, styling, on_paper=on_paper)
    else:
        masked = _as_it_is(letter, mask)
    code, places = mask.reveal(masked)
    constants = {**fields, "register": register, "language": language, "direction": localiser.direction}
    if vars(remedies):  # each recipient has addresses of their own
        del constants["remedies"]
    tracer = Tracer(environment, written.fragments, constants)
    links = addresses(code, fields)
    script = CompiledLetter(environment, parsed(environment, code), constants)
    shows_times = _shows_times(code, incident)
    return Template(language, letter, code, script, places, localiser, tracer, links, shows_times=shows_times)


def _shows_times(code: str, incident: Fields) -> bool:
    """Whether a letter tells times of day; a span tells them where its fact is a moment."""
    spans = (vars(incident).get(found["fact"]) for found in _SPAN_OF_FACT.finditer(code))
    return _TIME_OF_DAY.search(code) is not None or any(isinstance(each, datetime) for each in spans)


def letter_texts(scenario: str, languages: Iterable[str], directories: Sequence[Path]) -> list[tuple[Path, str]]:
    """The scenario's letters in these languages as they stand in their files."""
    paths = (path for language in languages for path in source.letter_paths(scenario, language, directories))
    return [(path, source.read(path)) for path in _with_informal(paths)]


def template_files(scenario: str, directories: Sequence[Path], layout: str) -> tuple[Path, ...]:
    """Every file that shapes the scenario's letters, in any language, sorted: a change of one changes the letters."""
    languages = available_languages(scenario, directories)
    letters = [path for language in languages for path in source.letter_paths(scenario, language, directories)]
    others = [*source.layout_paths(layout, directories), source.scenario_path(scenario, directories)]
    return tuple(sorted([*_with_informal(letters), *(path for path in others if path)]))


def _with_informal(letters: Iterable[Path]) -> Iterator[Path]:
    for path in letters:
        yield path
        if informal := source.informal_path(path):
            yield informal


def template_directories(folder: Path) -> tuple[Path, Path]:
    """Where a campaign's templates are looked for: its own in ``folder``, the campaign's, then the shipped ones."""
    return (folder / "templates", shipped_templates())


def shipped_templates() -> Path:
    """The templates that come with the package."""
    return shipped_folder("templates")


def _framed(written: LetterSource, mask: Mask, styling: Mapping[str, str], *, on_paper: bool) -> str:
    """A letter in Markdown, masked, in its layout: subject, text, HTML and, where it is wanted, the body by itself."""
    letter, (page, plain) = written.letter, written.layout
    guard = Guard(mask=mask, path=letter.body.path, text=written.text)
    body = compile_body(mask.hide(undashed(letter.body)), mask, guard, isolate=styling["direction"] == "rtl")
    subject, preheader = mask.hide(letter.subject), mask.hide(letter.preheader)
    body = structs.replace(body, html=with_lines_kept(body.html, mask))
    parts = Parts(subject=subject, preheader=preheader, body=body, styling=styling)
    pages = SEPARATOR.join((frame_html(page, parts, mask), *((body.html,) if on_paper else ())))
    return SEPARATOR.join((subject, frame_text(plain, parts, mask), _escaped(pages, page, mask)))


def _as_it_is(letter: Letter, mask: Mask) -> str:
    """A letter that is an HTML page or plain text, masked: subject, text and HTML."""
    subject, html = mask.hide(letter.subject), ""
    if letter.format == ".html":
        html = _escaped(own_page(letter.body, mask), letter.body, mask)
        text = mask.hide(letter.text, exact=True) if letter.text else text_of_page(letter.body, mask)
    else:
        text = mask.hide(letter.body, exact=True)
    return SEPARATOR.join((subject, text, html))


def _escaped(html: str, file: Fragment, mask: Mask) -> str:
    escaping = Token(code="autoescape true", statement=True, path=file.path, line=1)
    return mask.add(escaping) + html + mask.statement("endautoescape", escaping)


def _tidied(text: str) -> str:
    text = text.strip("\n") + "\n"
    return _EMPTY_LINES.sub("\n\n", text) if "\n\n\n" in text else text
