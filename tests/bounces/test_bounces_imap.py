"""A folder on a mail server is read as a mailbox on this machine is, and nothing is changed there."""

from __future__ import annotations

import imaplib
import mailbox
import os
import ssl
import tracemalloc
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

import imapclient
import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st
from imap_fakes import SECRET, USER, Dovecot, ScriptedServer, dovecot, dovecot_is_here, scripted

from mass_apology.bounces import boxes, imap
from mass_apology.bounces.imap_url import Mailbox, Scheme, is_imap, parse
from mass_apology.errors import InputError
from mass_apology.mail_parts import LIMIT

CORPUS = Path(__file__).parent / "corpus"
RAW = [path.read_bytes() for path in sorted(CORPUS.glob("*.eml")) if path.stat().st_size]
NOVEMBER_20 = 1_795_132_800.0  # 2026-11-20T00:00Z


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def _trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))


@pytest.fixture(scope="module")
def tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture(scope="module")
def real(authority: trustme.CA) -> Iterator[Dovecot]:
    if not dovecot_is_here():
        pytest.skip("there is no Dovecot 2.3")
    with dovecot(authority) as server:
        yield server


def url(port: int, scheme: str = "imap+plain", folder: str = "") -> Mailbox:
    return parse(f"{scheme}://{quote(USER)}@127.0.0.1:{port}/{folder}")


def read(server: ScriptedServer, folder: str = "", *, password: str = SECRET) -> list[boxes.BoxMessage]:
    return list(imap.messages(url(server.port, folder=folder), password, None))


def key_of(data: bytes) -> str:
    return boxes.of_message(BytesIO(data), "").key


# URLs


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("imaps://anna@mx.example", (Scheme.TLS, "mx.example", 993, "anna", "INBOX")),
        ("imaps://anna@mx.example/", (Scheme.TLS, "mx.example", 993, "anna", "INBOX")),
        (
            "IMAPS://anna%40acme.example@MX.example:9993/A/B",
            (Scheme.TLS, "mx.example", 9993, "anna@acme.example", "A/B"),
        ),
        ("imaps://anna@acme.example@mx.example/x", (Scheme.TLS, "mx.example", 993, "anna@acme.example", "x")),
        ("imap+starttls://anna@mx.example/Zwr%C3%B3ty %3F", (Scheme.STARTTLS, "mx.example", 143, "anna", "Zwróty ?")),
        ("imap+plain://anna@[::1]/x", (Scheme.PLAIN, "::1", 143, "anna", "x")),
        ("imap+plain://anna@localhost:1143", (Scheme.PLAIN, "localhost", 1143, "anna", "INBOX")),
    ],
)
def test_a_url_names_a_folder(text: str, expected: tuple[object, ...]) -> None:
    box = parse(text)
    assert (box.scheme, box.host, box.port, box.user, box.folder) == expected
    assert is_imap(text)


@pytest.mark.parametrize(
    "text",
    [
        "imap://anna@mx.example",
        "imap+plain://anna@mx.example",
        "imap+plain://anna@192.0.2.1",
        "imaps://mx.example",
        "imaps://anna@",
        "imaps://anna@a..b",
        "imaps://anna@mx.example:0",
        "imaps://anna@mx.example:x",
        "imaps://anna@mx.example:",
        "imaps://anna@[::1",
        "imaps://anna@mx.example/x?y",
        "imaps://anna@mx.example/x#y",
        "imaps://an\tna@mx.example/x",
        "imaps://anna@mx.example/x%0d%0ay",
        "imaps://an%00na@mx.example/x",
    ],
)
def test_an_invalid_imap_url_is_refused_with_an_example(text: str) -> None:
    assert is_imap(text)
    with pytest.raises(InputError) as caught:
        parse(text)
    assert "imaps://" in caught.value.next_step


def test_a_password_in_a_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(InputError) as caught:
        parse("imaps://anna:hunter2@mx.example")
    assert "hunter2" not in caught.value.problem + caught.value.next_step
    assert "--password" in caught.value.next_step


@given(st.text(max_size=60))
def test_any_url_is_a_folder_or_an_input_error(rest: str) -> None:
    try:
        box = parse(f"imaps://{rest}")
    except InputError:
        return
    assert box.user.isprintable()
    assert box.folder.isprintable()
    assert 0 < box.port < 65536


@pytest.mark.parametrize("path", ["bounces.mbox", "-", "imaps", "imap/box", "C:\\mail", "/srv/imap://x"])
def test_a_path_is_no_folder_of_a_server(path: str) -> None:
    assert not is_imap(path)


# Against the scripted server


