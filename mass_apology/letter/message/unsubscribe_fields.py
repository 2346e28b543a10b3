"""The addresses at which a recipient unsubscribes → List-Unsubscribe, and the one-click post where it is right."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mass_apology.errors import MessageError
from mass_apology.letter.message.headers import raw_field

_URL = re.compile(r"(?:https://|mailto:)[!#-;=?-~]+")


def unsubscribe_fields(urls: Sequence[str], *, names_recipient: bool) -> str:
    """RFC 2369 §3.2, and the one-click post of RFC 8058, header lines that end with CRLF; "" for no address.

    ``names_recipient``: every https: address says whom it is about. A post to one that does not would unsubscribe
    nobody, or everybody, and the mailbox would tell its owner that it is done (RFC 8058 §3.1).
    Raises ``MessageError`` where an address is neither https: nor mailto:, or holds what cannot stand in one.
    """
    if not urls:
        return ""
    for url in urls:
        if not _URL.fullmatch(url):
            raise MessageError(
                f"{url!r} is not a usable https: or mailto: URL for `message.list_unsubscribe`.",
                next_step="Correct it in campaign.toml, then run: mass-apology check",
            )
    field = raw_field("List-Unsubscribe", ", ".join(f"<{url}>" for url in urls))
    if names_recipient and any(url.startswith("https:") for url in urls):
        field += "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    return field
