"""What the DNS says about the sender's domain: whether mailboxes can tell that the letters are the sender's own.

SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 9989) and MX (RFC 5321 §5.1, RFC 7505). What is wrong there is no reason to
refuse to send, but it decides whether an apology is read or lands among spam, so every finding is a warning.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum, auto

import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver
from dns.asyncresolver import Resolver
from dns.rdatatype import RdataType
from msgspec import Struct, field

from mass_apology.model import Finding, Severity

PATIENCE = 5.0
"""Seconds for all look-ups together, which are made at the same time."""

BULK = 5000
"""Letters a day from which Gmail and Yahoo ask for SPF, DKIM and DMARC together."""

SPF_LOOKUPS = 10
"""So many terms that need a look-up may an SPF record have (RFC 7208 §4.6.4)."""

_SPF = re.compile(r"v=spf1(?: |$)", re.IGNORECASE)  # RFC 7208 §4.5
_SPF_LOOKUP = re.compile(r"[+?~-]?(?:include:|exists:|(?:a|mx|ptr)(?:[:/]|$))|redirect=", re.IGNORECASE)
_DMARC = re.compile(r"v *= *DMARC1 *(?:;|$)")  # RFC 9989: the version stands first, and in capitals

_WALK_LABELS = 7  # of a longer name the tree walk leaves out the labels in the middle (RFC 9989)


class KeyState(StrEnum):
    """What is found where a DKIM key should be."""

    PRESENT = auto()
    REVOKED = auto()  # an empty p= (RFC 6376 §3.6.1)
    ABSENT = auto()
    UNKNOWN = auto()  # could not be looked up


class DkimKey(Struct, frozen=True, kw_only=True):
    """The key of one selector."""

    selector: str
    state: KeyState


class Dmarc(Struct, frozen=True, kw_only=True):
    """The policy that applies to letters from the domain."""

    domain: str  # where the record is: the domain itself, or one above it
    policy: str  # "none", "quarantine" or "reject"


class DomainRecords(Struct, frozen=True, kw_only=True):
    """What the DNS says about one domain."""

    domain: str
    spf: tuple[str, ...] = ()  # every record that begins with v=spf1; one is right
    dkim: tuple[DkimKey, ...] = ()  # of the selectors that were asked for
    dmarc: Dmarc | None = None
    mx: tuple[str, ...] = ()  # hosts that take mail; "." alone says that nobody does (RFC 7505)
    has_address: bool = False  # A or AAAA: takes mail where there is no MX (RFC 5321 §5.1)
    exists: bool = True  # the name is in the DNS at all
    failed: Mapping[str, str] = field(default_factory=dict)  # "TXT of acme.example" → why it could not be looked up

    def knows(self, kind: str) -> bool:
        """Whether the look-up of this kind at the domain itself was answered."""
        return f"{kind} of {self.domain}" not in self.failed


async def look_up(domain: str, *, selectors: Sequence[str] = (), resolver: Resolver | None = None) -> DomainRecords:
    """Ask the DNS about the domain of a From address. Never raises: what failed is in the records.

    ``selectors`` are the names of the relay's DKIM keys, which the DNS cannot list. ``resolver`` is this system's
    unless given; its ``lifetime`` bounds the whole.
    """
    questions = _Questions(resolver)
    walk = _walk(domain)
    own, keys, policies, hosts, addresses = await asyncio.gather(
        questions.texts(domain),
        asyncio.gather(*(questions.texts(f"{selector}._domainkey.{domain}") for selector in selectors)),
        asyncio.gather(*(questions.texts(f"_dmarc.{each}") for each in walk)),
        questions.ask(domain, RdataType.MX),
        asyncio.gather(questions.ask(domain, RdataType.A), questions.ask(domain, RdataType.AAAA)),
    )
    dmarc = _policy(list(zip(walk, policies, strict=True)))
    needless = "TXT of _dmarc." if dmarc and dmarc.domain == domain else "\0"  # with its own policy no other counts
    return DomainRecords(
        domain=domain,
        spf=tuple(text for text in own or () if _SPF.match(text)),
        dkim=tuple(
            DkimKey(selector=selector, state=_key_state(texts)) for selector, texts in zip(selectors, keys, strict=True)
        ),
        dmarc=dmarc,
        mx=tuple(host.split()[-1] for host in hosts or ()),
        has_address=any(addresses),
        exists=domain not in questions.unknown_names,
        failed={what: why for what, why in questions.failed.items() if not what.startswith(needless)},
    )


class _Questions:
    """Asks one resolver, and remembers what was not answered, and which names there are not."""

    def __init__(self, resolver: Resolver | None) -> None:
        self.failed: dict[str, str] = {}
        self.unknown_names: set[str] = set()
        self._resolver = resolver

    async def texts(self, name: str) -> list[str] | None:
        """The TXT records, each put together from its pieces; ``None`` if they could not be looked up."""
        return await self.ask(name, RdataType.TXT)

    async def ask(self, name: str, kind: RdataType) -> list[str] | None:
        try:
            answer = await self._get_resolver().resolve(_absolute(name), kind)
        except dns.resolver.NXDOMAIN:
            self.unknown_names.add(name)
            return []
        except dns.resolver.NoAnswer:
            return []
        except (dns.exception.DNSException, OSError, UnicodeError) as error:
            self.failed[f"{dns.rdatatype.to_text(kind)} of {name}"] = _reason(error)
            return None
        if kind is RdataType.TXT:
            return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]
        return [record.to_text() for record in answer]

    def _get_resolver(self) -> Resolver:
        """Made here, since a system without a resolver is one more thing that cannot be looked up."""
        if self._resolver is None:
            self._resolver = Resolver()
            self._resolver.lifetime = PATIENCE
        return self._resolver


def _absolute(name: str) -> dns.name.Name:
    """With the final dot, so that the system's search list adds nothing."""
    return dns.name.from_text(name)