def test_messages_have_the_keys_they_have_in_a_file_and_nothing_is_marked() -> None:
    with scripted(dict(enumerate(RAW, start=5))) as server:
        found = read(server)
    assert [message.key for message in found] == [key_of(data) for data in RAW]
    assert found[1].where == "INBOX at 127.0.0.1, UID 6"
    assert not any(said.startswith(("SELECT", "UID STORE", "CLOSE", "EXPUNGE")) for said in server.said)
    assert all("BODY.PEEK[]" in said or "RFC822.SIZE" in said for said in server.said if said.startswith("UID FETCH"))


def test_of_a_large_message_only_the_beginning_is_fetched() -> None:
    large = b"Subject: large\r\n\r\n" + b"QUFB\r\n" * (LIMIT // 2)
    with scripted({1: large, 2: b"Subject: small\r\n\r\nx\r\n"}) as server:
        first, second = read(server)
    assert len(first.data) <= LIMIT
    assert first.key == key_of(large[:LIMIT])
    assert second.data.startswith(b"Subject: small")


def test_memory_does_not_grow_with_the_folder() -> None:
    message = b"Subject: x\r\n\r\n" + b"QUFB" * 100_000
    with scripted(dict.fromkeys(range(1, 101), message)) as server:
        tracemalloc.start()
        try:
            count = sum(1 for _ in imap.messages(url(server.port), SECRET, None))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert count == 100
    assert peak < 100 * len(message) / 2


def test_a_message_that_is_deleted_meanwhile_is_left_out() -> None:
    with scripted({1: RAW[0], 2: RAW[1], 3: RAW[2]}) as server:

        def delete(command: str) -> None:
            if "BODY.PEEK" in command:
                server.messages.pop(2, None)

        server.fault = delete
        assert [message.key for message in read(server)] == [key_of(RAW[0]), key_of(RAW[2])]


def test_a_message_nobody_asked_about_is_left_out() -> None:
    unasked = b"* 9 FETCH (FLAGS (\\Seen))\r\n* 1 FETCH (UID 1 FLAGS () BODY[]<0> {3}\r\nA: )\r\nTAG OK done\r\n"
    with scripted({1: RAW[0]}) as server:
        server.fault = lambda command: unasked if "BODY.PEEK" in command else None
        assert [message.data for message in read(server)] == [b"A: "]


@pytest.mark.parametrize("messages", [{}, {1: b""}])
def test_nothing_is_read_where_nothing_is(messages: dict[int, bytes]) -> None:
    with scripted(messages) as server:
        assert read(server) == []


def test_only_messages_since_a_day_are_fetched() -> None:
    with scripted({1: RAW[0]}) as server:
        list(imap.messages(url(server.port), SECRET, NOVEMBER_20 + 3600))
    assert any(said.startswith("UID SEARCH SINCE 19-Nov-2026") for said in server.said)


def test_a_wrong_password_is_reported_and_never_shown() -> None:
    with scripted({}) as server, pytest.raises(InputError, match=r"refuses bounces@acme\.example: .*No such") as caught:
        read(server, password="hunter2")
    assert "--password" in caught.value.next_step
    assert "hunter2" not in caught.value.problem + caught.value.next_step
    assert caught.value.__cause__ is None


def test_a_server_without_plain_gets_login() -> None:
    with scripted({1: RAW[0]}) as server:
        server.capabilities = "IMAP4rev1"
        assert len(read(server)) == 1
        with pytest.raises(InputError, match="refuses"):
            read(server, password="hunter2")
        with pytest.raises(InputError, match="other than ASCII") as caught:
            read(server, password="żółw")
    assert "żółw" not in caught.value.problem


def test_a_folder_that_is_missing_names_those_that_exist() -> None:
    with scripted({}) as server, pytest.raises(InputError, match="Unknown Mailbox") as caught:
        read(server, "Nowhere")
    assert "INBOX, Bounces." in caught.value.next_step
    assert "Shared" not in caught.value.next_step


@pytest.mark.parametrize("at", ["CAPABILITY", "AUTHENTICATE", "EXAMINE", "UID SEARCH", "UID FETCH"])
@pytest.mark.parametrize("instead", [b"", b"TAG NO not now\r\n", b"TAG BAD what\r\n", b"* BYE\r\n", b"nonsense\r\n"])
def test_whatever_goes_wrong_is_one_sentence(at: str, instead: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "READ_TIMEOUT", 0.5)
    with scripted({1: RAW[0]}) as server:
        server.fault = lambda command: instead if command.startswith(at) else None
        with pytest.raises(InputError) as caught:
            read(server)
    assert caught.value.next_step


def test_a_silent_or_missing_host_is_reported(monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext) -> None:
    monkeypatch.setattr(imap, "CONNECT_TIMEOUT", 0.3)
    with scripted({}, tls, implicit=False) as server, pytest.raises(InputError):
        list(imap.messages(url(server.port, "imaps"), SECRET, None))  # TLS where the greeting comes in plain
    with pytest.raises(InputError, match="Connection refused"):
        list(imap.messages(url(server.port), SECRET, None))
    with pytest.raises(InputError, match="There is no host"):
        list(imap.messages(parse("imaps://anna@nowhere.invalid"), SECRET, None))


def test_a_mute_host_does_not_hold_us_under_tls(monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext) -> None:
    monkeypatch.setattr(imap, "CONNECT_TIMEOUT", 0.3)
    with scripted({}, tls, implicit=True) as server, pytest.raises(InputError, match="timed out"):
        list(imap.messages(url(server.port, "imap+starttls"), SECRET, None))  # it waits for our first word


@pytest.mark.parametrize(("scheme", "implicit"), [("imaps", True), ("imap+starttls", False)])
def test_a_certificate_of_somebody_else_is_not_trusted(scheme: str, implicit: bool, tls: ssl.SSLContext) -> None:
    with scripted({}, tls, implicit=implicit) as server, pytest.raises(InputError, match="cannot be trusted") as caught:
        list(imap.messages(url(server.port, scheme), SECRET, None))
    assert "SSL_CERT_FILE" in caught.value.next_step
    assert not any("AUTHENTICATE" in said for said in server.said)


@pytest.mark.usefixtures("_trusted")
def test_a_certificate_for_another_name_is_not_trusted(authority: trustme.CA) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("other.example").configure_cert(context)
    with scripted({}, context, implicit=True) as server, pytest.raises(InputError, match="cannot be trusted"):
        list(imap.messages(url(server.port, "imaps"), SECRET, None))


def test_a_server_without_starttls_gets_no_password() -> None:
    with scripted({}) as server:
        server.capabilities = "IMAP4rev1 AUTH=PLAIN"
        with pytest.raises(InputError, match="TLS not supported"):
            list(imap.messages(url(server.port, "imap+starttls"), SECRET, None))
    assert not any("AUTHENTICATE" in said for said in server.said)


@pytest.mark.usefixtures("_trusted")
@pytest.mark.parametrize(("scheme", "implicit"), [("imaps", True), ("imap+starttls", False)])
def test_a_protected_folder_is_read(scheme: str, implicit: bool, tls: ssl.SSLContext) -> None:
    with scripted({1: RAW[0]}, tls, implicit=implicit) as server:
        assert [each.key for each in imap.messages(url(server.port, scheme), SECRET, None)] == [key_of(RAW[0])]


# Against Dovecot


@pytest.fixture
def filled(real: Dovecot) -> Dovecot:
    """INBOX with the whole corpus, and a folder whose name is not ASCII."""
    if not real.maildir.exists():
        box = mailbox.Maildir(real.maildir)
        for raw in RAW:
            box.add(raw)
        returned = box.add_folder(imapclient.imap_utf7.encode("Zwróty").decode())
        old = Path(returned._path) / "new" / str(returned.add(b"Subject: old\n\nx\n"))
        os.utime(old, (NOVEMBER_20 - 30 * 86400,) * 2)
        returned.add(RAW[0])
        real.own()
    return real


@pytest.mark.usefixtures("_trusted")
@pytest.mark.parametrize("scheme", ["imaps", "imap+starttls", "imap+plain"])
def test_dovecot_gives_the_messages_of_its_maildir(filled: Dovecot, scheme: str) -> None:
    port = filled.tls_port if scheme == "imaps" else filled.plain_port
    found = list(imap.messages(url(port, scheme), SECRET, None))
    assert sorted(each.key for each in found) == sorted(key_of(raw) for raw in RAW)


def test_dovecot_sees_no_change(filled: Dovecot) -> None:
    before = standing(filled)
    for _ in range(2):
        assert len(list(imap.messages(url(filled.plain_port), SECRET, None))) == len(RAW)
    assert standing(filled) == before
    assert b"UNSEEN %d" % len(RAW) in before


def standing(server: Dovecot) -> bytes:
    with imaplib.IMAP4("127.0.0.1", server.plain_port) as client:
        client.login(USER, SECRET)
        _, (said,) = client.status("INBOX", "(MESSAGES RECENT UNSEEN UIDNEXT)")
    assert isinstance(said, bytes)
    return said


def test_dovecot_searches_by_day_and_knows_names_in_other_scripts(filled: Dovecot) -> None:
    box = url(filled.plain_port, folder=quote("Zwróty"))
    assert len(list(imap.messages(box, SECRET, None))) == 2
    assert [each.key for each in imap.messages(box, SECRET, NOVEMBER_20)] == [key_of(RAW[0])]


def test_dovecot_names_its_folders(filled: Dovecot) -> None:
    with pytest.raises(InputError) as caught:
        list(imap.messages(url(filled.plain_port, folder="Bounces"), SECRET, None))
    assert "Zwróty" in caught.value.next_step
    assert "INBOX" in caught.value.next_step


def test_dovecot_refuses_a_wrong_password(filled: Dovecot) -> None:
    with pytest.raises(InputError, match="Authentication failed"):
        list(imap.messages(url(filled.plain_port), "hunter2", None))
