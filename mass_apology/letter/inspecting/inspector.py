"""A written letter → what is found in it before it is sent: leftovers, too much HTML, missing images, breaches."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mass_apology.errors import MassApologyError
from mass_apology.letter.customers import Customers, Rows
from mass_apology.letter.inspecting.addressees import addressee_findings, greeting_findings
from mass_apology.letter.inspecting.leftovers import leftovers, markup_in
from mass_apology.letter.language_kit import LanguageKit
from mass_apology.letter.legal.judge import Breach, Judge
from mass_apology.letter.legal.pack import load_pack
from mass_apology.letter.scenario import Scenario
from mass_apology.letter.template_files import Template
from mass_apology.letter.values import facts_for
from mass_apology.model import Content, Delivery, Finding, Severity
from mass_apology.settings import Campaign

FAILS = "letter-fails"
"""The code of the finding about a letter that cannot be written at all."""

CLIPPED = 102 * 1024
"""Octets of HTML beyond which Gmail hides the rest of a letter behind a link."""

_SHOWN_IMAGE = re.compile(r"""\ssrc=["']cid:([^"']*)["']""")


class Inspector:
    """Looks at the letters of one campaign and scenario."""

    def __init__(
        self,
        campaign: Campaign,
        scenario: str,
        described: Scenario,
        *,
        forms: LanguageKit,
        customers: Customers,
        directories: Sequence[Path],
    ) -> None:
        """Read the legal pack that the scenario names, if any. Raises ``TemplateError`` where it cannot be used."""
        self._campaign = campaign
        self._scenario = scenario
        self._forms = forms
        self._customers = customers
        pack = load_pack(described.legal_pack, directories) if described.legal_pack else None
        self.judge = Judge(described.legal_pack, pack, described.facts) if pack else None

    def findings(self, delivery: Delivery, rows: Rows, content: Content) -> Iterator[Finding]:
        """What a person should look at in one letter; ``rows`` are the delivery's."""
        template = self._forms.form_for(delivery.language).template
        yield from self._leftovers(delivery, rows, content, template)
        if not template.has_heading:  # which begins with the addressee
            judged = self._customers.judged(delivery, rows[0])
            yield from greeting_findings(self.where, delivery, judged, content.text)
        if "<" in content.text:
            yield from self._markup(delivery, content, template)
        if 4 * len(content.html) > CLIPPED:  # no character takes more than four octets
            yield from self._too_long(delivery, content)
        # Few templates show an image, and the search for one takes longer than all else here.
        if template.may_show_images:
            yield from self._missing_images(delivery, content)

    def addressee_findings(self, delivery: Delivery, rows: Rows) -> Iterator[Finding]:
        """What is to be said of whom a letter is for, whether it can be written or not."""
        return addressee_findings(self.where, delivery, self._customers.judged(delivery, rows[0]))

    def failure(self, delivery: Delivery, error: MassApologyError) -> Finding:
        """The finding about a letter that cannot be written."""
        return self._finding(delivery, FAILS, error.problem, error.next_step)

    def breaches(self, delivery: Delivery, content: Content) -> Iterator[Breach]:
        """What one letter does not keep of the scenario's legal pack."""
        if self.judge is not None:
            language = self._forms.language_for(delivery.language)
            facts = facts_for(self._campaign.incident, language)
            yield from self.judge.breaches(content, language, facts, line=delivery.first_line)

    def legal_findings(self, breaches: Iterable[Breach], languages: Iterable[str]) -> list[Finding]:
        """What the scenario's legal pack says of letters in these languages; ``breaches`` were found in them."""
        if self.judge is None:
            return []
        told = self.judge.findings(self._scenario, self._campaign.recipients, breaches)
        return [*told, *self.judge.unjudged(self._scenario, languages)]

    def ways_findings(self, languages: Iterable[str]) -> Iterator[Finding]:
        """That byte templates once wrote other octets than the ordinary way, in letters of these languages."""
        for language in languages:
            yield Finding(
                code="letter-ways-differ",
                severity=Severity.WARNING,
                where=f"template {self._scenario}, language {language or 'not stated'}",
                problem="The quick way of writing these letters and the ordinary one differ, so that all are written "
                "the ordinary way, which takes longer.",
                advice="The letters are right. Please report it with the template: it is a fault of mass-apology.",
            )

    def where(self, delivery: Delivery) -> str:
        """Whose letter it is: "affected.csv, line 12"."""
        return f"{self._campaign.recipients}, line {delivery.first_line}"

    def _leftovers(self, delivery: Delivery, rows: Rows, content: Content, template: Template) -> Iterator[Finding]:
        text = content.text
        if template.has_heading or not template.greets_first:  # something stands before the salutation
            row = self._customers.first(delivery, rows)
            greeted = self._customers.judged(delivery, row).greeted
            text = f"{template.salutation(greeted, self._customers.gender(row))}\n{text}"
        for left in leftovers(content.subject, text):
            yield self._finding(delivery, left.kind, left.problem, left.advice)

    def _markup(self, delivery: Delivery, content: Content, template: Template) -> Iterator[Finding]:
        if tags := [tag for tag in markup_in(content.text) if tag not in template.literal_markup]:
            shown = ", ".join(f"“{tag}”" for tag in tags[:3])
            problem = f"A value holds the markup {shown}, which the customer reads as it stands."
            advice = "Take it out of the cell or fact; a letter's own markup stands in its template."
            yield self._finding(delivery, "value-markup", problem, advice, Severity.WARNING)

    def _too_long(self, delivery: Delivery, content: Content) -> Iterator[Finding]:
        size = len(content.html.encode())
        if size > CLIPPED:
            yield self._finding(
                delivery,
                "letter-clipped",
                f"The HTML of this letter has {size / 1024:.0f} KB, and Gmail clips a letter at {CLIPPED // 1024} KB.",
                "Shorten the template, or list fewer rows in it.",
                Severity.WARNING,
            )

    def _missing_images(self, delivery: Delivery, content: Content) -> Iterator[Finding]:
        images = self._forms.form_for(delivery.language).images
        for name in _SHOWN_IMAGE.findall(content.html):
            if name not in images:
                yield self._finding(
                    delivery,
                    "letter-image-missing",
                    f"The letter shows the image `cid:{name}`, which is not among the campaign's images.",
                    f"Give its file in campaign.toml: [message.images] {name} = …",
                )

    def _finding(
        self, delivery: Delivery, code: str, problem: str, advice: str, severity: Severity = Severity.ERROR
    ) -> Finding:
        return Finding(
            code=code,
            severity=severity,
            where=self.where(delivery),
            problem=problem,
            advice=advice,
            line=delivery.first_line,
            address=delivery.address,
        )