def _reason(error: Exception) -> str:
    if isinstance(error, dns.exception.Timeout):
        return "no answer in time"
    if isinstance(error, dns.resolver.NoNameservers):
        return "the name servers failed"
    if isinstance(error, dns.resolver.NoResolverConfiguration):
        return "this system has no resolver"
    return f"{error}" or type(error).__name__


def _key_state(texts: list[str] | None) -> KeyState:
    if texts is None:
        return KeyState.UNKNOWN
    keys = [key for text in texts if (key := _tags(text).get("p")) is not None]
    if not keys:
        return KeyState.ABSENT
    return KeyState.PRESENT if any(keys) else KeyState.REVOKED


def _walk(domain: str) -> list[str]:
    """The names that RFC 9989's tree walk asks: the domain, then those above it, the top level included."""
    labels = domain.rstrip(".").split(".")
    above = labels[1:][-_WALK_LABELS:]
    return [domain, *(".".join(above[start:]) for start in range(len(above)))]


def _policy(walk: Sequence[tuple[str, list[str] | None]]) -> Dmarc | None:
    """The domain's own record; without one, that of its organisation, which is the one nearest to the top."""
    found = [(name, _tags(records[0])) for name, texts in walk if len(records := _dmarc_records(texts)) == 1]
    if not found:
        return None
    own = walk[0][0]
    if found[0][0] == own:
        return Dmarc(domain=own, policy=_stated(found[0][1], "p"))
    name, tags = _organisation(found)
    return Dmarc(domain=name, policy=_stated(tags, "sp", "p"))


def _organisation(found: Sequence[tuple[str, dict[str, str]]]) -> tuple[str, dict[str, str]]:
    """psd=n marks the organisation itself, psd=y a registry above it, whose policy is the last resort."""
    for index, (name, tags) in enumerate(found):
        if tags.get("psd") == "n":
            return name, tags
        if tags.get("psd") == "y":
            return found[max(index - 1, 0)]
    return found[-1]


def _dmarc_records(texts: list[str] | None) -> list[str]:
    return [text for text in texts or () if _DMARC.match(text)]


def _stated(tags: dict[str, str], *names: str) -> str:
    """The policy by the first of these tags; "none" where none of them says one (RFC 9989)."""
    policies = (tags.get(name, "").lower() for name in names)
    return next((policy for policy in policies if policy in {"none", "quarantine", "reject"}), "none")


