"""Recognises domains where no customer reads mail: reserved ones, public test mailboxes, internal hosts."""

from __future__ import annotations

import re
from ipaddress import ip_address

_RESERVED_TOP = frozenset({"example", "invalid", "localhost", "test"})  # RFC 2606 §2, RFC 6761 §6
_RESERVED = ("example.com", "example.net", "example.org")  # RFC 2606 §3
_RESERVED_BELOW = tuple(f".{domain}" for domain in _RESERVED)

_THROWAWAY = frozenset(
    {
        "10minutemail.com",
        "dispostable.com",
        "getnada.com",
        "guerrillamail.com",
        "maildrop.cc",
        "mailinator.com",
        "mailnesia.com",
        "sharklasers.com",
        "temp-mail.org",
        "trashmail.com",
        "yopmail.com",
        "yopmail.fr",
        "yopmail.net",
    }
)

_HOST = re.compile(r"""(?i)\bhttps?://(?:[^\s/@"'<>]*@)?(\[[0-9a-f:.]+\]|[^\s/:?#"'<>)\]{}]+)""")
_MAILBOX = re.compile(r"""(?i)\bmailto:[^\s?@"'<>]{0,64}@([^\s?"'<>)\]{}]+)""")
_DOMAIN = re.compile(r"(?<![\w.-])(?:[a-z0-9-]+\.)+[a-z]{2,}(?![\w-])", re.IGNORECASE | re.ASCII)
_INTERNAL_TOP = frozenset({"corp", "home", "internal", "intranet", "lan", "local", "localhost"})
_INTERNAL_LABELS = frozenset({"preprod", "staging"})


def is_reserved(domain: str) -> bool:
    """Whether the domain (lower case) is reserved for examples and tests (RFC 2606, RFC 6761)."""
    return domain.rpartition(".")[2] in _RESERVED_TOP or domain.endswith(_RESERVED_BELOW) or domain in _RESERVED


def is_throwaway(domain: str) -> bool:
    """Whether the domain (lower case) offers public mailboxes, as testers use them."""
    return domain in _THROWAWAY


def reserved_domains(text: str) -> list[str]:
    """The reserved domains in a text: alone, in links or in addresses."""
    found = [domain for each in _DOMAIN.findall(text) if is_reserved(domain := each.lower())]
    return list(dict.fromkeys(found))


def internal_hosts(text: str) -> list[str]:
    """The hosts in a text's links that customers cannot or should not reach."""
    hosts = (*_HOST.findall(text), *_MAILBOX.findall(text))
    return list(dict.fromkeys(host for host in hosts if _is_internal(host.lower())))


def _is_internal(host: str) -> bool:
    labels = re.split(r"[.-]", host)
    if labels[-1] in _INTERNAL_TOP or not _INTERNAL_LABELS.isdisjoint(labels):
        return True
    try:
        return ip_address(host.strip("[]")).is_private  # loopback and link-local included
    except ValueError:
        return False
