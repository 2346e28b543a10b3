"""What people do in the random stories: each act calls the flows as a user's command would."""

from __future__ import annotations

import mailbox
import os
import shutil
import time
from collections.abc import Callable, Sequence
from functools import partial
from random import Random

from msgspec import Struct
from random_stories_campaign import OF_ROWS, OF_THE_KEY, OF_WORDS, Edit, customer_of, rows
from random_stories_people import Listed, Reader
from random_stories_world import GUARDS, Do, Happened, World, rebuild_ledger
from returned_mail import returned
from sixty_days_judge import Arrived

from mass_apology.flows import control, event_loop, suppress
from mass_apology.flows.feedback import bounces, retry
from mass_apology.flows.follow_up import (
    affected,
    consent,
    correct,
    follow_up,
)
from mass_apology.flows.report import report
from mass_apology.flows.send import send
from mass_apology.ledger import Control
from mass_apology.workspace.workspace import Workspace

KILLED = 0.2  # of the acts that write
_MOST_STEPS = 40
_WRONG: tuple[Callable[[int], str], ...] = (lambda due: str(due + 1), lambda _: "", lambda _: "yes", lambda _: "0")


class Act(Struct, frozen=True, kw_only=True):
    """Something that somebody does."""

    name: str
    do: Do
    weight: float


def _maybe(chance: Random, share: float) -> bool:
    return chance.random() < share


# What people do while something runs


def _listed(world: World, chance: Random) -> Callable[[], None]:
    """Somebody phones, and ten seconds go by."""
    address = chance.choice(rows(world.folder))["email"]

    def phone() -> None:
        suppress.add(address, "requested", "phoned")
        world.journal.write(Listed(mailbox=address.lower(), at=time.monotonic()))
        world.clock.at += 10

    return phone


def _edits(
    world: World, chance: Random, many: Sequence[Edit], happened: Happened, when: str
) -> list[Callable[[], object]]:
    chosen = chance.sample(many, k=chance.choice((1, 1, 2)))
    happened.did += [f"{each.__name__.strip('_')}{when}" for each in chosen]
    return [partial(each, world.folder, Random(chance.random())) for each in chosen]


def _meanwhile(world: World, chance: Random, happened: Happened) -> list[Callable[[], object]]:
    """What is done while the number is asked for."""
    if _maybe(chance, 0.65):
        return []
    if _maybe(chance, 0.3):
        happened.did.append("somebody phones meanwhile")
        return [_listed(world, chance)]
    return _edits(world, chance, (*OF_ROWS, *OF_WORDS, *OF_WORDS, OF_THE_KEY), happened, " meanwhile")


def _answer(chance: Random, happened: Happened) -> Callable[[int], str]:
    if _maybe(chance, 0.9):
        return str
    happened.did.append("types another number")
    return chance.choice(_WRONG)


def _reader(world: World, chance: Random, happened: Happened, wave: str, **options: object) -> Reader:
    later = []
    if _maybe(chance, 0.1):
        happened.did.append("somebody phones while it runs")
        later.append(_listed(world, chance))
    if _maybe(chance, 0.1):
        wanted = chance.choice((Control.PAUSE, Control.STOP))
        happened.did.append(wanted.name)
        later.append(partial(control.request, world.folder, wanted))
    return Reader(
        world.folder,
        world.journal,
        world.clock,
        wave,
        answer=_answer(chance, happened),
        meanwhile=_meanwhile(world, chance, happened),
        later=later,
        patience=chance.choice((0, 0, 2, 30)),
        **options,
    )


def _run(world: World, chance: Random, happened: Happened, act: Callable[[], object]) -> bool:
    """Do it here, or in a process that is killed; whether it came to its end."""
    if _maybe(chance, KILLED):
        return world.killed(happened, chance.randint(1, _MOST_STEPS), act)
    act()
    return True


# Sending


def _overrides(world: World, chance: Random, happened: Happened) -> tuple[str, ...]:
    codes: tuple[str, ...] = ()
    if _maybe(chance, 0.06):
        codes += GUARDS
        world.overridden = True
    if _maybe(chance, 0.04):
        codes += ("already-written",)
    if codes:
        happened.did.append(f"overrides {', '.join(codes)}")
    return codes