def _tags(text: str) -> dict[str, str]:
    """``v=DMARC1; p=none`` → its tags (RFC 6376 §3.2, whose syntax DMARC shares)."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip(): value.strip() for name, equals, value in pairs if equals}


def spf_lookups(record: str) -> int:
    """The terms of one SPF record that need a look-up, those of included records not counted (RFC 7208 §4.6.4)."""
    return sum(1 for term in record.split()[1:] if _SPF_LOOKUP.match(term))


def domain_findings(records: DomainRecords, letters_to_gmail: int) -> list[Finding]:
    """What mailboxes will hold against the domain. ``letters_to_gmail`` are those to Gmail and Yahoo, in a day."""
    if not records.exists:
        problem = "There is no such domain in the DNS, so mailboxes will refuse the letters."
        return [_warning(records, "domain-missing", problem, "Correct sender.from in campaign.toml.")]
    found = [*_spf_findings(records), *_dkim_findings(records), *_dmarc_findings(records), *_mx_findings(records)]
    found += _bulk_findings(records, letters_to_gmail)
    if records.failed:
        failed = "; ".join(f"{what} ({why})" for what, why in records.failed.items())
        problem = f"Not everything could be looked up: {failed}."
        found.append(_warning(records, "domain-unknown", problem, "Run check again, where the DNS can be reached."))
    return found


def _spf_findings(records: DomainRecords) -> list[Finding]:
    if not records.spf:
        problem = "The domain has no SPF record, so mailboxes cannot tell that the relay may send for it."
        advice = "Publish the TXT record that the relay's operator gives you."
        return [_warning(records, "spf-missing", problem, advice)] if records.knows("TXT") else []
    if len(records.spf) > 1:
        problem = f"The domain has {len(records.spf)} SPF records, and two are as good as none."
        return [_warning(records, "spf-several", problem, "Put them together into one.")]
    found = []
    terms = records.spf[0].lower().split()
    if (lookups := spf_lookups(records.spf[0])) > SPF_LOOKUPS:
        problem = f"The SPF record needs {lookups} look-ups, and mailboxes give up after {SPF_LOOKUPS}."
        found.append(_warning(records, "spf-too-long", problem, "Delete the senders that you use no more."))
    if not {"+all", "all"}.isdisjoint(terms):
        problem = "The SPF record allows everybody to send for the domain (+all)."
        found.append(_warning(records, "spf-allows-all", problem, "End it with -all or ~all."))
    return found


def _dkim_findings(records: DomainRecords) -> list[Finding]:
    sentences = {
        KeyState.ABSENT: ("dkim-missing", "There is no DKIM key at", "Publish the key that the relay signs with."),
        KeyState.REVOKED: ("dkim-revoked", "The DKIM key is revoked at", "Publish the key that the relay signs with."),
    }
    return [
        _warning(records, code, f"{problem} {key.selector}._domainkey.{records.domain}.", advice)
        for key in records.dkim
        if key.state in sentences
        for code, problem, advice in [sentences[key.state]]
    ]


def _dmarc_findings(records: DomainRecords) -> list[Finding]:
    if records.dmarc or any(what.startswith("TXT of _dmarc.") for what in records.failed):
        return []
    problem = "The domain has no DMARC policy."
    advice = f"Publish at least this TXT record at _dmarc.{records.domain}: v=DMARC1; p=none"
    return [_warning(records, "dmarc-missing", problem, advice)]


def _mx_findings(records: DomainRecords) -> list[Finding]:
    advice = "Give an address that takes mail: sender.reply_to and sender.envelope in campaign.toml."
    if records.mx == (".",):
        problem = "The domain says that it takes no mail, so replies and bounces go nowhere."
        return [_warning(records, "mx-null", problem, advice)]
    if records.mx or records.has_address or not all(records.knows(kind) for kind in ("MX", "A", "AAAA")):
        return []
    problem = "No host takes mail for the domain, so replies and bounces go nowhere."
    return [_warning(records, "mx-missing", problem, advice)]


def _bulk_findings(records: DomainRecords, letters_to_gmail: int) -> list[Finding]:
    if letters_to_gmail < BULK:
        return []
    keys = [key.state for key in records.dkim if key.state is not KeyState.UNKNOWN]
    lacking = [
        *(["SPF"] if len(records.spf) != 1 and records.knows("TXT") else []),
        *(["DKIM"] if keys and KeyState.PRESENT not in keys else []),
        *(["DMARC"] if _dmarc_findings(records) else []),
    ]
    if not lacking:
        return []
    problem = (
        f"{letters_to_gmail:,} letters go to Gmail and Yahoo, which ask for SPF, DKIM and DMARC of whoever sends "
        f"{BULK:,} a day; {' and '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} missing."
    )
    return [_warning(records, "bulk-sender-unproven", problem, "Publish what is missing before you send.")]


def _warning(records: DomainRecords, code: str, problem: str, advice: str) -> Finding:
    where = f"the sender's domain {records.domain}"
    return Finding(code=code, severity=Severity.WARNING, where=where, problem=problem, advice=advice)
