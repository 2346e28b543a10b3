"""A PDF for each row: all of them are looked at before the first letter leaves."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest
from live import campaign_folder, customers, relay, send, statuses

from mass_apology.errors import ConfirmationError
from mass_apology.model import Status

pytestmark = pytest.mark.slow

OCTETS = 40_000


def _certificates(folder: Path, count: int) -> None:
    (folder / "certificates").mkdir(parents=True)
    for number in range(count):
        path = folder / "certificates" / f"Customer {number}.pdf"
        path.write_bytes(b"%PDF-1.7 " + number.to_bytes(4, "big") * (OCTETS // 4))


def _try(folder: Path, count: int) -> None:
    _certificates(folder, count)
    with relay() as live:
        campaign_folder(
            folder,
            live.sink.url,
            customers(count),
            message={"attachments": ["certificates/{name}.pdf"]},
            relay={"rate": "unlimited"},
        )
        last = folder / "certificates" / f"Customer {count - 1}.pdf"
        kept = last.read_bytes()
        last.unlink()
        with pytest.raises(ConfirmationError, match="found errors; nothing was sent"):
            send(folder)
        assert not live.received
        last.write_bytes(kept)
        send(folder)
        assert statuses(folder) == {Status.ACCEPTED: count}
        assert all(len(each.data) > OCTETS for each in live.received)
        assert b'filename="Customer 7.pdf"' in next(
            each.data for each in live.received if each.recipients[0].startswith("customer7@")
        )


def test_a_missing_certificate_stops_before_the_first_dot(tmp_path: Path) -> None:
    _try(tmp_path, 30)


@pytest.mark.timeout(600)
def test_five_thousand_certificates_take_no_more_memory_than_few(tmp_path: Path) -> None:
    _try(tmp_path / "few", 500)
    after_few = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    many = tmp_path / "many"
    _certificates(many, 5000)
    (many / "certificates" / "Customer 4999.pdf").unlink()
    with relay() as live:
        attached = {"attachments": ["certificates/{name}.pdf"]}
        campaign_folder(many, live.sink.url, customers(5000), message=attached)
        with pytest.raises(ConfirmationError, match="found errors; nothing was sent"):
            send(many, override=("same-file-sent",))
        assert not live.received
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < after_few + 100_000  # KB