def _send(world: World, chance: Random, happened: Happened) -> None:
    resend, override = _maybe(chance, 0.25), _overrides(world, chance, happened)
    options = send.SendOptions(
        resend_in_doubt=resend,
        skip_bad_rows=_maybe(chance, 0.6),
        withhold_missing=_maybe(chance, 0.8),
        override=override,
    )
    happened.did += ["resends"] * resend
    reader = _reader(world, chance, happened, "first", resend=resend, override=override)
    if _run(world, chance, happened, lambda: send.run(Workspace.open(world.folder), options, reader)):
        happened.settled = True
        happened.sent = not any("meanwhile" in each for each in happened.did)


def _others(world: World, chance: Random) -> dict[str, Callable[[], object]]:
    """What somebody does at a second terminal."""
    options = send.SendOptions(skip_bad_rows=True, withhold_missing=True)
    correction = affected.CorrectOptions(template="again")

    def reader(wave: str) -> Reader:
        return Reader(world.folder, world.journal, world.clock, wave, patience=0)

    return {
        "send": lambda: send.run(Workspace.open(world.folder), options, reader("first")),
        "follow-up": lambda: follow_up.run(Workspace.open(world.folder), reader("one")),
        "correct": lambda: correct.correct(Workspace.open(world.folder), correction, reader("correction")),
        "retry": lambda: retry.retry(Workspace.open(world.folder), retry.RetryOptions(), lambda _: None, str),
        "stop": lambda: control.request(world.folder, Control.STOP),
        "pause": lambda: control.request(world.folder, Control.PAUSE),
        "phone": _listed(world, chance),
        "edit": partial(chance.choice((*OF_ROWS, *OF_WORDS)), world.folder, chance),
        "report": partial(_report, world, chance, None),
    }


def _send_beside(world: World, chance: Random, happened: Happened) -> None:
    """Two terminals: the other one begins while the first asks, or sends."""
    options = send.SendOptions(skip_bad_rows=True, withhold_missing=True)
    others = _others(world, chance)
    what = chance.choice(("send", "send", *others))
    second = world.second_terminal(others[what])
    call = chance.choice((second.call, second.call_and_wait))
    when = chance.choice(("meanwhile", "later"))
    first = Reader(world.folder, world.journal, world.clock, "first", patience=2, **{when: [call]})
    happened.did.append(f"{what} {when}")
    try:
        if _run(world, chance, happened, lambda: send.run(Workspace.open(world.folder), options, first)):
            happened.settled = True
            happened.sent = what != "edit"
    finally:
        happened.second_died = not second.end()


def _wave(world: World, chance: Random) -> str:
    """The follow-up that somebody thinks of: the second one once the first has come to somebody."""
    has_come = any(receipt.wave == "one" for receipt in world.book.receipts)
    return "two" if has_come and _maybe(chance, 0.6) else "one"


def _arm(world: World, chance: Random, happened: Happened) -> None:
    wave = _wave(world, chance)
    happened.did.append(wave)
    reader = _reader(world, chance, happened, wave, arms=True)

    def agree() -> None:
        event_loop.run(
            consent.agree(Workspace.open(world.folder), wave, reader.count, confirm=None, on_progress=reader.stage)
        )

    if _run(world, chance, happened, agree):
        happened.armed = wave


def _follow(world: World, chance: Random, happened: Happened) -> None:
    override = _overrides(world, chance, happened)
    wave = _wave(world, chance)
    resend = follow_up.Resend(wave=wave, confirm=None) if _maybe(chance, 0.25) else None
    happened.did += [f"resends {wave}"] * (resend is not None)
    reader = _reader(world, chance, happened, wave, resend=resend is not None, override=override)
    if _run(
        world, chance, happened, lambda: follow_up.run(Workspace.open(world.folder), reader, resend, override=override)
    ):
        happened.settled = True


