"""The files that go with every letter: attachments, images, the logo, and the fonts of letters on paper."""

from __future__ import annotations

from pathlib import Path

from mass_apology.settings import Campaign


def attached(folder: Path, campaign: Campaign) -> list[tuple[str, int]]:
    """What goes with every letter, in most layouts the logo too: names and octets."""
    logo = folder / campaign.brand.logo if campaign.brand.logo and campaign.layout == "plain" else None
    return [(path.name, path.stat().st_size) for path in attached_files(folder, campaign) if path != logo]


def attached_files(folder: Path, campaign: Campaign) -> list[Path]:
    """Those that campaign.toml names, whether they are there or not."""
    message, logo = campaign.message, campaign.brand.logo
    return [folder / each for each in (*message.attachments, *message.images.values(), *((logo,) if logo else ()))]


def fonts(folder: Path, campaign: Campaign) -> list[Path]:
    """The files of the campaign's own fonts, sorted."""
    named = campaign.letterhead.pdf_fonts
    return sorted(path for path in (folder / named).rglob("*") if path.is_file()) if named else []
