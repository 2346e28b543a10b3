"""What real servers wrote about letters whose clients went away at the worst moments, and what follows from it."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mass_apology.relay_log.log_events import Disposition
from mass_apology.relay_log.log_times import Clock, timestamp
from mass_apology.relay_log.relay_log_reading import RelayLog

pytestmark = pytest.mark.slow

LOGS = Path(__file__).parent / "logs"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC).timestamp()
CLOCK = Clock(zone=UTC, now=NOON)
WANTED = "a1b2c3d4e5f60718293a4b5c6d7e8f90@acme.example"
TAKEN, NOT_TAKEN = Disposition.TAKEN, Disposition.NOT_TAKEN


def letter(number: int) -> str:
    """The Message-IDs of the letters that the logs are about."""
    return f"{0xACDE0000 + number:032x}@acme.example"


def dispositions(lines: Iterable[bytes], wanted: Iterable[str] = (WANTED,)) -> list[tuple[str, Disposition]]:
    """What is decided, in order."""
    found = RelayLog(set(wanted), CLOCK).read(lines)
    return [(one.message_id, one.disposition) for one in found if one.disposition is not Disposition.NAMED]


@pytest.mark.parametrize(
    ("log", "decided"),
    [
        # 10 held and 11 discarded by a rule; 12 gone after the dot, 13 and 14 before it; 16 reset after it
        (
            "postfix-3.7.11.log",
            {8: TAKEN, 12: TAKEN, 13: NOT_TAKEN, 14: NOT_TAKEN, 16: TAKEN},
        ),
        # Exim drops what it has when the client is gone after the dot, and does not name it
        ("exim-4.96-main.log", {7: TAKEN, 8: TAKEN}),
        ("exim-4.96-reject.log", {9: NOT_TAKEN}),
        ("sendmail-8.17.1.log", {7: TAKEN, 10: TAKEN, 14: TAKEN}),
    ],
)
def test_a_real_log_decides_what_it_can_and_nothing_else(log: str, decided: dict[int, Disposition]) -> None:
    wanted = {letter(number) for number in range(1, 17)}
    lines = (LOGS / log).read_bytes().splitlines(keepends=True)
    assert dict(dispositions(lines, wanted)) == {letter(number): disposition for number, disposition in decided.items()}
    assert dispositions(lines, ()) == []


@pytest.mark.parametrize("log", [path.name for path in LOGS.iterdir()])
def test_a_log_that_breaks_off_anywhere_decides_less_but_nothing_else(log: str) -> None:
    wanted = {letter(number) for number in range(1, 17)}
    lines = (LOGS / log).read_bytes().splitlines(keepends=True)
    whole = dispositions(lines, wanted)
    for end in range(len(lines)):
        part = dispositions(lines[:end], wanted)
        assert part == whole[: len(part)]


POSTFIX = [
    b"Nov 22 02:45:20 mx1 postfix/smtpd[172]: 4F00A: client=mailer.acme.example[192.0.2.30]\n",
    f"Nov 22 02:45:20 mx1 postfix/cleanup[184]: 4F00A: message-id=<{WANTED}>\n".encode(),
]
ACTIVE = b"Nov 22 02:45:21 mx1 postfix/qmgr[166]: 4F00A: from=<a@acme.example>, size=5563, nrcpt=1 (queue active)\n"
LOST = b"Nov 22 02:45:21 mx1 postfix/smtpd[172]: lost connection after DATA (5338 bytes) from mailer[192.0.2.30]\n"


def test_a_letter_that_came_in_is_named_whatever_becomes_of_it() -> None:
    """Postfix names those that a rule holds (10), but not those that one discards by their subject (11)."""
    lines = (LOGS / "postfix-3.7.11.log").read_bytes().splitlines()
    assert [one.disposition for one in RelayLog({letter(10)}, CLOCK).read(lines)] == [Disposition.NAMED]
    assert list(RelayLog({letter(11)}, CLOCK).read(lines)) == []


def test_postfix_has_a_letter_once_its_queue_manager_does() -> None:
    assert dispositions(POSTFIX) == []
    assert dispositions([*POSTFIX, ACTIVE]) == [(WANTED, TAKEN)]


@pytest.mark.parametrize(
    "line",
    [
        LOST,
        LOST.replace(b"lost connection", b"timeout"),
        b"Nov 22 02:45:21 mx1 postfix/cleanup[184]: 4F00A: milter-reject: END-OF-MESSAGE from mailer[192.0.2.30]: "
        b"5.7.1 Command rejected; from=<a@acme.example> to=<b@customer.example> proto=ESMTP helo=<mailer>\n",
        b"Nov 22 02:45:21 mx1 postfix/cleanup[184]: 4F00A: reject: body x from mailer[192.0.2.30]; from=<a@b>\n",
    ],
)
def test_postfix_did_not_take_what_it_rejected_or_was_still_reading(line: bytes) -> None:
    assert dispositions([*POSTFIX, line]) == [(WANTED, NOT_TAKEN)]


@pytest.mark.parametrize(
    "line",
    [
        LOST.replace(b"DATA (5338 bytes)", b"END-OF-MESSAGE"),  # the dot had come
        LOST.replace(b"smtpd[172]", b"smtpd[173]"),  # somebody else's
        LOST.replace(b"mx1", b"mx2"),  # on another machine
        ACTIVE.replace(b"4F00A", b"4F00B"),
        b"Nov 22 02:45:21 mx1 postfix/cleanup[184]: 4F00A: hold: header Subject: x from mailer[192.0.2.30];\n",
        b"Nov 22 02:45:21 mx1 postfix/smtpd[172]: 4F00A: reject: RCPT from mailer[192.0.2.30]: 550 5.1.1 x\n",
    ],
)
def test_what_proves_nothing_decides_nothing(line: bytes) -> None:
    assert dispositions([*POSTFIX, line]) == []


def test_a_queue_id_that_comes_back_is_another_letters() -> None:
    other = [line.replace(WANTED.encode(), b"other@customer.example") for line in POSTFIX]
    assert dispositions([*POSTFIX, *other, ACTIVE]) == []
    assert dispositions([POSTFIX[0], LOST, *POSTFIX, ACTIVE]) == [(WANTED, TAKEN)]


def test_the_same_process_on_two_servers_is_two_processes() -> None:
    lines = [*POSTFIX, POSTFIX[0].replace(b"mx1", b"mx2"), LOST.replace(b"mx1", b"mx2")]
    assert dispositions(lines) == []
    assert dispositions([*lines, ACTIVE]) == [(WANTED, TAKEN)]


def test_postfix_under_another_name_and_with_iso_times_is_read() -> None:
    lines = [
        line.replace(b"Nov 22 02:45:2", b"2026-11-22T02:45:2").replace(
            b" mx1 postfix/", b".123456+01:00 mx1 out/submission/"
        )
        for line in [*POSTFIX, ACTIVE]
    ]
    _, found = RelayLog({WANTED}, CLOCK).read(lines)
    assert (found.disposition, found.queue_id) == (TAKEN, "4F00A")
    assert found.at == datetime(2026, 11, 22, 1, 45, 21, 123456, tzinfo=UTC).timestamp()


def test_sendmail_needs_a_mailer() -> None:
    came = f"Nov 22 02:51:21 mx1 sm-mta[219]: 6AM2pLQ7000219: from=<a@b>, size=5, msgid=<{WANTED}>, proto=ESMTP\n"
    to = b"Nov 22 02:51:22 mx1 sm-mta[222]: 6AM2pLQ7000219: to=<b@customer.example>, delay=00:00:00, stat=refused\n"
    milter = b"Nov 22 02:51:22 mx1 sm-mta[222]: 6AM2pLQ7000219: Milter: data, reject=550 5.7.1 Command rejected\n"
    assert dispositions([came.encode(), to]) == []
    assert dispositions([came.encode(), milter, to]) == [(WANTED, NOT_TAKEN)]
    assert dispositions([came.encode(), to.replace(b"stat", b"mailer=esmtp, stat")]) == [(WANTED, TAKEN)]


def test_the_header_of_a_refusal_has_the_time_of_its_first_line() -> None:
    (found,) = RelayLog({letter(9)}, CLOCK).read((LOGS / "exim-4.96-reject.log").read_bytes().splitlines())
    assert found.at == datetime(2026, 11, 22, 2, 45, 20, tzinfo=UTC).timestamp()
    assert found.text == "rejected after DATA: 5.7.1 this letter is refused here"


def test_the_time_that_a_log_covers_goes_over_its_files() -> None:
    log = RelayLog({WANTED}, CLOCK)
    first, last = (datetime(2026, 11, 22, 2, 45, second, tzinfo=UTC).timestamp() for second in (20, 21))
    list(log.read([b"no time\n", *POSTFIX]))
    list(log.read([ACTIVE, b"\tfurther words\n", b"J odd: a header's flag\n"]))
    assert (log.lines, log.first_at, log.last_at) == (6, first, last)
    assert log.covers(first, last)
    assert not log.covers(first - 1, last)
    assert not log.covers(first, last + 1)
    assert not RelayLog({WANTED}, CLOCK).covers(0, 0)


@pytest.mark.parametrize(
    ("line", "at"),
    [
        (b"Nov 22 02:45:20 mx1 x", datetime(2026, 11, 22, 2, 45, 20, tzinfo=UTC)),
        (b"<22>Nov  2 02:45:20 mx1 x", datetime(2026, 11, 2, 2, 45, 20, tzinfo=UTC)),
        (b"Nov 23 11:00:00 mx1 x", datetime(2026, 11, 23, 11, 0, tzinfo=UTC)),  # a clock that is ahead
        (b"Nov 24 11:00:00 mx1 x", datetime(2025, 11, 24, 11, 0, tzinfo=UTC)),
        (b"Dec 31 23:59:60 mx1 x", datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (b"Feb 29 00:00:00 mx1 x", datetime(2024, 2, 29, tzinfo=UTC)),
        (b"2026-11-22 02:45:20 1xUxZv", datetime(2026, 11, 22, 2, 45, 20, tzinfo=UTC)),
        (b"2026-11-22 02:45:20.5 +0200 1xUxZv", datetime(2026, 11, 22, 0, 45, 20, 500_000, tzinfo=UTC)),
        (b"2026-11-22T02:45:20Z mx1", datetime(2026, 11, 22, 2, 45, 20, tzinfo=UTC)),
        (b"<22>1 2026-11-22T02:45:20.000001-05:30 mx1", datetime(2026, 11, 22, 8, 15, 20, 1, tzinfo=UTC)),
        (b"2026-11-22T02:45:20+0000 mx1", datetime(2026, 11, 22, 2, 45, 20, tzinfo=UTC)),
        (b"2026-02-30 02:45:20 x", None),
        (b"Feb 30 02:45:20 x", None),
        (b"0000-01-01 00:00:00 x", None),
        (b"Nov 22", None),
        (b"", None),
    ],
)
def test_the_time_of_a_line(line: bytes, at: datetime | None) -> None:
    assert timestamp(line, CLOCK) == (at.timestamp() if at else None)


def test_a_zone_is_for_lines_that_have_none() -> None:
    warsaw = Clock(zone=ZoneInfo("Europe/Warsaw"), now=NOON)
    assert timestamp(b"Nov 22 02:45:20 mx1 x", warsaw) == datetime(2026, 11, 22, 1, 45, 20, tzinfo=UTC).timestamp()
    assert timestamp(b"Jul 22 02:45:20 mx1 x", warsaw) == datetime(2026, 7, 22, 0, 45, 20, tzinfo=UTC).timestamp()
    assert timestamp(b"2026-11-22T02:45:20Z mx1", warsaw) == datetime(2026, 11, 22, 2, 45, 20, tzinfo=UTC).timestamp()


@given(st.datetimes(datetime(2025, 11, 25), datetime(2026, 11, 22, 12)), st.integers(-14 * 4, 14 * 4))  # noqa: DTZ001 (zones are put on)
def test_times_come_back(at: datetime, quarters: int) -> None:
    zone = timezone(timedelta(minutes=quarters * 15))
    at = at.replace(microsecond=0, tzinfo=zone)
    assert timestamp(at.isoformat().encode(), CLOCK) == at.timestamp()
    assert timestamp(at.strftime("%b %e %H:%M:%S mx1").encode(), Clock(zone=zone, now=NOON)) == at.timestamp()


@given(st.lists(st.one_of(st.binary(max_size=80), st.sampled_from([*POSTFIX, ACTIVE, LOST])), max_size=30))
def test_any_lines_are_harmless(lines: list[bytes]) -> None:
    for _, disposition in dispositions(lines):
        assert disposition is not TAKEN or ACTIVE in lines
        assert disposition is not NOT_TAKEN or LOST in lines


def test_memory_stays_flat() -> None:
    def traffic(count: int) -> Iterable[bytes]:
        for number in range(count):
            yield b"Nov 22 02:45:20 mx1 postfix/smtpd[%d]: %010X: client=mailer[192.0.2.30]\n" % (number, number)
            yield b"Nov 22 02:45:20 mx1 postfix/smtpd[%d]: lost connection after DATA (3 bytes) from x\n" % number

    log = RelayLog({WANTED}, CLOCK)
    list(log.read(traffic(12_000)))  # more than are remembered
    tracemalloc.start()
    try:
        list(log.read(traffic(36_000)))
        assert tracemalloc.get_traced_memory()[0] < 5_000_000
    finally:
        tracemalloc.stop()


TOKEN = WANTED.partition("@")[0]
OPENSMTPD = (
    "Nov 22 02:45:22 mx1 smtpd[3920]: f274cf34b7d0786b smtp envelope evpid=78e5c402920bcc4f "
    f"from=<bounces+{TOKEN}@acme.example> to=<b@customer.example>\n"
).encode()
COURIER = (
    "Nov 22 02:45:22 mx1 courierd: started,id=0000000000A21D61.000000005B5F8D5A.00007F9B,"
    f"from=<bounces+{TOKEN}@acme.example>,module=esmtp,host=customer.example,addr=<b@customer.example>\n"
).encode()


@pytest.mark.parametrize(
    ("line", "queue_id"), [(OPENSMTPD, "78e5c402"), (COURIER, "0000000000A21D61.000000005B5F8D5A.00007F9B")]
)
def test_servers_without_message_ids_name_a_letter_by_its_return_path(line: bytes, queue_id: str) -> None:
    (found,) = RelayLog({WANTED}, CLOCK).read([line])
    assert (found.message_id, found.disposition, found.queue_id) == (WANTED, TAKEN, queue_id)
    assert dispositions([line.replace(TOKEN.encode(), TOKEN.upper().encode())]) == [(WANTED, TAKEN)]


@pytest.mark.parametrize(
    "line",
    [
        OPENSMTPD.replace(b"bounces+" + TOKEN.encode(), b"bounces"),  # without VERP
        OPENSMTPD.replace(TOKEN.encode(), b"0" * 32),  # somebody else's
        OPENSMTPD.replace(b"from=<", b"from=<> to=<"),  # a bounce to our return path
        COURIER.replace(b"from=<", b"from=<>,addr=<").replace(b",module", b",x"),
        COURIER.replace(b"started,id=0000000000A21D61.000000005B5F8D5A.00007F9B,", b"error,relay=::1,"),  # refused
        OPENSMTPD.replace(b"smtp envelope evpid=78e5c402920bcc4f", b"smtp failed-command command=DATA"),
    ],
)
def test_a_line_that_does_not_say_that_the_letter_is_in_the_queue_proves_nothing(line: bytes) -> None:
    assert dispositions([line]) == []