def _arm_and_follow(world: World, chance: Random, happened: Happened) -> None:
    wave = _wave(world, chance)
    happened.did.append(wave)
    world.clock.at += 4 * 86400 if wave == "two" else 0
    reader = Reader(world.folder, world.journal, world.clock, wave, arms=True)
    event_loop.run(
        consent.agree(Workspace.open(world.folder), wave, reader.count, confirm=None, on_progress=reader.stage)
    )
    happened.armed = wave
    sees = _reader(world, chance, happened, wave)
    if _run(world, chance, happened, lambda: follow_up.run(Workspace.open(world.folder), sees)):
        happened.settled = True


def _correct(world: World, chance: Random, happened: Happened) -> None:
    resend, override = _maybe(chance, 0.25), _overrides(world, chance, happened)
    options = affected.CorrectOptions(
        template="again",
        where="minutes < 400" if _maybe(chance, 0.4) else None,
        changed=_maybe(chance, 0.2),
        resend_in_doubt=resend,
        override=override,
    )
    happened.did += ["resends"] * resend
    reader = _reader(world, chance, happened, "correction", resend=resend, override=override)
    if _run(world, chance, happened, lambda: correct.correct(Workspace.open(world.folder), options, reader)):
        happened.settled = True


# What comes between


def _edit(world: World, chance: Random, happened: Happened) -> None:
    for edit in _edits(world, chance, OF_ROWS, happened, ""):
        edit()


def _edit_words(world: World, chance: Random, happened: Happened) -> None:
    for edit in _edits(world, chance, OF_WORDS, happened, ""):
        edit()


def _edit_key(world: World, chance: Random, happened: Happened) -> None:
    OF_THE_KEY(world.folder, chance)


def _suppress(world: World, chance: Random, happened: Happened) -> None:
    phone = _listed(world, chance)
    if not _run(world, chance, happened, phone):
        happened.did.append("it may be on the list")


def _unsuppress(world: World, chance: Random, happened: Happened) -> None:
    address = chance.choice(rows(world.folder))["email"]
    world.journal.write(Listed(mailbox=address.lower(), at=time.monotonic(), off=True))
    suppress.remove(address)


def _retry(world: World, chance: Random, happened: Happened) -> None:
    options = retry.RetryOptions(wave=chance.choice(("first", "first", "one", "correction")))
    count = _answer(chance, happened)
    if _run(world, chance, happened, lambda: retry.retry(Workspace.open(world.folder), options, lambda _: None, count)):
        happened.settled = True


def _bounces(world: World, chance: Random, happened: Happened) -> None:
    """One to three letters come back."""
    letters = [
        (place, receipt)
        for place, receipt in enumerate(world.book.receipts)
        if place in world.known and receipt.mailbox.startswith("customer")
    ]
    path = world.new_folder("returned").with_suffix(".mbox")
    box, listed = mailbox.mbox(path), []
    for place, receipt in chance.sample(letters, k=min(len(letters), chance.randint(1, 3))):
        what = chance.choice(("dead", "complaint", "full", "reply", "away"))
        number = customer_of(receipt.mailbox.removeprefix("custome").partition("@")[0])
        letter = Arrived(run=0, at=time.monotonic(), wave=receipt.wave, number=number, message_id=receipt.message_id)
        box.add(returned(what, letter))
        happened.did.append(f"{what} {receipt.mailbox}")
        listed += [receipt.mailbox] * (what in {"dead", "complaint"} and place in world.known)
    box.close()

    def settle() -> None:
        bounces.settle(Workspace.open(world.folder), str(path), on_progress=lambda *_: None)

    if _run(world, chance, happened, settle):
        happened.settled = True
        for each in listed:
            world.journal.write(Listed(mailbox=each, at=time.monotonic()))


def _report(world: World, _chance: Random, _happened: Happened) -> None:
    report.report(Workspace.open(world.folder), world.base / "report.csv", None, force=True)


def _jump(world: World, chance: Random, happened: Happened) -> None:
    by = chance.choice((-3600.0, -86400.0, 60.0, 3600.0, 86400.0, 4 * 86400.0))
    world.clock.at += by
    happened.did.append(f"{by:.0f} s")


def _ask(world: World, chance: Random, happened: Happened) -> None:
    control.request(world.folder, chance.choice((Control.PAUSE, Control.STOP, Control.RUN)))


