"""Template files become compiled templates: Markdown and CSS once for each language, Jinja once for each letter.

Subject, text and HTML are one Jinja template, so that a letter is rendered by one call. Nothing of a customer's row
is ever compiled, and all of it is escaped in the HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypedDict

from mass_apology.errors import TemplateError
from mass_apology.letter.localise import Localiser
from mass_apology.letter.markup import source
from mass_apology.letter.markup.layout import SLOTS, Parts, frame_html, frame_text
from mass_apology.letter.markup.links import Guard, addresses
from mass_apology.letter.markup.markdown import compile_body
from mass_apology.letter.markup.masking import Mask, Place, Token
from mass_apology.letter.markup.sandbox import FILENAME, TIME_ZONE, LetterEnvironment, check
from mass_apology.letter.markup.script import Endless, Script
from mass_apology.letter.markup.source import Fragment, Letter
from mass_apology.letter.markup.tracing import Tracer
from mass_apology.letter.values import Empty, Fields
from mass_apology.model import Content

VARIABLES = frozenset({"customer", "rows", "incident", "sender", "language", "name", "salutation"})
"""What every template may use."""

_SEPARATOR = "\x1e"  # recipients' files and facts with this control character are refused before
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_EMPTY_LINES = re.compile(r"\n{3,}")

available_languages = source.available_languages


class Particulars(TypedDict):
    """What is one recipient's own in a letter: the arguments of :meth:`Template.render` and :meth:`Template.trace`."""

    customer: Fields
    rows: Sequence[Fields]
    name: str
    gender: str  # "f", "m" or ""
    time_zone: str  # an IANA name, "" for UTC


class Template:
    """One language's letter, compiled. Made by :func:`load`."""

    may_show_images: bool
    """Whether an address of the scheme ``cid:`` is in the template; no value can bring one into a letter."""

    links: tuple[str, ...]
    """What the letters link to, each address once; what differs by customer stands in braces."""

    def __init__(  # noqa: PLR0913, PLR0917 (the parts of a letter, put together at the one call)
        self,
        language: str,
        path: Path,
        script: Script,
        places: Mapping[int, Place],
        localiser: Localiser,
        tracer: Tracer,
        links: tuple[str, ...],
    ) -> None:
        self.language = language
        self.links = links
        self.may_show_images = "cid:" in script.source
        self._path = path
        self._script = script
        self._places = places
        self._localiser = localiser
        self._tracer = tracer

    def render(self, *, customer: Fields, rows: Sequence[Fields], name: str, gender: str, time_zone: str) -> Content:
        """The letter for one recipient.

        ``gender`` is "f", "m" or ""; ``time_zone`` an IANA name, "" for UTC. ``TemplateError`` names the line of
        the file where a value is missing or cannot be written.
        """
        values = self._values(customer, rows, name, gender, time_zone)
        try:
            written = self._script.write(values)
        except Endless as error:
            raise self._refusal("the letter is endless.", "Shorten its loops.") from error
        except Exception as error:  # an expression can fail in as many ways as Python can
            raise self._failure(error) from error
        return self._content(written)

    def trace(
        self, *, customer: Fields, rows: Sequence[Fields], name: str, gender: str, time_zone: str
    ) -> tuple[str, ...]:
        """The conditions of the letter that hold for one recipient; see :meth:`Tracer.variant`."""
        return self._tracer.variant(self._values(customer, rows, name, gender, time_zone))

    def _values(
        self, customer: Fields, rows: Sequence[Fields], name: str, gender: str, time_zone: str
    ) -> dict[str, object]:
        salutation = self._localiser.salutation(name, gender)
        return {
            "customer": customer,
            "rows": rows,
            "name": name or Empty(name="name"),
            "salutation": salutation or Empty(name="salutation"),
            TIME_ZONE: time_zone,
        }

    def _content(self, written: str) -> Content:
        first, _, rest = written.partition(_SEPARATOR)
        middle, _, html = rest.partition(_SEPARATOR)
        if _SEPARATOR in html:
            raise self._refusal("a value holds the control character U+001E.", "Remove it from the value.")
        subject = " ".join(first.split())
        if not subject or _CONTROL.search(subject):
            problem = "the subject holds a control character." if subject else "the subject is empty."
            raise self._refusal(problem, "Correct the `Subject:` line, or the value in it.")
        text = middle.strip("\n") + "\n"
        if "\n\n\n" in text:
            text = _EMPTY_LINES.sub("\n\n", text)
        return Content(subject=subject, text=text, html=html)

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
                line = self._script.whole.get_corresponding_lineno(trace.tb_lineno)
            trace = trace.tb_next
        return self._places.get(line, Place(self._path, 1))

    def _refusal(self, problem: str, advice: str) -> TemplateError:
        return TemplateError(f"{self._path}: {problem}", next_step=advice)


