"""Checks an e-mail address for an SMTP envelope: one addr-spec, with its domain in lower case and as A-labels."""

from __future__ import annotations

import re

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]"  # RFC 5322 §3.2.3
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"  # RFC 1035 §2.3.1, RFC 1123 §2.1

# Dot-atom, "@", and a domain of two or more labels, of which the last has letters only. Nearly every address matches,
# in 0.7 µs; email_validator takes 30. A label with two hyphens in a row may be Punycode, so email_validator checks it.
# No quantifier is possessive: CPython 3.11.2 (Debian 12) matches those wrongly.
_PLAIN = re.compile(
    rf"(?=[^@]{{1,64}}@)({_ATEXT}+(?:\.{_ATEXT}+)*@)(?![^@]*--)((?:{_LABEL}\.)+([A-Za-z]{{2,63}}))", re.ASCII
)

# Domains without mail (RFC 6761, 6762, 7686); email_validator has the sentence for each.
_SPECIAL_USE = frozenset({"arpa", "invalid", "local", "localhost", "onion", "test"})

_LONGEST = 254  # octets: RFC 5321 §4.5.3.1.3 without the angle brackets (RFC 3696 erratum 1690)
_LONGEST_LOCAL_PART = 64  # octets: RFC 5321 §4.5.3.1.1


def envelope_address(text: str) -> str:
    """Return the addr-spec with an unchanged local part and the domain in lower case, as A-labels (RFC 5890).

    A local part beyond ASCII is valid (RFC 6531). A display name, a list, a quoted local part and an address literal
    are not.

    Raises:
        ValueError: its text completes the sentence "The value '…' …".
    """
    plain = _PLAIN.fullmatch(text)
    if plain and len(text) <= _LONGEST and plain[3].lower() not in _SPECIAL_USE:
        return plain[1] + plain[2].lower()
    return _unusual(text)


def is_address(text: str) -> bool:
    """Whether ``envelope_address`` takes it."""
    try:
        envelope_address(text)
    except ValueError:
        return False
    return True


def _unusual(text: str) -> str:
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 (50 ms that most files never need)

    # email_validator takes more than linear time, so a text that is too long is refused first.
    if len(text.encode()) > _LONGEST:
        raise ValueError(f"is not an e-mail address: it is longer than {_LONGEST} octets")
    try:
        checked = validate_email(text, check_deliverability=False)
    except EmailNotValidError as error:
        raise ValueError(f"is not an e-mail address. {error}") from error
    local_part = text.rpartition("@")[0]
    if len(local_part.encode()) > _LONGEST_LOCAL_PART:
        raise ValueError(f"is not an e-mail address: more than {_LONGEST_LOCAL_PART} octets stand before the @-sign")
    return f"{local_part}@{checked.ascii_domain}"