# The ledger, lost and found


def _keep(world: World, _chance: Random, _happened: Happened) -> None:
    world.kept = world.copy_ledger()


def _lose(world: World, chance: Random, happened: Happened) -> None:
    """The file, alone or with its -wal, and sometimes one of the two witnesses: the log, or what this machine knows."""
    world.away = world.copy_ledger()
    witness = chance.choice(("", "", "the log", "the machine's record"))
    records = [path.read_text() for path in (world.base / "state" / "ledgers").glob("*.json")]
    if witness == "the log" and any(f'"{world.folder.resolve()}"' in each for each in records):
        (world.folder / "log.jsonl").unlink(missing_ok=True)
    elif witness == "the machine's record" and (world.folder / "log.jsonl").exists():
        shutil.rmtree(world.base / "state" / "ledgers", ignore_errors=True)
    else:
        witness = ""  # nothing else would tell of what left from here
    happened.did += [f"and {witness}"] * bool(witness)
    how = chance.choice(("all of it", "not its -wal", "emptied"))
    happened.did.append(how)
    if how == "all of it":
        world.delete_ledger()
    elif (world.folder / "ledger.sqlite").exists():
        if how == "emptied":
            os.truncate(world.folder / "ledger.sqlite", 0)
        else:
            (world.folder / "ledger.sqlite").unlink()
        world.known = frozenset()


def _put_back(world: World, _chance: Random, happened: Happened) -> None:
    if world.away:
        world.put_back(world.away)
        happened.did.append("the one that was lost")


def _set_back(world: World, _chance: Random, happened: Happened) -> None:
    if world.kept:
        world.away = world.copy_ledger()
        world.put_back(world.kept)
        happened.did.append("an older copy")


def _copy(world: World, chance: Random, happened: Happened) -> None:
    """The folder is copied, and letters are to leave from the copy."""
    copy, first = world.new_folder("trial"), world.folder
    shutil.copytree(first, copy)
    override: tuple[str, ...] = ()
    if _maybe(chance, 0.2):
        override = ("ledger-copied",)
        happened.did.append("overrides ledger-copied")
    if not any(
        path.stat().st_size for path in [*first.glob("ledger.sqlite"), *first.glob("*-wal"), *first.glob("log.jsonl")]
    ):
        world.overridden = True  # nothing in the folder tells that it is not a new campaign
    world.folder = copy
    try:
        options = send.SendOptions(skip_bad_rows=True, withhold_missing=True, override=override)
        send.run(Workspace.open(copy), options, Reader(copy, world.journal, world.clock, "first", patience=0))
        happened.sent = happened.settled = True
    finally:
        if not happened.sent:
            world.folder = first


ACTS = (
    Act(name="send", do=_send, weight=6),
    Act(name="send beside another terminal", do=_send_beside, weight=2.5),
    Act(name="arm", do=_arm, weight=1.5),
    Act(name="follow-up", do=_follow, weight=2.5),
    Act(name="arm and follow-up", do=_arm_and_follow, weight=2.5),
    Act(name="correct", do=_correct, weight=2),
    Act(name="edit the file", do=_edit, weight=4),
    Act(name="edit the words", do=_edit_words, weight=1.5),
    Act(name="name or unname a key", do=_edit_key, weight=1),
    Act(name="suppress add", do=_suppress, weight=2),
    Act(name="suppress remove", do=_unsuppress, weight=0.7),
    Act(name="retry", do=_retry, weight=1.3),
    Act(name="bounces", do=_bounces, weight=1.5),
    Act(name="report", do=_report, weight=0.3),
    Act(name="the clock jumps", do=_jump, weight=1),
    Act(name="pause, stop or resume", do=_ask, weight=0.5),
    Act(name="keep a copy of the ledger", do=_keep, weight=1),
    Act(name="lose the ledger", do=_lose, weight=0.8),
    Act(name="put back the ledger", do=_put_back, weight=1.2),
    Act(name="put back an older ledger", do=_set_back, weight=0.8),
    Act(name="rebuild the ledger", do=rebuild_ledger, weight=1),
    Act(name="copy the folder", do=_copy, weight=0.8),
)
