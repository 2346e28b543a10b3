"""Approving a plan by name and by key, from giving it to the verdict; keys and signatures are real."""

from __future__ import annotations

import getpass
import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from approval_samples import HOUR, LETTERS, NOON, PARTS, campaign, changed

from mass_apology.approval import Approvals, plan_code, plan_digest
from mass_apology.approval.approval_file import FILE_NAME
from mass_apology.approval.signing import statement
from mass_apology.errors import ApprovalError

MakeKey = Callable[..., Path]


def public(key: Path) -> str:
    return key.with_name(key.name + ".pub").read_text().strip()


def write_signers(folder: Path, *lines: str) -> None:
    (folder / "signers").write_text("".join(f"{line}\n" for line in lines))


def signed(folder: Path, name: str = "acme-outage", *, required: int = 2) -> Approvals:
    """The folder's approvals where they are signed."""
    return Approvals(folder, campaign(name, required=required, signers="signers"))


def give(approvals: Approvals, key: Path, *, at: float = NOON) -> str:
    return approvals.give(PARTS, LETTERS, by=None, key=key, now=at).by


@contextmanager
def first_line(folder: Path) -> Iterator[dict[str, object]]:
    """The first approval, to tamper with."""
    path = folder / FILE_NAME
    first, *others = path.read_text().splitlines()
    fields = json.loads(first)
    yield fields
    path.write_text("".join(f"{line}\n" for line in (json.dumps(fields), *others)))


def only_reason(approvals: Approvals, *, now: float = NOON) -> str:
    verdict = approvals.verdict(PARTS, LETTERS, now=now)
    assert not verdict.valid
    ((_, reason),) = verdict.void
    return reason


# By name


def test_two_people_approve_by_name(folder: Path) -> None:
    approvals = Approvals(folder, campaign())
    approvals.give(PARTS, LETTERS, by=" Anna Kowalska ", key=None, now=NOON)
    assert approvals.verdict(PARTS, LETTERS, now=NOON).missing == 1
    approvals.give(PARTS, LETTERS, by="ANNA KOWALSKA", key=None, now=NOON)
    assert approvals.verdict(PARTS, LETTERS, now=NOON).missing == 1
    approvals.give(PARTS, LETTERS, by=None, key=None, now=NOON + 1)
    verdict = approvals.verdict(PARTS, LETTERS, now=NOON)
    assert verdict.approved
    assert verdict.sentence == f"Approved by ANNA KOWALSKA and {getpass.getuser()}."
    assert not approvals.verdict(changed("the template"), LETTERS, now=NOON).valid


@pytest.mark.parametrize("by", ["", "  ", "an\x1b[2Kna", "anna\nbob"])
def test_a_name_that_is_none_is_refused(folder: Path, by: str) -> None:
    with pytest.raises(ApprovalError, match="nobody's name"):
        Approvals(folder, campaign()).give(PARTS, LETTERS, by=by, key=None, now=NOON)
    assert not (folder / FILE_NAME).exists()


def test_an_account_without_a_name_is_asked_for_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 2**31 - 7)  # nobody's in this machine's list of accounts
    with pytest.raises(ApprovalError, match="no login name") as error:
        Approvals(folder, campaign()).give(PARTS, LETTERS, by=None, key=None, now=NOON)
    assert "--by NAME" in error.value.next_step


def test_a_key_without_a_signers_file_proves_nothing_and_is_refused(folder: Path, make_key: MakeKey) -> None:
    with pytest.raises(ApprovalError, match="nothing to check"):
        Approvals(folder, campaign()).give(PARTS, LETTERS, by="anna", key=make_key("anna"), now=NOON)
    assert not (folder / FILE_NAME).exists()


# By key


def test_two_people_approve_by_key(folder: Path, make_key: MakeKey) -> None:
    anna, bob = make_key("anna"), make_key("bob")
    write_signers(
        folder, "# who may approve", f"anna@x {public(anna)}", f'bob@x namespaces="mass-apology" {public(bob)}'
    )
    approvals = signed(folder)
    assert give(approvals, anna) == "anna@x"
    assert give(approvals, anna, at=NOON + 1) == "anna@x"
    assert approvals.verdict(PARTS, LETTERS, now=NOON).missing == 1
    assert give(approvals, bob, at=NOON + 2.000001) == "bob@x"
    verdict = approvals.verdict(PARTS, LETTERS, now=NOON + HOUR)
    assert (verdict.approved, verdict.void) == (True, ())
    assert verdict.sentence == "Approved by anna@x and bob@x."


