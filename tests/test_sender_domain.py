"""The sender's domain, asked of a small DNS server on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
from dns.asyncresolver import Resolver

from mass_apology.model import Severity
from mass_apology.sender_domain import DkimKey, Dmarc, DomainRecords, KeyState, domain_findings, look_up, spf_lookups

Zone = Mapping[str, Sequence[str] | dns.rcode.Rcode | None]
"""``"TXT acme.example"`` → its records, a failure, or silence. A name with no entry at all does not exist."""

KEY = '"v=DKIM1; k=rsa; p=MIGf" "MA0G"'
GOOD: Zone = {
    "TXT acme.example": ['"v=spf1 include:_spf.relay.example -all"', '"site-verification=1"'],
    "MX acme.example": ["10 mx.acme.example."],
    "TXT mail._domainkey.acme.example": [KEY],
    "TXT _dmarc.acme.example": ['"v=DMARC1; p=quarantine; rua=mailto:dmarc@acme.example"'],
}


class Server(asyncio.DatagramProtocol):
    """Answers from a zone."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self.names = {entry.split()[1] for entry in zone}
        self.asked: list[str] = []

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True)
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked.append(f"{kind} {name}")
        records = self._zone.get(f"{kind} {name}", ())
        if records is None:
            return
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        if isinstance(records, dns.rcode.Rcode):
            response.set_rcode(records)
        elif records:
            response.answer.append(dns.rrset.from_text_list(question.name, 60, question.rdclass, kind, records))
        elif not any(each == name or each.endswith(f".{name}") for each in self.names):
            response.set_rcode(dns.rcode.NXDOMAIN)
        self._transport.sendto(response.to_wire(), addr)


def looked_up(zone: Zone, domain: str = "acme.example", selectors: Sequence[str] = ("mail",)) -> DomainRecords:
    return asked_and_looked_up(zone, domain, selectors)[1]


def asked_and_looked_up(zone: Zone, domain: str, selectors: Sequence[str] = ()) -> tuple[list[str], DomainRecords]:
    async def main() -> tuple[list[str], DomainRecords]:
        loop = asyncio.get_running_loop()
        transport, server = await loop.create_datagram_endpoint(lambda: Server(zone), local_addr=("127.0.0.1", 0))
        resolver = Resolver(configure=False)
        resolver.nameservers = ["127.0.0.1"]
        resolver.port = transport.get_extra_info("sockname")[1]
        resolver.lifetime = 1.0
        try:
            records = await look_up(domain, selectors=selectors, resolver=resolver)
            return server.asked, records
        finally:
            transport.close()

    return asyncio.run(main())


def codes(records: DomainRecords, letters_to_gmail: int = 0) -> list[str]:
    findings = domain_findings(records, letters_to_gmail)
    assert all(each.severity is Severity.WARNING and each.problem.endswith(".") for each in findings)
    return [each.code for each in findings]


def changed(**changes: Sequence[str] | dns.rcode.Rcode | None) -> Zone:
    entries = {
        "spf": "TXT acme.example",
        "mx": "MX acme.example",
        "key": "TXT mail._domainkey.acme.example",
        "dmarc": "TXT _dmarc.acme.example",
        "a": "A acme.example",
    }
    return {**GOOD, **{entries[name]: records for name, records in changes.items()}}


def test_a_domain_that_is_in_order() -> None:
    records = looked_up(GOOD)
    assert records == DomainRecords(
        domain="acme.example",
        spf=("v=spf1 include:_spf.relay.example -all",),
        dkim=(DkimKey(selector="mail", state=KeyState.PRESENT),),
        dmarc=Dmarc(domain="acme.example", policy="quarantine"),
        mx=("mx.acme.example.",),
    )
    assert codes(records, 1_000_000) == []


@pytest.mark.parametrize(
    ("spf", "expected"),
    [
        ([], ["spf-missing"]),
        (['"v=spf10 -all"'], ["spf-missing"]),
        (['"v=spf1 -all"', '"V=SPF1 mx -all"'], ["spf-several"]),
        (['"v=spf1 +all"'], ["spf-allows-all"]),
        (['"v=spf1"'], []),
        (['"v=spf1 " "ip4:192.0.2.1 -all"'], []),
        (['"v=spf1 ' + " ".join(f"include:{each}.example" for each in range(10)) + ' -all"'], []),
        (['"v=spf1 mx ' + " ".join(f"include:{each}.example" for each in range(10)) + ' -all"'], ["spf-too-long"]),
    ],
)
def test_spf(spf: list[str], expected: list[str]) -> None:
    assert codes(looked_up(changed(spf=spf))) == expected


def test_only_terms_that_need_a_look_up_are_counted() -> None:
    assert (
        spf_lookups("v=spf1 a a:x.example ?mx/24 ptr ~exists:%{i}.x.example include:y.example redirect=z.example") == 7
    )
    assert spf_lookups("v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 exp=a.example all") == 0


@pytest.mark.parametrize(
    ("key", "state", "expected"),
    [
        (['"v=DKIM1; p="'], KeyState.REVOKED, ["dkim-revoked"]),
        (['"k=rsa;p = MIGf"'], KeyState.PRESENT, []),
        (['"v=DKIM1; k=rsa"'], KeyState.ABSENT, ["dkim-missing"]),
        ([], KeyState.ABSENT, ["dkim-missing"]),
        (dns.rcode.SERVFAIL, KeyState.UNKNOWN, ["domain-unknown"]),
    ],
)
def test_dkim(key: list[str], state: KeyState, expected: list[str]) -> None:
    records = looked_up(changed(key=key))
    assert [each.state for each in records.dkim] == [state]
    assert codes(records) == expected


