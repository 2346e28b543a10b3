"""``worker --ledger URL``: what a machine confirmed that is gone is finished and closed by others by the URL."""

from __future__ import annotations

import errno
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psycopg
import pytest
from live import Person, campaign_folder, customers, relay
from postgres_server import shared_server
from smtp_fakes import Relay

from mass_apology.errors import CampaignError, MassApologyError, OutputError
from mass_apology.flows.plan import plan
from mass_apology.flows.send import send, travelling_files
from mass_apology.flows.send.send import SendOptions
from mass_apology.flows.worker import unpacked_folder, worker
from mass_apology.flows.worker.database_campaigns import DatabaseCampaigns
from mass_apology.model import Finding
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

LETTERS = 2200
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)


@pytest.fixture
def live() -> Iterator[Relay]:
    with relay() as listening:
        yield listening


@pytest.fixture
def url() -> str:
    return shared_server().new_database()


def made(folder: Path, live: Relay, url: str, letters: int = LETTERS, **tables: Mapping[str, object]) -> Path:
    """A campaign with all kinds of files that a letter can be made from."""
    settings: dict[str, Mapping[str, object]] = {
        "ledger": {"url": url},
        "message": {"attachments": ["terms.pdf", "own/{number}.txt"]},
        "codes": {"file": "codes.csv"},
        **tables,
    }
    settings["relay"] = {"connections": 4, **settings.get("relay", {})}
    rows = [{**row, "number": str(n % 5)} for n, row in enumerate(customers(letters))]
    campaign_folder(folder, live.sink.url, rows, **settings)
    template = folder / "templates/sorry/en.md"
    template.write_text(template.read_text(encoding="utf-8") + "\nYour code is {{ code }}.\n", encoding="utf-8")
    (folder / "terms.pdf").write_bytes(b"%PDF-1.4\n" + bytes(range(256)) * 40)
    (folder / "own").mkdir()
    for number in range(5):
        (folder / f"own/{number}.txt").write_text(f"Only for those with {number}.\n", encoding="utf-8")
    (folder / "codes.csv").write_text("".join(f"CODE-{n}\n" for n in range(letters)), encoding="utf-8")
    return folder


def environment(home: Path) -> dict[str, str]:
    """That of a fresh machine."""
    home.mkdir(exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MASS_APOLOGY", "XDG_"))}
    return {**kept, "HOME": str(home)}


def started(home: Path, *words: str) -> subprocess.Popen[bytes]:
    with (home.parent / f"{home.name}.txt").open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "mass_apology", *words],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment(home),
            cwd=home,
            start_new_session=True,
        )


def said(home: Path) -> str:
    return (home.parent / f"{home.name}.txt").read_text(encoding="utf-8")


def wait_for(url: str, question: str, wanted: object) -> None:
    for _ in range(1200):
        with psycopg.connect(url) as connection:
            there = connection.execute("SELECT to_regclass('mass_apology.all_letter_file')").fetchone()
            if there != (None,) and connection.execute(question).fetchone() == (wanted,):
                return
        time.sleep(0.05)
    pytest.fail(f"{question} was never {wanted}")