def test_the_signature_can_be_checked_with_ssh_keygen_alone(folder: Path, make_key: MakeKey) -> None:
    anna = make_key("anna")
    write_signers(folder, f"anna@x {public(anna)}")
    approval = signed(folder).give(PARTS, LETTERS, by=None, key=anna, now=NOON)
    assert approval.signature is not None
    (folder / "sig").write_text(approval.signature)
    text = (
        "mass-apology: this plan may be sent\ncampaign: acme-outage\n"
        f"plan: {plan_digest(PARTS)}\ncode: {plan_code(PARTS)}\nletters: 4812\nat: 2026-11-20T12:00:00.000000+00:00\n"
    )
    assert statement("acme-outage", parts=PARTS, letters=LETTERS, at=NOON) == text
    command = ["ssh-keygen", "-Y", "verify", "-f", "signers", "-I", "anna@x", "-n", "mass-apology", "-s", "sig"]
    subprocess.run(command, cwd=folder, input=text.encode(), check=True)


@pytest.mark.parametrize(
    ("parts", "letters", "at"),
    [(changed("the template"), LETTERS, NOON), (PARTS, 7, NOON), (PARTS, LETTERS, NOON - 30 * HOUR)],
)
def test_what_was_approved_cannot_be_turned_into_this_plan(
    folder: Path, make_key: MakeKey, parts: dict[str, str], letters: int, at: float
) -> None:
    anna = make_key("anna")
    write_signers(folder, f"anna@x {public(anna)}")
    approvals = signed(folder)
    approvals.give(parts, letters, by=None, key=anna, now=at)
    assert "signature" not in only_reason(approvals)
    with first_line(folder) as line:
        line.update(parts=PARTS, letters=LETTERS, at=NOON)
    assert only_reason(approvals).startswith("its signature is not one of anna@x under what was approved")


def test_a_borrowed_name_does_not_count(folder: Path, make_key: MakeKey) -> None:
    anna, bob = make_key("anna"), make_key("bob")
    write_signers(folder, f"anna@x {public(anna)}", f"bob@x {public(bob)}")
    give(signed(folder), anna)
    with first_line(folder) as line:
        line["by"] = "bob@x"
    assert only_reason(signed(folder)) == "it is signed by anna@x"


def test_one_key_is_one_person_whatever_names_the_signers_file_has_for_it(folder: Path, make_key: MakeKey) -> None:
    anna = make_key("anna")
    write_signers(folder, f"anna@x,anna@y {public(anna)}", f"boss@x {public(anna)}")
    approvals = signed(folder)
    assert give(approvals, anna) == "anna@x"
    give(approvals, anna, at=NOON + 1)
    for name in ("anna@y", "boss@x"):
        with first_line(folder) as line:
            line["by"] = name
        verdict = approvals.verdict(PARTS, LETTERS, now=NOON)
        assert (len(verdict.valid), [reason for _, reason in verdict.void]) == (1, ["it is signed by anna@x"])


def test_an_approval_does_not_count_for_another_campaign(folder: Path, make_key: MakeKey) -> None:
    anna = make_key("anna")
    write_signers(folder, f"anna@x {public(anna)}")
    give(signed(folder), anna)
    assert signed(folder, required=1).verdict(PARTS, LETTERS, now=NOON).approved
    assert "not one of anna@x under what was approved" in only_reason(signed(folder, "acme-outage-2"))


def test_a_signature_for_another_purpose_does_not_count(folder: Path, make_key: MakeKey) -> None:
    anna = make_key("anna")
    write_signers(folder, f"anna@x {public(anna)}")
    give(signed(folder), anna)
    path = folder / "text"
    path.write_text(statement("acme-outage", parts=PARTS, letters=LETTERS, at=NOON))
    subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-n", "git", "-f", anna, path], check=True)
    with first_line(folder) as line:
        line["signature"] = (folder / "text.sig").read_text()
    assert "not one of anna@x" in only_reason(signed(folder))


