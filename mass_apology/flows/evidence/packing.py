"""``report --evidence``: a pack that proves by itself what was sent, and a time-stamp for it."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from pathlib import Path

from msgspec import Struct
from msgspec.structs import asdict

from mass_apology import __version__, high_water
from mass_apology.errors import InputError, MassApologyError, OutputError
from mass_apology.evidence import verify_pack
from mass_apology.evidence.pack_writer import PackWriter, canonical
from mass_apology.evidence.time_stamps import add_token, time_of, time_stamp_request
from mass_apology.evidence.verify_pack import Broken, Pack
from mass_apology.flows.continuity.outside import require_ledger, require_plan
from mass_apology.flows.evidence import pack_contents as contents
from mass_apology.flows.evidence.run_facts import note_lines, utc_moment
from mass_apology.flows.operator import OnProgress, watched
from mass_apology.flows.output import new_binary_file, refuse_existing, require_ending
from mass_apology.flows.report.coverage import Coverage
from mass_apology.ledger import Records
from mass_apology.model import FIRST_WAVE, Status
from mass_apology.workspace.workspace import Workspace

VERIFIER, README, RETURNED = "verify.py", "README.txt", "bounces.jsonl"
LARGEST_TOKEN = 1 << 20  # octets; real ones have some thousand
NONCE_BITS = 63

_README = """This is what is known of one mailing, packed so that it can be checked without the program that sent it.

    python3 verify.py {name}

says what it proves and what it does not. It needs Python 3.9 or later, and nothing else. Take verify.py out of the
pack with any program for zip files. Whoever makes a pack can make a verify.py that says yes: if it matters, take your
own copy, of mass-apology (python3 -m mass_apology.evidence.verify_pack {name}) or of an earlier pack.

