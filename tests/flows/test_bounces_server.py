"""``bounces --from imaps://…``: a mailbox on a server settles letters, and its password comes from a safe place."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from imap_fakes import SECRET, USER, scripted
from live import campaign_folder, customers, relay, send, statuses
from test_bounces import bounce, id_of

import mass_apology.bounces
from mass_apology.errors import InputError, PasswordError
from mass_apology.flows.feedback.bounces import Settled, settle
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow


@pytest.fixture
def sent(tmp_path: Path) -> tuple[Path, dict[int, bytes]]:
    """A campaign, and two bounces and a reply that came back to it, by UID."""
    with relay() as live:
        folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(10))
        send(folder)
        reply = f"From: customer6@d6.example\nSubject: Re: x\nIn-Reply-To: {id_of(live, 6)}\n\nThanks.\n"
        mails = (bounce(3, id_of(live, 3)), bounce(4), reply)
    return folder, {uid: mail.replace("\n", "\r\n").encode() for uid, mail in enumerate(mails, start=1)}


def read_server(folder: Path, port: int, password: str | None) -> Settled:
    return settle(
        Workspace.open(folder), f"imap+plain://{USER}@127.0.0.1:{port}", password=password, on_progress=lambda *_: None
    )


def test_a_folder_on_a_server_settles_letters_once(
    sent: tuple[Path, dict[int, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, mails = sent
    monkeypatch.setenv("BOUNCES_PASSWORD", SECRET)
    with scripted(mails) as server:
        settled = read_server(folder, server.port, "env:BOUNCES_PASSWORD")
        assert (settled.read, settled.bounced, settled.unproven) == (3, 1, 1)
        assert [item.where for item in settled.replies] == ["INBOX at 127.0.0.1, UID 3"]
        assert statuses(folder) == {"ACCEPTED": 9, "BOUNCED": 1}
        again = read_server(folder, server.port, "env:BOUNCES_PASSWORD")
        assert (again.read, again.known) == (3, 3)
    assert sum(said.startswith("UID SEARCH SINCE ") for said in server.said) == 2


def test_the_same_mail_in_a_file_is_known(
    tmp_path: Path, sent: tuple[Path, dict[int, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, mails = sent
    monkeypatch.setenv("BOUNCES_PASSWORD", SECRET)
    with scripted(mails) as server:
        read_server(folder, server.port, "env:BOUNCES_PASSWORD")
    copy = tmp_path / "copy.eml"
    copy.write_bytes(mails[1].replace(b"\r\n", b"\n"))
    assert settle(Workspace.open(folder), str(copy), on_progress=lambda *_: None).known == 1


@pytest.mark.parametrize("setting", [None, "", SECRET, "env:", "MASS_APOLOGY_PASSWORD", "vault:x"])
def test_the_place_of_the_password_must_be_given(
    sent: tuple[Path, dict[int, bytes]], setting: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MASS_APOLOGY_PASSWORD", SECRET)  # the relay's, which is no other server's business
    with scripted({}) as server, pytest.raises(InputError) as caught:
        read_server(sent[0], server.port, setting)
    assert "--password env:NAME" in caught.value.next_step
    assert SECRET not in caught.value.problem + caught.value.next_step
    assert server.said == []


def test_a_password_that_is_not_there_is_the_mailbox_s(tmp_path: Path, sent: tuple[Path, dict[int, bytes]]) -> None:
    open_file = tmp_path / "open"
    open_file.write_text(SECRET)
    open_file.chmod(0o644)
    for setting in ("env:NOT_SET_ANYWHERE", f"file:{tmp_path / 'missing'}", f"file:{open_file}"):
        with pytest.raises(PasswordError) as caught:
            read_server(sent[0], 1, setting)
        said = caught.value.problem + caught.value.next_step
        assert "relay" not in said
        assert "campaign.toml" not in said
    assert "chmod 600" in said


def test_a_password_without_a_server_is_refused(tmp_path: Path, sent: tuple[Path, dict[int, bytes]]) -> None:
    with pytest.raises(InputError, match="--from names none"):
        settle(Workspace.open(sent[0]), str(tmp_path / "box.mbox"), password="env:X", on_progress=lambda *_: None)


def test_a_missing_extra_is_named(sent: tuple[Path, dict[int, bytes]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "imapclient", None)
    monkeypatch.delitem(sys.modules, "mass_apology.bounces.imap", raising=False)
    monkeypatch.delattr(mass_apology.bounces, "imap", raising=False)
    with pytest.raises(InputError) as caught:
        read_server(sent[0], 1, "env:X")
    assert (
        caught.value.next_step
        == "To read it, install mass-apology with its extra `imap`, as told by: mass-apology docs installing"
    )


def test_the_extra_is_loaded_for_a_server_only() -> None:
    import subprocess

    loads = "import sys, mass_apology.flows.feedback.bounces; print('imapclient' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", loads], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"
