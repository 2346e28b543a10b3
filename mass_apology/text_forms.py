"""Texts in campaign.toml that have to have a form, each with a description of it.

``type_errors`` says the description to who wrote a text of another form, since a regular expression is no sentence. It
follows "must be".
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

NonEmpty = Annotated[str, Meta(min_length=1)]

CampaignName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z",
        description="of at most 100 letters a to z, digits, dots, hyphens and underscores, such as 'acme-outage'",
    ),
]

RelayName = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9][a-z0-9-]{0,39}\Z",
        description="of at most 40 small letters a to z, digits and hyphens, such as 'ses'",
    ),
]

Colour = Annotated[str, Meta(pattern=r"^#[0-9A-Fa-f]{6}$", description="a colour such as '#1f3a5f'")]

HeaderName = Annotated[
    str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9-]*\Z", description="a header's name such as 'Remote-User'")
]