@pytest.mark.parametrize(
    "signature", ["", "nonsense", "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n"]
)
def test_nonsense_is_no_signature(folder: Path, make_key: MakeKey, signature: str) -> None:
    anna = make_key("anna")
    write_signers(folder, f"anna@x {public(anna)}")
    give(signed(folder), anna)
    with first_line(folder) as line:
        line["signature"] = signature
    assert only_reason(signed(folder)).startswith("nobody in signers made its signature")


def test_who_leaves_the_signers_file_approves_no_more(folder: Path, make_key: MakeKey) -> None:
    anna, bob = make_key("anna"), make_key("bob")
    write_signers(folder, f"anna@x {public(anna)}")
    give(signed(folder), anna)
    write_signers(folder, f"bob@x {public(bob)}")
    assert only_reason(signed(folder)).startswith("nobody in signers made its signature")
    write_signers(folder, f'anna@x valid-before="20200101" {public(anna)}')
    assert "expired" in only_reason(signed(folder))


def test_a_named_approval_does_not_count_where_signatures_are_asked(folder: Path, make_key: MakeKey) -> None:
    write_signers(folder, f"anna@x {public(make_key('anna'))}")
    Approvals(folder, campaign()).give(PARTS, LETTERS, by="anna@x", key=None, now=NOON)
    assert only_reason(signed(folder)) == "it is not signed"


def test_a_signed_approval_runs_out_and_ends_with_a_change(folder: Path, make_key: MakeKey) -> None:
    anna = make_key("anna")
    write_signers(folder, f"anna@x {public(anna)}")
    approvals = signed(folder, required=1)
    give(approvals, anna)
    assert approvals.verdict(PARTS, LETTERS, now=NOON + 24 * HOUR).approved
    assert "has run out" in only_reason(approvals, now=NOON + 25 * HOUR)
    assert not approvals.verdict(changed("campaign.toml"), LETTERS, now=NOON).approved


# What stands in the way of signing


def refused(approvals: Approvals, key: Path | None, *, by: str | None = None) -> ApprovalError:
    """Why the approval could not be given; nothing was kept of it."""
    with pytest.raises(ApprovalError) as error:
        approvals.give(PARTS, LETTERS, by=by, key=key, now=NOON)
    assert approvals.verdict(PARTS, LETTERS, now=NOON).void == ()
    assert error.value.problem.endswith(".")
    return error.value


def test_a_stranger_cannot_approve(folder: Path, make_key: MakeKey) -> None:
    write_signers(folder, f"anna@x {public(make_key('anna'))}")
    error = refused(signed(folder), make_key("eve"))
    assert "would not count: nobody in signers made its signature (ssh-keygen: No principal matched)" in error.problem
    assert "lists" in error.next_step


@pytest.mark.parametrize("principals", ["*@x", "anna@?", "*,anna@x"])
def test_a_pattern_is_nobody(folder: Path, make_key: MakeKey, principals: str) -> None:
    anna = make_key("anna")
    write_signers(folder, f"{principals} {public(anna)}")
    assert "is not one person" in refused(signed(folder), anna).problem


def test_a_key_that_may_not_sign_approvals_cannot(folder: Path, make_key: MakeKey) -> None:
    anna = make_key("anna")
    write_signers(folder, f'anna@x namespaces="git" {public(anna)}')
    assert 'not permitted for use in signature namespace "mass-apology"' in refused(signed(folder), anna).problem


def test_by_can_only_confirm_whose_key_it_is(folder: Path, make_key: MakeKey) -> None:
    anna = make_key("anna")
    write_signers(folder, f"anna@x {public(anna)}")
    assert refused(signed(folder), anna, by="bob@x").problem == (
        "The key is anna@x's and not bob@x's; nothing was approved."
    )
    assert signed(folder).give(PARTS, LETTERS, by="ANNA@x", key=anna, now=NOON).by == "anna@x"


def test_a_key_is_asked_for(folder: Path, make_key: MakeKey) -> None:
    write_signers(folder, f"anna@x {public(make_key('anna'))}")
    assert "--key" in refused(signed(folder), None).next_step


