"""A campaign and its templates → the form of its letters: in each language a compiled template and a MIME skeleton."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from mass_apology.errors import TemplateError
from mass_apology.languages import Languages, read_languages
from mass_apology.letter.branding import Branding
from mass_apology.letter.inspecting.signatories import role_findings
from mass_apology.letter.markup.source import LetterSource, read_source
from mass_apology.letter.message.attach import LOGO, LOGO_DARK, read_attachments
from mass_apology.letter.message.compose import Attachment, Skeleton
from mass_apology.letter.message.headers import parse_mailbox
from mass_apology.letter.message.own_files import OwnFiles
from mass_apology.letter.scenario import Scenario, incident_fields, register_findings, register_of
from mass_apology.letter.template_files import Template, available_languages, compile_letter, shipped_templates
from mass_apology.letter.values import Fields, names_of, sender_fields
from mass_apology.model import Finding, Severity
from mass_apology.settings import Campaign


class Form(Struct, frozen=True, kw_only=True):
    """What all letters in one language share."""

    template: Template
    skeleton: Skeleton
    images: frozenset[str]  # the names of those that go along, the logo's among them where the letter shows it
    has_heading: bool  # each letter is made with a heading, because the layout may show it, or the PDF does


class LanguageKit:
    """The forms of one campaign's letters from one scenario, each compiled once.

    All files are read at once, so that no later change of one reaches a letter. What the campaign itself wrote is
    compiled at once, too, so that every mistake in it is told; the shipped letters, when somebody is written to in
    their language.
    """

    languages: tuple[str, ...]
    """The languages there is a template for."""

    stationery: Branding

    described: Languages
    """What is known of languages, the campaign's own files among it."""

    own_files: OwnFiles
    """The files that only some recipients get."""

    def __init__(
        self,
        campaign: Campaign,
        scenario: str,
        described: Scenario,
        *,
        folder: Path,
        directories: Sequence[Path],
        header: Sequence[str],
    ) -> None:
        """``described`` is what ``scenario`` says of itself; for the other arguments and errors see ``Writer``."""
        self._campaign = campaign
        self._scenario = scenario
        self._described = described
        self._header = frozenset(header)
        self.described = read_languages(folder)
        self._attachments = read_attachments(folder, campaign.message)
        shared = sum(len(each.data) for each in self._attachments)
        self.own_files = OwnFiles(folder, campaign.message, header=header, shared=shared)
        self.languages = available_languages(scenario, directories)
        self.stationery = Branding(
            campaign, folder=folder, header=header, pictures=self._attachments, languages=self.described
        )
        informal = register_of(campaign, described) == "informal"
        self._sources = {
            language: read_source(
                scenario, language, directories=directories, layout=campaign.layout, informal=informal
            )
            for language in self.languages
        }
        self._forms: dict[str, Form] = {}
        own = [language for language, written in self._sources.items() if not _is_shipped(written)]
        for language in own or self.languages[:1]:  # one at least, for what is wrong in all of them
            self.form_for(language)

    def language_for(self, wanted: str) -> str:
        """The language to write in to somebody who asked for ``wanted``, which may be empty.

        It is ``wanted``, else its first part ("pt" of "pt-BR"), else the first of the campaign's languages that has a
        template. Raises ``TemplateError`` where none has.
        """
        return wanted if wanted in self._sources else self._fallback(wanted)

    def form_for(self, wanted: str) -> Form:
        """The form of a letter to somebody who asked for a language; raises as ``language_for`` does."""
        form = self._forms.get(wanted)
        if form is None:
            language = self.language_for(wanted)
            form = self._forms.get(language) or self._made(language)
            self._forms[language] = form
        return form

    def links(self, languages: Iterable[str]) -> tuple[str, ...]:
        """What the letters in these languages link to, each address once; what differs by customer stands in braces."""
        return tuple(dict.fromkeys(link for each in languages for link in self.form_for(each).template.links))

    def markup_findings(self, languages: Iterable[str]) -> Iterator[Finding]:
        """HTML that stands in letters in Markdown, where the customer would read it."""
        for language in languages:
            if found := self.form_for(language).template.raw_html:
                tags = ", ".join(f"“{tag}”" for tag in sorted(found))
                yield Finding(
                    code="letter-raw-html",
                    severity=Severity.WARNING,
                    where=f"template {self._scenario}, language {language}",
                    problem=f"The letter holds HTML, {tags}, which the customer reads as it stands there.",
                    advice=f"Write it in Markdown, or the letter as an HTML page: {language}.html (docs/templates.md).",
                )

    def register_findings(self, languages: Iterable[str]) -> Iterator[Finding]:
        """That the letters cannot be informal, or some are not."""
        yield from register_findings(self._campaign, self._scenario, self._described)
        wanted = register_of(self._campaign, self._described)
        formal = [each for each in languages if self.form_for(each).template.register != wanted]
        if formal:
            files = ", ".join(f"templates/{self._scenario}/{language}.informal.md" for language in formal)
            yield Finding(
                code="register-formal",
                severity=Severity.WARNING,
                where=f"template {self._scenario}, {', '.join(formal)}",
                problem=f"There is no informal letter in {', '.join(formal)}, so these customers get the formal one.",
                advice=f"Write {files}, or accept it.",
            )

    def role_findings(self, languages: Iterable[str]) -> Iterator[Finding]:
        """Positions that stand in one language under letters in several of these."""
        return role_findings(self._campaign, [each for each in languages if self.form_for(each).template.shows_role])

    def web_image_findings(self, languages: Iterable[str]) -> Iterator[Finding]:
        """The images that letters in these languages show from the web, each once."""
        for address in dict.fromkeys(image for each in languages for image in self.form_for(each).template.web_images):
            yield Finding(
                code="letter-web-image",
                severity=Severity.WARNING,
                where=f"template {self._scenario}",
                problem=f"The letters show the image {address} from the web: many mail programs hide it, and the "
                "others tell that website who reads the letter.",
                advice='Put the file into the folder, name it in [message.images], and write src="cid:NAME".',
            )

    def _fallback(self, wanted: str) -> str:
        tag = wanted.lower().replace("_", "-")
        for language in (tag, tag.partition("-")[0], *self._campaign.languages):
            if language in self._sources:
                return language
        raise TemplateError(
            f"The template {self._scenario} has no letter in {_listed((wanted, *self._campaign.languages))}; "
            f"it has {_listed(self.languages)}.",
            next_step="Add one of them to `languages` in campaign.toml, or a template in the language that is missing.",
        )

    def _made(self, language: str) -> Form:
        template = self._template(language)
        carried = (*self._attachments, *self._logo_in(template))
        return Form(
            template=template,
            skeleton=self._skeleton(language, carried),
            images=frozenset(each.content_id for each in carried if each.content_id is not None),
            has_heading=self.stationery.encloses or template.has_heading,
        )

    def _template(self, language: str) -> Template:
        campaign = self._campaign
        incident = incident_fields(self._described, campaign.incident, language)
        return compile_letter(
            self._sources[language],
            language,
            incident=incident,
            remedies=Fields(campaign.remedies, names_of(incident)),
            sender=sender_fields(campaign.sender),
            brand=self.stationery.brand(language),
            on_paper=self.stationery.encloses,
            languages=self.described,
            columns=self._header,
            register=register_of(campaign, self._described),
        )

    def _logo_in(self, template: Template) -> tuple[Attachment, ...]:
        own = ((LOGO, self.stationery.logo), (LOGO_DARK, self.stationery.logo_dark))
        return tuple(logo for name, logo in own if logo and template.shows(name))

    def _skeleton(self, language: str, attachments: Sequence[Attachment]) -> Skeleton:
        sender, message = self._campaign.sender, self._campaign.message
        return Skeleton(
            sender=parse_mailbox(sender.from_, "sender.from"),
            language=language,
            headers=message.headers,
            attachments=attachments,
            encloses=self.stationery.encloses or bool(self.own_files),
        )


def _is_shipped(written: LetterSource) -> bool:
    shipped = shipped_templates()
    return all(each.path.is_relative_to(shipped) for each in written.fragments)


def _listed(languages: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(repr(each) for each in languages if each))