results/      one person of a wave a line: status, times, the relay's reply, SHA-256 of the letter
log.jsonl     what happened, in order, as a hash chain; letters are named by their Message-IDs
logs/         the same of further machines
plan.json     what letters were made from, and the digests; settings.json and templates/ are of it
notes.jsonl   what people did: confirmed, armed, took back
approvals.jsonl, signers, passkeys      who approved which plan, and by which keys
bounces.jsonl what came back
coverage/     of letters that the law asks something of: which of it stands in each person's
manifest.json the digests of all this; its own digest stands for the whole pack
"""


class PackOptions(Struct, frozen=True, kw_only=True):
    """The options of ``report --evidence``, as given on the command line."""

    to: Path
    logs: tuple[Path, ...] = ()  # of further machines that sent with the same ledger
    request: Path | None = None  # write a request for a time-stamp there
    force: bool = False


class Evidence(Struct, frozen=True, kw_only=True):
    """A pack that was written, or got a time-stamp."""

    written: str
    digest: str  # SHA-256 of its manifest, hexadecimal: it stands for the whole pack
    log_head: str  # of the hash chain of this folder's log; empty without a log
    people: int
    request: str | None = None  # the file with the request for a time-stamp
    stamped_at: str | None = None  # the time of its time-stamp


def pack(workspace: Workspace, options: PackOptions, *, on_progress: OnProgress = lambda *_: None) -> Evidence:
    """Write the pack, and the request for its time-stamp where one is wanted.

    Raises ``LedgerError`` where there is no ledger, or no plan in it; ``OutputError`` where a file cannot be written.
    """
    _require_writable(options)
    require_ledger(workspace)
    with workspace.ledger_store.read(workspace.campaign.name) as ledger:
        require_plan(ledger, ())
        with new_binary_file(options.to, force=options.force) as file:
            writer = PackWriter(file)
            anchors = _anchors(ledger)  # before the log is read, which may go on meanwhile
            heads = _add_logs(writer, workspace, options)
            _add_files(writer, workspace, ledger)
            counts = _add_results(writer, ledger, on_progress)
            for wave in counts:
                _add_coverage(writer, workspace, ledger, wave, on_progress)
            digest = writer.finish(_manifest(ledger, counts, heads, anchors))
    if options.request is not None:
        octets = time_stamp_request(bytes.fromhex(digest), secrets.randbits(NONCE_BITS) | 1)
        with new_binary_file(options.request, force=options.force) as request:
            request.write(octets)
    return Evidence(
        written=str(options.to),
        digest=digest,
        log_head=heads[verify_pack.LOG],
        people=sum(wave.total() for wave in counts.values()),
        request=str(options.request) if options.request else None,
    )


def stamp(options: PackOptions, token: Path) -> Evidence:
    """Put a time-stamp, as an authority answered, into the pack that it is about.

    Raises ``InputError`` where the pack is not as it was made, ``OutputError`` where the token is about another one.
    """
    octets = _token(token)
    try:
        there = Pack(options.to)
        manifest = there.manifest()
    except (ArithmeticError, AttributeError, Broken, LookupError, RecursionError, TypeError, ValueError) as error:
        raise InputError(
            f"{options.to} is no pack as it was made: {error}", next_step="Name the pack that the request was for."
        ) from error
    except OSError as error:
        raise InputError(
            f"{options.to} cannot be read: {error.strerror or error}.",
            next_step="Name the pack that the request was for.",
        ) from error
    with new_binary_file(options.to, force=True) as file:
        add_token(there, octets, file)
    _, at = time_of(octets)
    return Evidence(
        written=str(options.to),
        digest=there.members[verify_pack.MANIFEST].sha256,
        log_head=str(manifest["heads"][verify_pack.LOG]),
        people=sum(sum(wave.values()) for wave in manifest["counts"].values()),
        stamped_at=at,
    )


def _token(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_TOKEN)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror or error}.", next_step="Name the authority's answer."
        ) from error


def _require_writable(options: PackOptions) -> None:
    require_ending(options.to, (".zip",))
    refuse_existing(options.to, force=options.force)
    if options.request is not None:
        refuse_existing(options.request, force=options.force)
        if options.request == options.to:
            raise OutputError(
                "The pack and the request cannot be one file.", next_step="Give the request another name."
            )


def _add_logs(writer: PackWriter, workspace: Workspace, options: PackOptions) -> dict[str, str]:
    """Add what says how to verify, and the logs, which know no more than the results: file → head of its chain."""
    writer.add(README, [_README.format(name=options.to.name).encode()])
    writer.add(VERIFIER, [Path(verify_pack.__file__).read_bytes()])
    further = {f"{verify_pack.LOGS}{number}.jsonl": path for number, path in enumerate(options.logs, start=1)}
    heads = {}
    for name, path in {verify_pack.LOG: workspace.log_path, **further}.items():
        log = contents.PackedLog(path)
        try:
            writer.add(name, log.lines(may_be_missing=name == verify_pack.LOG))
        except OSError as error:
            raise InputError(
                f"{path} cannot be read: {error.strerror or error}.",
                next_step="Name the log.jsonl of another machine that sent with this ledger.",
            ) from error
        heads[name] = log.head
    return heads


def _add_files(writer: PackWriter, workspace: Workspace, ledger: Records) -> None:
    """Add plan, templates, notes, approvals, and what came back."""
    sources, packed = contents.sources_of(workspace)
    writer.add(verify_pack.PLAN, [contents.plan_file(workspace.campaign, ledger, sources)])
    for each, octets in sorted(packed.items()):
        writer.add(each, [octets])
    writer.add(verify_pack.NOTES, note_lines(ledger.notes()))
    for each, path in contents.own_files(workspace).items():
        writer.add(each, contents.pieces(path))
    writer.add(RETURNED, contents.returned_lines(ledger.answers.all()))


def _add_results(writer: PackWriter, ledger: Records, on_progress: OnProgress) -> dict[str, Counter[Status]]:
    """Add the people of each wave, and count them by status."""
    counts: dict[str, Counter[Status]] = {}
    for wave in dict.fromkeys((FIRST_WAVE, *ledger.wave_names())):
        counts[wave] = Counter()
        results = watched(ledger.results(wave), "packing results", ledger.people(wave).total, on_progress)
        writer.add(f"{verify_pack.RESULTS}{wave}.jsonl", contents.result_lines(results, counts[wave]))
    return counts


def _add_coverage(
    writer: PackWriter, workspace: Workspace, ledger: Records, wave: str, on_progress: OnProgress
) -> None:
    """Add what each person was told of what the law asks for, where the wave's template can still be read."""
    try:
        coverage = Coverage(workspace, ledger, wave)
    except MassApologyError:
        return
    if coverage.legal_pack:
        results = watched(ledger.results(wave), "judging letters", ledger.people(wave).total, on_progress)
        writer.add(f"{verify_pack.COVERAGE}{wave}.jsonl", contents.cover_lines(coverage, results))
        asked = {"legal_pack": coverage.legal_pack, "contents": coverage.contents}
        writer.add(f"{verify_pack.COVERAGE}{wave}-contents.json", [canonical(asked)])


def _anchors(ledger: Records) -> list[dict[str, str]]:
    """Heads of the chain that are kept elsewhere."""
    seen = high_water.recall(ledger.continuity.origin.ledger)
    if seen is None or not seen.log_head:
        return []
    return [{"where": "the record of the sending machine", "head": seen.log_head, "at": utc_moment(seen.at)}]


def _manifest(
    ledger: Records, counts: dict[str, Counter[Status]], heads: dict[str, str], anchors: list[dict[str, str]]
) -> dict[str, object]:
    origin = ledger.continuity.origin
    return {
        "program": f"mass-apology {__version__}",
        "campaign": ledger.name,
        "ledger": origin.ledger,
        "made_at": utc_moment(time.time()),
        "purged": ledger.is_purged,
        "heads": heads,
        "agreed": asdict(origin.log),
        "anchors": anchors,
        "counts": {wave: {status.value: count for status, count in its.items()} for wave, its in counts.items()},
    }
