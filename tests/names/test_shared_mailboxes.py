"""Addresses that are no person's own."""

from __future__ import annotations

import pytest

from mass_apology.names import Readers, readers


@pytest.mark.parametrize(
    "local",
    [
        *(
            "billing",
            "info",
            "Info",
            "INFO",
            "info2",
            "info-2",
            "support",
            "support+tag",
            "billing-eu",
            "eu.billing",
            "info.pl",
            "accounts.payable",
        ),
        *(
            "office",
            "admin",
            "postmaster",
            "abuse",
            "webmaster",
            "hr",
            "sales",
            "customer.service",
            "customer-service",
            "contact",
            "helpdesk",
        ),
        *(
            "biuro",
            "ksiegowosc",
            "faktury",
            "sekretariat",
            "buchhaltung",
            "kontakt",
            "arved",
            "raamatupidamine",
            "gramatvediba",
            "rekini",
        ),
        *("logistirio", "zakaz", "buh", "comptabilite", "amministrazione", "контакт"[:0] + "бухгалтерия"),
    ],
)
def test_several_people_read_it(local: str) -> None:
    assert readers(f"{local}@firm.example") is Readers.SEVERAL


@pytest.mark.parametrize(
    "local",
    [
        "noreply",
        "no-reply",
        "no_reply",
        "No.Reply",
        "do-not-reply",
        "donotreply",
        "mailer-daemon",
        "noreply-billing",
        "noreply2",
        "billing-noreply",
        "bounces",
        "nepasrepondre",
    ],
)
def test_nobody_reads_it(local: str) -> None:
    assert readers(f"{local}@firm.example") is Readers.NOBODY


@pytest.mark.parametrize(
    "local",
    [
        "anna",
        "anna.kowalska",
        "a.info.kowalska",
        "anna.office",
        "customer0001.office",
        "annabilling",
        "informatik",
        "supporter",
        "billings",
        "jan",
        "u1",
        "johnsales",
    ],
)
def test_a_person_reads_it(local: str) -> None:
    assert readers(f"{local}@firm.example") is Readers.ONE