def load(
    scenario: str, language: str, *, directories: Sequence[Path], layout: str, incident: Fields, sender: Fields
) -> Template:
    """Compile one language's letter in its layout.

    ``directories`` are searched in order: the campaign's own templates, then the shipped ones. ``incident`` are the
    facts as this language tells them, with the scenario's optional facts as known names. ``TemplateError`` names the
    file and the line, and the nearest name where one is not known.
    """
    path = source.letter_path(scenario, language, directories)
    letter = source.read_letter(path)
    page, plain = _layout_fragments(layout, directories)
    try:
        localiser = Localiser(language)
    except ValueError as error:
        raise TemplateError(f"{path}: {error}.", next_step="Name the file after an ISO 639 code.") from error
    environment = LetterEnvironment(localiser)
    fields = {"incident": incident, "sender": sender}
    for fragment in (letter.subject, letter.preheader, letter.body):
        check(environment, fragment, VARIABLES, fields)
    for fragment in (page, plain):
        check(environment, fragment, VARIABLES | SLOTS | {"direction"}, fields)
    every = (letter.subject.text, letter.preheader.text, letter.body.text, page.text, plain.text)
    mask = Mask(environment, every, fields)
    code, places = mask.reveal(_combined(letter, page, plain, mask))
    constants = {**fields, "language": language, "direction": localiser.direction}
    tracer = Tracer(environment, (letter.subject, letter.preheader, letter.body, page, plain), constants)
    links = addresses(code, fields)
    return Template(language, path, Script(environment, code, constants), places, localiser, tracer, links)


def letter_texts(scenario: str, languages: Iterable[str], directories: Sequence[Path]) -> list[tuple[Path, str]]:
    """The scenario's letters in these languages as they stand in their files."""
    paths = [source.letter_path(scenario, language, directories) for language in languages]
    return [(path, source.read(path)) for path in paths]


def template_files(scenario: str, directories: Sequence[Path], layout: str) -> tuple[Path, ...]:
    """Every file that shapes the scenario's letters, in any language, sorted: a change of one changes the letters."""
    languages = available_languages(scenario, directories)
    letters = [source.letter_path(scenario, language, directories) for language in languages]
    others = [*source.layout_paths(layout, directories), source.scenario_path(scenario, directories)]
    return tuple(sorted([*letters, *(path for path in others if path)]))


def shipped_templates() -> Path:
    """The templates that come with the package: inside it in a wheel, beside it in a source checkout."""
    package = Path(__file__).resolve().parents[1]
    candidates = (package / "templates", package.parent / "templates")
    for folder in candidates:
        if folder.is_dir():
            return folder
    raise TemplateError(f"The shipped templates are not at {candidates[0]}.", next_step="Install mass-apology again.")


def _combined(letter: Letter, page: Fragment, plain: Fragment, mask: Mask) -> str:
    guard = Guard(mask=mask, path=letter.body.path, text=source.read(letter.body.path))
    body = compile_body(mask.hide(letter.body), mask, guard)
    subject, preheader = mask.hide(letter.subject), mask.hide(letter.preheader)
    parts = Parts(subject=subject, preheader=preheader, body=body)
    escaping = Token(code="autoescape true", statement=True, path=page.path, line=1)
    html = mask.add(escaping) + frame_html(page, parts, mask) + mask.statement("endautoescape", escaping)
    return _SEPARATOR.join((subject, frame_text(plain, parts, mask), html))


def _layout_fragments(layout: str, directories: Sequence[Path]) -> tuple[Fragment, Fragment]:
    page, plain = source.layout_paths(layout, directories)
    text = source.read(plain) if plain else "{{ body }}"
    html = Fragment(path=page, line=1, text=source.read(page))
    return html, Fragment(path=plain or page, line=1, text=text)
