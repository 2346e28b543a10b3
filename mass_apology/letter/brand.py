"""The company as its letters show it: logo, colour, particulars and footer, as layouts and the PDF take them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from markupsafe import Markup, escape

from mass_apology.languages import Labels, Language
from mass_apology.letter.message.compose import Attachment
from mass_apology.letter.message.pictures import picture_size
from mass_apology.letter.values import Fields
from mass_apology.settings import BrandSettings, Campaign, Told

BLACK, WHITE = "#000000", "#ffffff"

_WIDEST, _HIGHEST = 240, 64
"""Pixels of the logo on a page, at the most."""

KNOWN = frozenset(
    {
        *("logo", "logo_alt", "logo_width", "logo_height", "colour", "ink", "footer", "name", "particulars"),
        *("particulars_html", "logo_dark", "logo_dark_width", "logo_dark_height"),
        *("phone", "email", "url"),
    }
)
"""The names that layouts may use with ``brand``."""


BARE = Labels(registration="{}", vat="{}", outgoing="{}")
"""Where nobody has said what stands before a number: the campaign's file writes the label itself."""


def told(text: Told | None, language: str) -> str | None:
    """The text in a language; ``None`` where it is not told in it."""
    return text.get(language) if isinstance(text, Mapping) else text


def brand_fields(
    campaign: Campaign, language: Language, logo: Attachment | None, logo_dark: Attachment | None
) -> Fields:
    """``brand`` as layouts see it; ``particulars`` are lines, ready to print in the letter's language."""
    brand, sender = campaign.brand, campaign.sender
    name = brand.legal_name or sender.company
    lines = _particulars(campaign, language)
    values: dict[str, object] = {
        **_logo("logo", logo),
        **_logo("logo_dark", logo_dark),
        "logo_alt": brand.logo_alt or sender.company or name,
        "colour": brand.colour,
        "ink": ink_on(brand.colour),
        "footer": told(brand.footer, language.code),
        "name": name,
        "particulars": "\n".join(lines),
        "particulars_html": html_lines(lines),
        "phone": brand.phone or sender.phone,
        "email": brand.email,
        "url": brand.url or sender.url,
    }
    return Fields(values, KNOWN)


def _logo(name: str, logo: Attachment | None) -> dict[str, object]:
    """Whether there is such a logo, and its size on the page."""
    size = _shown_size(picture_size(logo.data)) if logo else None
    width, height = map(str, size) if size else (None, None)
    return {name: logo is not None or None, f"{name}_width": width, f"{name}_height": height}


def html_lines(lines: Iterable[str]) -> Markup:
    """Lines for an HTML page, each of which keeps its direction of writing to itself.

    A layout could loop over them instead, but what is in a loop is written anew for everybody.
    """
    return Markup("<br>".join(f"<bdi>{escape(line)}</bdi>" for line in lines))  # noqa: S704 (each is escaped)


def ink_on(colour: str) -> str:
    """Black or white, whichever is easier to read on a colour: one of them always has a contrast over 4.5 : 1.

    A colour that is as far from both has a relative luminance L with (L + 0.05)² = 1.05 · 0.05, and so a contrast of
    4.58 : 1 with either; WCAG 2.2 §1.4.3 asks for 4.5 : 1.
    """
    return max(BLACK, WHITE, key=lambda ink: contrast(ink, colour))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    """Relative luminance of "#rrggbb" (WCAG 2.2)."""
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)


def _particulars(campaign: Campaign, language: Language) -> list[str]:
    """Address and numbers, a line each; what is not given has no line."""
    brand, labels = campaign.brand, language.labels or BARE
    numbers = ((labels.registration, brand.registration_number), (labels.vat, brand.vat_number))
    return [*brand.address, *(label.replace("{}", number) for label, number in numbers if number)]


def _shown_size(size: tuple[int, int] | None) -> tuple[int, int] | None:
    """Pixels on the page: as large as the picture is, within the limits. Outlook believes attributes only."""
    if size is None:
        return None
    width, height = size
    scale = min(1.0, _WIDEST / width, _HIGHEST / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


NO_BRAND = Fields({"colour": BrandSettings().colour, "ink": ink_on(BrandSettings().colour)}, KNOWN)
"""What layouts see where nothing is known of the company."""
