"""A delivery → what its letter says: by the template as a whole, which is the ordinary way, or by byte templates."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

from msgspec.structs import replace

from mass_apology.letter.byte_template import ByteTemplate, Filled
from mass_apology.letter.customers import Customers, Rows
from mass_apology.letter.language_kit import LanguageKit
from mass_apology.letter.letterhead import Heading
from mass_apology.letter.message.compose import Bodies
from mass_apology.letter.template_files import Particulars, Template
from mass_apology.model import Content, Delivery, read_rows
from mass_apology.settings import SubjectLine

_Says = TypeVar("_Says", Content, Bodies)


class Rendering:
    """What the letters of one campaign and scenario say, in every language."""

    def __init__(self, forms: LanguageKit, customers: Customers, subject_line: SubjectLine) -> None:
        """``subject_line`` says what a letter in a thread has as its subject."""
        self._forms = forms
        self._customers = customers
        self._subject_line = subject_line
        self._byte_template = cache(lambda language: ByteTemplate(self._of(language), customers, self._values))

    def template(self, delivery: Delivery) -> Template:
        """The template of the delivery's language; raises as ``LanguageKit.language_for`` does."""
        return self._forms.form_for(delivery.language).template

    def content(self, delivery: Delivery, written: str) -> Content:
        """The letter, the ordinary way; ``written`` is the message's Date. Raises ``TemplateError``."""
        template = self.template(delivery)
        return self._followed(
            delivery, template.render(**self.particulars(delivery, read_rows(delivery.rows), written))
        )

    def quick(self, delivery: Delivery, rows: Rows, written: str) -> tuple[ByteTemplate, Filled]:
        """The letter by byte templates. Raises as many errors as an expression may; the ordinary way tells which."""
        template = self._byte_template(self._forms.language_for(delivery.language))
        return template, template.filled(delivery, rows, written)

    def quick_bodies(self, delivery: Delivery, letter: tuple[ByteTemplate, Filled]) -> Bodies:
        """What its message is put together from."""
        template, filled = letter
        return self._followed(delivery, template.bodies(filled))

    def quick_content(self, delivery: Delivery, letter: tuple[ByteTemplate, Filled]) -> Content:
        """The letter as people read it."""
        template, filled = letter
        return self._followed(delivery, template.content(filled))

    def particulars(self, delivery: Delivery, rows: Rows, written: str) -> Particulars:
        """What is the recipient's own in the letter; ``rows`` are the delivery's."""
        own = self._customers.particulars(delivery, rows)
        if self._forms.form_for(delivery.language).has_heading:
            own["heading"] = self.heading(delivery, rows, written)
        return own

    def _values(self, delivery: Delivery, rows: Rows, written: str) -> dict[str, Any]:
        return self.template(delivery).values(self.particulars(delivery, rows, written))

    def heading(self, delivery: Delivery, rows: Rows, written: str) -> Heading:
        """What stands above the letter."""
        first = self._customers.first(delivery, rows)
        return self._forms.stationery.heading(delivery, first, self.template(delivery), written)

    def _followed(self, delivery: Delivery, says: _Says) -> _Says:
        """A letter that follows another has its subject, if the campaign says so; a prefix is not repeated."""
        if self._subject_line is SubjectLine.OWN or not delivery.thread_subject:
            return says
        prefix, before = f"{self.template(delivery).prefix}: ", delivery.thread_subject
        keeps = self._subject_line is SubjectLine.SAME or before.startswith(prefix)
        return replace(says, subject=before if keeps else prefix + before)

    def _of(self, language: str) -> Template:
        return self._forms.form_for(language).template