@pytest.mark.parametrize(
    ("zone", "dmarc"),
    [
        (
            {"_dmarc.news.acme.example": "v=DMARC1; p=none", "_dmarc.acme.example": "v=DMARC1; p=reject"},
            ("news.", "none"),
        ),
        ({"_dmarc.acme.example": "v=DMARC1; p=reject"}, ("", "reject")),
        ({"_dmarc.acme.example": "v=DMARC1; p=reject; sp=quarantine"}, ("", "quarantine")),
        ({"_dmarc.acme.example": "v=DMARC1; rua=mailto:d@acme.example"}, ("", "none")),
        ({"_dmarc.acme.example": "v=DMARC1; p=none", "_dmarc.example": "v=DMARC1; p=reject; psd=y"}, ("", "none")),
        ({"_dmarc.acme.example": "v=DMARC1; p=none; psd=n", "_dmarc.example": "v=DMARC1; p=reject"}, ("", "none")),
        ({"_dmarc.acme.example": "v=dmarc1; p=none"}, None),
        ({"_dmarc.acme.example": "v=DMARC12; p=none"}, None),
    ],
)
def test_dmarc_of_the_domain_or_of_its_organisation(zone: dict[str, str], dmarc: tuple[str, str] | None) -> None:
    entries = {f"TXT {name}": [f'"{text}"'] for name, text in zone.items()}
    records = looked_up({**entries, "A news.acme.example": ["192.0.2.1"]}, "news.acme.example", ())
    assert records.dmarc == (Dmarc(domain=f"{dmarc[0]}acme.example", policy=dmarc[1]) if dmarc else None)


def test_a_registrys_policy_is_the_last_resort() -> None:
    records = looked_up({"TXT _dmarc.example": ['"v=DMARC1; p=reject; psd=y"'], "A acme.example": ["192.0.2.1"]})
    assert records.dmarc == Dmarc(domain="example", policy="reject")


def test_two_dmarc_records_are_none() -> None:
    records = looked_up(changed(dmarc=['"v=DMARC1; p=none"', '"v=DMARC1; p=reject"']))
    assert codes(records) == ["dmarc-missing"]


def test_a_long_name_asks_no_more_than_eight_times() -> None:
    domain = ".".join(f"l{each}" for each in range(20)) + ".acme.example"
    asked, records = asked_and_looked_up({**GOOD, f"MX {domain}": ["10 mx.acme.example."]}, domain)
    assert sum(each.startswith("TXT _dmarc.") for each in asked) == 8
    assert records.dmarc == Dmarc(domain="acme.example", policy="quarantine")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"mx": ["0 ."]}, ["mx-null"]),
        ({"mx": []}, ["mx-missing"]),
        ({"mx": [], "a": ["192.0.2.1"]}, []),
        ({"mx": dns.rcode.SERVFAIL}, ["domain-unknown"]),
    ],
)
def test_where_replies_go(changes: dict[str, list[str]], expected: list[str]) -> None:
    assert codes(looked_up(changed(**changes))) == expected


@pytest.mark.parametrize(
    ("failure", "why"), [(None, "no answer in time"), (dns.rcode.SERVFAIL, "the name servers failed")]
)
def test_what_cannot_be_looked_up_is_said_and_not_guessed(failure: dns.rcode.Rcode | None, why: str) -> None:
    kinds = ("TXT acme.example", "MX acme.example", "A acme.example", "AAAA acme.example")
    names = ("TXT mail._domainkey.acme.example", "TXT _dmarc.acme.example", "TXT _dmarc.example")
    records = looked_up(dict.fromkeys((*kinds, *names), failure))
    assert codes(records, 1_000_000) == ["domain-unknown"]
    assert records.failed == {each.replace(" ", " of "): why for each in (*kinds, *names)}


def test_a_failure_above_a_domain_with_its_own_policy_does_not_matter() -> None:
    assert codes(looked_up({**GOOD, "TXT _dmarc.example": dns.rcode.SERVFAIL})) == []


def test_a_domain_that_does_not_exist_has_one_finding() -> None:
    assert codes(looked_up({}, "acmee.example"), 1_000_000) == ["domain-missing"]


@pytest.mark.parametrize(
    "domain", ["", ".", "a..example", "x" * 64 + ".example", "ż" * 64 + ".example", "\udcff.example"]
)
def test_a_name_that_is_none_is_no_crash(domain: str) -> None:
    assert isinstance(domain_findings(looked_up({}, domain), 0), list)


def test_large_mailbox_hosts_want_all_three() -> None:
    records = looked_up({"MX acme.example": ["10 mx.acme.example."]})
    assert codes(records, 4999) == ["spf-missing", "dkim-missing", "dmarc-missing"]
    assert codes(records, 5000)[-1] == "bulk-sender-unproven"
    assert "SPF and DKIM and DMARC are missing" in domain_findings(records, 5000)[-1].problem
    unsigned = looked_up({"MX acme.example": ["10 mx.acme.example."]}, selectors=())
    assert "SPF and DMARC are missing" in domain_findings(unsigned, 5000)[-1].problem