def asked(url: str, question: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(question).fetchone()
    return None if row is None else row[0]


CONFIRMED = "SELECT count(*) FROM mass_apology.all_shared_wave"
OPEN = f"{CONFIRMED} WHERE is_open"


def statuses(url: str) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        connection.execute("SET search_path = mass_apology")
        (campaign,) = connection.execute("SELECT id FROM all_campaign").fetchone() or (0,)
        connection.execute("SELECT set_config('mass_apology.campaign', %s, false)", (str(campaign),))
        return dict(connection.execute("SELECT status, count(*) FROM delivery GROUP BY status").fetchall())


def octets(live: Relay) -> dict[str, bytes]:
    """Each letter as it arrived, but for its date."""
    return {one.recipients[0]: re.sub(rb"(?m)^Date: .*\r\n", b"", one.data, count=1) for one in live.received}


def with_the_same_key(folder: Path, url: str) -> None:
    """So that two ledgers make the same Message-IDs."""
    plan.ledger_key(Workspace.open(folder))
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE mass_apology.all_campaign SET key = %s", (bytes(32),))


@pytest.mark.timeout(400)  # a whole run of three processes
@pytest.mark.parametrize("moment", [CONFIRMED, OPEN])
def test_two_workers_with_only_the_url_finish_what_a_machine_confirmed_that_is_gone(
    tmp_path: Path, live: Relay, url: str, moment: str
) -> None:
    """``moment``: the machine dies while it sends the canary alone, or when the wave is shared."""
    with relay() as alone:
        other = shared_server().new_database()
        whole = made(tmp_path / "whole", alone, other)
        with_the_same_key(whole, other)
        assert started(tmp_path / "lonely", "send", "-C", str(whole), "--confirm", str(LETTERS)).wait(120) == 0
        expected = octets(alone)
    folder = made(tmp_path / "folder", live, url)
    with_the_same_key(folder, url)
    sender = started(tmp_path / "first", "send", "-C", str(folder), "--confirm", str(LETTERS))
    try:
        wait_for(url, moment, 1)
        while not live.received:
            time.sleep(0.01)
    finally:
        os.kill(sender.pid, signal.SIGKILL)
        sender.wait()
    with psycopg.connect(url) as connection:  # who is in no hurry
        text = (folder / "campaign.toml").read_bytes()
        assert connection.execute(
            "SELECT count(*) FROM mass_apology.all_letter_content WHERE data = %s", (text,)
        ).fetchone() == (1,)
    shutil.rmtree(folder)

    homes = [tmp_path / "second", tmp_path / "third"]
    workers = [started(home, "worker", "--ledger", url, "--once") for home in homes]
    assert [each.wait(240) for each in workers] == [0, 0], said(homes[0]) + said(homes[1])
    found = statuses(url)
    assert found.keys() <= {"ACCEPTED", "IN_DOUBT"}
    assert found.get("IN_DOUBT", 0) <= 8
    received = Counter(live.numbers)
    assert max(received.values()) == 1
    assert len(received) >= LETTERS - found.get("IN_DOUBT", 0)
    arrived = octets(live)
    assert {address: expected[address] for address in arrived} == arrived
    assert asked(url, CONFIRMED) == 0
    assert asked(url, "SELECT count(*) FROM mass_apology.all_note WHERE what LIKE '%is over%'") == 1
    for home in homes:
        left = {path.name for path in home.rglob("workers/*/*/*")}
        assert left <= {"log.jsonl", ".lock"}
    assert any(home.rglob("workers/*/*/log.jsonl") for home in homes)


def confirmed(tmp_path: Path, live: Relay, url: str, letters: int = 60, **tables: Mapping[str, object]) -> Path:
    """A machine confirmed this campaign and died before it sent anything: the relay let it wait."""
    folder = made(tmp_path / "folder", live, url, letters, **tables)
    sender = started(tmp_path / "first", "send", "-C", str(folder), "--confirm", str(letters))
    try:
        wait_for(url, CONFIRMED, 1)
    finally:
        os.kill(sender.pid, signal.SIGKILL)
        sender.wait()
    return folder


class Told(Person):
    """Keeps what a worker says."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def notice(self, findings: Sequence[Finding]) -> None:
        self.told += [each.problem for each in findings]


def work(url: str, state: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    """A worker in this process that ends when there is nothing to do; its files are in ``state``."""
    monkeypatch.setenv("MASS_APOLOGY_STATE", str(state))
    person = Told()
    worker.run_all(worker.installation_of(url, None, None), person, once=True)
    return person


def in_database(url: str, statement: str, *facts: object) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("SET search_path = mass_apology")
        connection.execute(statement, facts)


NO_TERMS = "DELETE FROM all_letter_content WHERE starts_with(data::text, '\\x25504446')"  # %PDF
WRONGS = {
    "another content": (
        "UPDATE all_letter_content SET data = data || 'x' WHERE starts_with(data::text, '\\x25504446')",
        "terms.pdf in the database",
    ),
    "content missing": (NO_TERMS, "The content of terms.pdf is missing"),
    "file missing": (
        "DELETE FROM all_letter_file WHERE path = 'terms.pdf'",
        "In the database, the attachments differ from what was confirmed",
    ),
    "no files": ("DELETE FROM all_letter_file", "has no files of the wave first"),
    "another file": (
        "UPDATE all_letter_file SET sha256 = (SELECT sha256 FROM all_letter_file WHERE path = 'codes.csv') "
        "WHERE path = 'terms.pdf'",
        "In the database, the attachments differ from what was confirmed",
    ),
    "outside": ("UPDATE all_letter_file SET path = '../terms.pdf' WHERE path = 'terms.pdf'", "'../terms.pdf'"),
    "absolute": ("UPDATE all_letter_file SET path = '/tmp/terms.pdf' WHERE path = 'terms.pdf'", "'/tmp/terms.pdf'"),
    "on a drive": ("UPDATE all_letter_file SET path = 'C:/terms.pdf' WHERE path = 'terms.pdf'", "'C:/terms.pdf'"),
    "the log": ("UPDATE all_letter_file SET path = 'log.jsonl' WHERE path = 'terms.pdf'", "'log.jsonl'"),
    "another version": (
        "UPDATE all_shared_wave SET digest_parts = replace(digest_parts, '\"the program''s version\":\"', "
        "'\"the program''s version\":\"9.')",
        "confirmed with mass-apology 9.",
    ),
    "terms of a later version": ("UPDATE all_shared_wave SET terms = '{\"more\": 1}'", "cannot be read"),
}


@pytest.mark.parametrize("wrong", WRONGS)
def test_what_is_not_what_was_confirmed_is_refused_in_a_sentence(
    tmp_path: Path, live: Relay, url: str, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    statement, sentence = WRONGS[wrong]
    confirmed(tmp_path, live, url)
    before = len(live.received)
    in_database(url, statement)
    with pytest.raises(MassApologyError) as refused:
        work(url, tmp_path / "state", monkeypatch)
    assert sentence in refused.value.problem
    assert refused.value.next_step
    assert len(live.received) == before
    assert not list((tmp_path / "state").rglob("terms.pdf"))
    assert not (tmp_path / "terms.pdf").exists()


def test_one_campaign_that_cannot_be_sent_holds_up_no_other(
    tmp_path: Path, live: Relay, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    confirmed(tmp_path / "a", live, url, top={"name": "wrong"})
    in_database(url, NO_TERMS)
    with relay() as other:
        folder = made(tmp_path / "b" / "folder", other, url, 60)
        sender = started(tmp_path / "b" / "first", "send", "-C", str(folder), "--confirm", "60")
        wait_for(url, CONFIRMED, 2)
        os.kill(sender.pid, signal.SIGKILL)
        sender.wait()
        with pytest.raises(CampaignError, match=r"terms\.pdf is missing"):
            work(url, tmp_path / "state", monkeypatch)
        assert len(set(other.numbers)) > 50
    assert asked(url, CONFIRMED) == 1


def test_a_full_disk_is_told_and_leaves_nothing(
    tmp_path: Path, live: Relay, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirmed(tmp_path, live, url)

    def full(path: Path, content: bytes) -> None:
        if path.name == "terms.pdf":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        path.write_bytes(content)

    with monkeypatch.context() as disk:
        disk.setattr(unpacked_folder, "write_whole", full)
        with pytest.raises(OutputError, match="the disk is full"):
            work(url, tmp_path / "state", monkeypatch)
    assert {path.name for path in (tmp_path / "state").rglob("workers/*/*/*")} <= {".lock"}
    work(url, tmp_path / "state", monkeypatch)
    assert asked(url, CONFIRMED) == 0


def test_two_that_unpack_at_once_have_folders_of_their_own(
    tmp_path: Path, live: Relay, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MASS_APOLOGY_STATE", str(tmp_path / "state"))
    confirmed(tmp_path, live, url)
    installation = worker.installation_of(url, None, None)
    found: list[Path] = []

    def look() -> None:
        with DatabaseCampaigns(installation, lambda _: None) as campaigns:
            for workspace in campaigns.ready():
                assert workspace.letter_parts("sorry") == Workspace.open(tmp_path / "folder").letter_parts("sorry")
                found.append(workspace.folder)
                together.wait(60)

    together = threading.Barrier(3)
    threads = [threading.Thread(target=look) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(path.name for path in found) == ["1", "2", "3"]
    assert not list((tmp_path / "state").rglob("terms.pdf"))


def test_what_a_killed_worker_left_is_mended_and_goes_when_nobody_needs_it(
    tmp_path: Path, live: Relay, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirmed(tmp_path, live, url)
    state = tmp_path / "state"
    left = state / "workers" / str(asked(url, "SELECT ledger FROM mass_apology.all_origin")) / "1"
    foreign = state / "workers" / ("0" * 32) / "1"
    for folder in (left, foreign):  # as of a worker that was killed while it unpacked something else
        (folder / "templates/sorry").mkdir(parents=True)
        (folder / "templates/sorry/de.md").write_text("Subject: old\n\nold\n", encoding="utf-8")
        (folder / "terms.pdf").write_bytes(b"half")
        (folder / "log.jsonl").write_text("{}\n", encoding="utf-8")
    (left / "own").symlink_to(tmp_path)
    work(url, state, monkeypatch)
    assert asked(url, CONFIRMED) == 0
    assert {path.name for path in left.iterdir()} == {"log.jsonl", ".lock"}
    assert {path.name for path in foreign.iterdir()} == {"log.jsonl", ".lock"}
    assert (tmp_path / "folder/terms.pdf").exists()


def test_files_that_are_too_large_stay_and_are_told(
    tmp_path: Path, live: Relay, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(travelling_files, "LIMIT", 10_000)
    monkeypatch.setenv("MASS_APOLOGY_STATE", str(tmp_path / "state"))
    folder = made(tmp_path / "folder", live, url, 3)
    person = Told()
    send.run(Workspace.open(folder), SendOptions(confirm=3), person)
    assert any("too large together" in each for each in person.told)
    assert asked(url, "SELECT count(*) FROM mass_apology.all_letter_content") == 0
    assert statuses(url) == {"ACCEPTED": 3}


def test_an_idle_worker_ends_at_a_signal(tmp_path: Path, url: str) -> None:
    process = started(tmp_path / "home", "worker", "--ledger", url)
    time.sleep(3)  # it looks for letters by then; before, a signal ends it as any process
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) in {0, -signal.SIGTERM}