def test_a_missing_key_and_a_missing_signers_file_are_told(folder: Path, make_key: MakeKey) -> None:
    anna = make_key("anna")
    assert "signers cannot be read: No such file" in refused(signed(folder), anna).problem
    write_signers(folder, f"anna@x {public(anna)}")
    assert "nobody cannot be read: No such file" in refused(signed(folder), folder / "nobody").problem
    give(signed(folder), anna)
    (folder / "signers").unlink()
    with pytest.raises(ApprovalError, match=r"signers file .* cannot be read") as error:
        signed(folder).verdict(PARTS, LETTERS, now=NOON)
    assert "[approval] signers" in error.value.next_step


def test_what_is_no_key_does_not_sign(folder: Path, make_key: MakeKey, capfd: pytest.CaptureFixture[str]) -> None:
    write_signers(folder, f"anna@x {public(make_key('anna'))}")
    (folder / "novel.txt").write_text("It was a dark and stormy night.\n")
    assert "gave no signature" in refused(signed(folder), folder / "novel.txt").problem
    assert capfd.readouterr().err  # ssh-keygen's own words


def test_a_passphrase_is_asked_for_and_a_wrong_one_refused(
    folder: Path, make_key: MakeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = make_key("anna", "correct horse")
    write_signers(folder, f"anna@x {public(anna)}")
    asker = folder / "asker"
    asker.touch(0o700)
    monkeypatch.setenv("SSH_ASKPASS", str(asker))
    asker.write_text("#!/bin/sh\necho wrong\n")
    assert "Unlock the key" in refused(signed(folder), anna).next_step
    asker.write_text("#!/bin/sh\necho correct horse\n")
    assert give(signed(folder), anna) == "anna@x"


def test_an_agent_signs_with_the_public_half_of_the_key(
    folder: Path, make_key: MakeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = make_key("anna")
    write_signers(folder, f"anna@x {public(anna)}")
    with tempfile.TemporaryDirectory() as short:  # a socket's path may have some hundred octets only
        socket = f"{short}/agent"
        with subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.PIPE, text=True) as agent:
            try:
                assert agent.stdout is not None
                agent.stdout.readline()  # it says where it listens, when it does
                monkeypatch.setenv("SSH_AUTH_SOCK", socket)
                subprocess.run(["ssh-add", "-q", anna], check=True)
                anna.unlink()
                public_half = anna.with_name("anna.pub")
                assert give(signed(folder), public_half) == "anna@x"
                subprocess.run(["ssh-add", "-q", "-D"], check=True)
                with pytest.raises(ApprovalError, match="gave no signature"):
                    give(signed(folder), public_half)
            finally:
                agent.terminate()


def test_without_ssh_keygen_it_says_so(folder: Path, make_key: MakeKey, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = make_key("anna")
    write_signers(folder, f"anna@x {public(anna)}")
    give(signed(folder), anna)
    monkeypatch.setenv("PATH", str(folder))
    for attempt in (lambda: give(signed(folder), anna), lambda: signed(folder).verdict(PARTS, LETTERS, now=NOON)):
        with pytest.raises(ApprovalError, match="ssh-keygen is not on the PATH"):
            attempt()


def test_nothing_is_left_in_the_temporary_folder(
    folder: Path, make_key: MakeKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    anna = make_key("anna")
    write_signers(folder, f"anna@x {public(anna)}")
    give(signed(folder), anna)
    refused_key = make_key("eve")
    with pytest.raises(ApprovalError):
        give(signed(folder), refused_key)
    assert signed(folder).verdict(PARTS, LETTERS, now=NOON).valid
    assert list(temporary.iterdir()) == []


def test_a_temporary_folder_that_cannot_be_used_is_told(
    folder: Path, make_key: MakeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = make_key("anna")
    write_signers(folder, f"anna@x {public(anna)}")
    monkeypatch.setattr(tempfile, "tempdir", str(folder / "missing"))
    assert "temporary" in refused(signed(folder), anna).next_step


def test_the_signers_file_and_the_key_may_be_anywhere(
    folder: Path, make_key: MakeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = make_key("anna")
    home = folder.parent / "home"
    home.mkdir()
    write_signers(home, f"anna@x {public(anna)}")
    monkeypatch.setenv("HOME", str(home))
    for signers in (str(home / "signers"), "~/signers", "../home/signers"):
        approvals = Approvals(folder, campaign(required=1, signers=signers))
        assert give(approvals, Path("~/../anna")) == "anna@x"
        assert approvals.verdict(PARTS, LETTERS, now=NOON).approved
