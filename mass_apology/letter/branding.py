"""What one campaign's letters are written on: the brand, and for formal letters the heading and the PDF."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from mass_apology.errors import MessageError
from mass_apology.languages import Languages
from mass_apology.letter.brand import brand_fields, told
from mass_apology.letter.letterhead import Heading, Headings
from mass_apology.letter.message.attach import LOGO, read_logo
from mass_apology.letter.message.compose import Attachment
from mass_apology.letter.pdf.pdf_blocks import read_blocks, words
from mass_apology.letter.pdf.typesetting import Sheet, Typesetter
from mass_apology.letter.template_files import Template
from mass_apology.letter.values import Fields
from mass_apology.model import Content, Delivery
from mass_apology.settings import Campaign

PDF_NAME = "letter.pdf"
"""The PDF's name in a language for which ``pdf_name`` gives none."""


class Branding:
    """The sender's side of all letters of one campaign."""

    logo: Attachment | None
    logo_dark: Attachment | None

    def __init__(
        self,
        campaign: Campaign,
        *,
        folder: Path,
        header: Sequence[str],
        pictures: Sequence[Attachment],
        languages: Languages,
    ) -> None:
        """Read the logo, and make ready for the PDFs, which may show ``pictures`` too.

        ``header`` names the recipients file's columns. Raises ``InputError`` where ``[columns]`` names another one,
        and ``MessageError`` where the logo or the fonts cannot be used, or the extra for the PDFs is not installed.
        """
        self.logo = read_logo(folder, campaign.brand)
        self.logo_dark = read_logo(folder, campaign.brand, dark=True)
        self._campaign = campaign
        self._languages = languages
        self._headings = Headings(campaign, header, languages)
        self._brands: dict[str, Fields] = {}
        self._typesetter = self._made_typesetter(folder, pictures) if campaign.letterhead.pdf else None
        self._drawn: set[str] = set()  # characters that a PDF has shown
        self._largest = b""  # a PDF

    @property
    def encloses(self) -> bool:
        """Whether each letter goes along as a PDF too."""
        return self._typesetter is not None

    def brand(self, language: str) -> Fields:
        """``brand`` as the layouts of letters in a language see it."""
        fields = brand_fields(self._campaign, self._languages[language], self.logo, self.logo_dark)
        return self._brands.setdefault(language, fields)

    def heading(self, delivery: Delivery, cells: Mapping[str, str], template: Template, written: str) -> Heading:
        """What stands above a letter; ``cells`` are the recipient's first row, ``written`` the message's Date."""
        return self._headings.heading(delivery, cells, language=template.language, written=written)

    def enclosed(self, content: Content, heading: Heading, template: Template) -> Attachment:
        """The letter's PDF; ``MessageError`` where a character is in none of the fonts."""
        return self._attachment(self._pdf(self._sheet(content, heading, template)), template.language)

    def stand_in(self, content: Content, heading: Heading, template: Template) -> Attachment:
        """A PDF in place of the letter's own, for a check: made only where the letter has characters that none had.

        A PDF takes as long to make as some two hundred letters, and a character is all that can be wrong with one.
        """
        sheet = self._sheet(content, heading, template)
        characters = set(words(sheet.blocks)).union(sheet.title, heading.number, *heading.addressee)
        if not self._drawn.issuperset(characters):
            self._largest = max(self._largest, self._pdf(sheet), key=len)
            self._drawn |= characters
        return self._attachment(self._largest, template.language)

    def _made_typesetter(self, folder: Path, pictures: Sequence[Attachment]) -> Typesetter:
        named = {each.content_id: each.data for each in pictures if each.content_id is not None}
        fonts = self._campaign.letterhead.pdf_fonts
        if fonts is not None and not (folder / fonts).is_dir():
            raise MessageError(
                f"There is no folder {fonts!r} in the campaign folder, which `[letterhead] pdf_fonts` names.",
                next_step="Put the fonts there, or take that line out of campaign.toml.",
            )
        logo = {LOGO: self.logo.data} if self.logo else {}
        return Typesetter(named | logo, folder / fonts if fonts else None)

    def _pdf(self, sheet: Sheet) -> bytes:
        if self._typesetter is None:
            raise TypeError("letters of this campaign have no PDF")
        return self._typesetter.pdf(sheet)

    def _attachment(self, pdf: bytes, language: str) -> Attachment:
        name = told(self._campaign.letterhead.pdf_name, language) or PDF_NAME
        return Attachment(filename=name, content_type="application/pdf", data=pdf)

    def _sheet(self, content: Content, heading: Heading, template: Template) -> Sheet:
        brand = self.brand(template.language)
        name = brand["name"] or ""
        contacts = [brand[each] for each in ("phone", "email", "url") if brand[each]]
        return Sheet(
            language=template.language,
            direction=template.direction,
            title=content.subject,
            author=name or "",
            day=heading.day,
            company=name or "",
            particulars=(*(brand["particulars"] or "").splitlines(), *contacts),
            colour=brand["colour"],
            logo=LOGO if self.logo else "",
            logo_alt=(brand["logo_alt"] or LOGO) if self.logo else "",
            date=heading.date,
            number=heading.number,
            addressee=heading.addressee,
            blocks=read_blocks(content.body),
        )
