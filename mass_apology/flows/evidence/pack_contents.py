"""The files of a pack of evidence, one function each, as lines or octets."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct
from msgspec.structs import asdict

from mass_apology.approval import approval_file
from mass_apology.evidence import verify_pack
from mass_apology.evidence.pack_writer import canonical
from mass_apology.flows.evidence.run_facts import utc_moment
from mass_apology.flows.report.coverage import Coverage
from mass_apology.ledger import Records, Result
from mass_apology.ledger.came_back import Returned
from mass_apology.model import Status, read_lines
from mass_apology.sending.log_chain import NO_HEAD, hash_in
from mass_apology.settings import Campaign
from mass_apology.system.regular_file import refuse_special
from mass_apology.workspace.source_digests import file_digest, letters_settings
from mass_apology.workspace.workspace import Workspace

SETTINGS = "settings.json"
_PIECE = 1 << 20
_FOR_EVERYBODY = frozenset({"the template", "the languages"})  # parts whose files are packed, where they are texts
_TEXTS = frozenset({".md", ".txt", ".html", ".toml", ".css", ".typ"})


class Source(Struct, frozen=True, kw_only=True):
    """One part of what letters are made from."""

    part: str  # "the template"
    digest: str  # as the plan names it
    plain: bool  # whether that is the SHA-256 of the only file, and not one over names and contents
    files: list[dict[str, str | None]]  # name, sha256, and the file's name in the pack, where it is there


class PackedLog:
    """The log up to its last whole line, as it is when it is read; a sender may add to it meanwhile."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.head = NO_HEAD  # of the lines that were read

    def lines(self, *, may_be_missing: bool) -> Iterator[bytes]:
        """Each line with its line feed; none of a file that is missing, where that may be. Raises ``OSError``."""
        if may_be_missing and not self._path.exists():
            return
        refuse_special(self._path)
        with self._path.open("rb") as file:
            left = file.seek(0, 2)
            file.seek(0)
            while left and (line := file.readline(left)).endswith(b"\n"):
                left -= len(line)
                self.head = hash_in(line) or self.head
                yield line


def result_lines(results: Iterable[Result], counts: Counter[Status]) -> Iterator[bytes]:
    """One person a line; ``counts`` are added to as they pass."""
    for result in results:
        counts[result.status] += 1
        yield canonical(_result(result)) + b"\n"


def _result(result: Result) -> dict[str, object]:
    times = ("planned_at", "handed_over_at", "accepted_at", "marked_at")
    same = ("address", "name", "language", "wave", "message_id", "attempts", "code", "enhanced_code", "reply")
    return {
        **{name: getattr(result, name) for name in same},
        **{name: _moment(getattr(result, name)) for name in times},
        "status": result.status.value,
        "lines": read_lines(result.lines),
        "sha256": result.sha256.hex() if result.sha256 else None,
    }


def cover_lines(coverage: Coverage, results: Iterable[Result]) -> Iterator[bytes]:
    """What one person was told a line."""
    for cover in coverage.of(results):
        facts = {
            "message_id": cover.result.message_id,
            "language": cover.result.language,
            "accepted_at": _moment(cover.result.accepted_at),
            "minutes_from_aware": cover.minutes,
            "legal_pack": coverage.legal_pack,
            "contents": len(coverage.contents),
            "given": cover.given,
            "missing": cover.missing,
            "judged_by": cover.basis.value,
        }
        yield canonical(facts) + b"\n"


def returned_lines(returned: Iterable[Returned]) -> Iterator[bytes]:
    """One message or event that came back a line."""
    for each in returned:
        yield canonical({**asdict(each), "read_at": _moment(each.read_at), "at": _moment(each.at)}) + b"\n"


def plan_file(campaign: Campaign, ledger: Records, sources: Iterable[Source]) -> bytes:
    """What was planned, what letters were made from, and what was armed, as JSON."""
    return canonical(
        {
            "campaign": campaign.name,
            "planned": dict(ledger.digest_parts),
            "editions": [
                {
                    "wave": each.wave,
                    "parts": dict(each.digest_parts),
                    "letters": each.letters,
                    "first_at": _moment(each.first_at),
                }
                for each in ledger.editions()
            ],
            "armed": [
                {"wave": each.wave, "at": _moment(each.at), "by": each.by, "letters": each.letters}
                for each in ledger.waves.armed().values()
            ],
            "sources": list(sources),
        }
    )


def sources_of(workspace: Workspace) -> tuple[list[Source], dict[str, bytes]]:
    """All parts of the letters that campaign.toml names, and the files of them that go into the pack."""
    campaign = workspace.campaign
    packed = {SETTINGS: letters_settings(campaign)}
    settings = hashlib.sha256(packed[SETTINGS]).hexdigest()
    sources = [Source(part="campaign.toml", digest=settings, plain=True, files=[_file(SETTINGS, settings, SETTINGS)])]
    for template in dict.fromkeys((campaign.template, *(each.template for each in campaign.follow_up))):
        digests = workspace.letter_parts(template)
        for part, paths in workspace.part_files(template).items():
            files = [_source_file(part, template, path, packed) for path in paths]
            sources.append(Source(part=part, digest=digests[part], plain=False, files=files))
    return sources, packed


def _source_file(part: str, template: str, path: Path, packed: dict[str, bytes]) -> dict[str, str | None]:
    digest = file_digest(path)
    if digest is None or part not in _FOR_EVERYBODY or path.suffix not in _TEXTS:
        return _file(path.name, digest.hex() if digest else None, None)
    octets = path.read_bytes()
    folder = f"templates/{template}" if part == "the template" else "languages"
    name = f"{folder}/{path.name}"
    if packed.get(name, octets) != octets:  # a layout's file has the name of a letter's
        name = f"{folder}/{path.parent.name}-{path.name}"
    packed[name] = octets
    return _file(path.name, hashlib.sha256(octets).hexdigest(), name)


def _file(name: str, sha256: str | None, packed: str | None) -> dict[str, str | None]:
    return {"name": name, "sha256": sha256, "file": packed}


def own_files(workspace: Workspace) -> Mapping[str, Path]:
    """The approvals and who may give them, by their names in the pack, where they are there."""
    approval = workspace.campaign.approval
    files = {verify_pack.APPROVALS: approval_file.path_in(workspace.folder)}
    for name, named in ((verify_pack.SIGNERS, approval.signers), (verify_pack.PASSKEYS, approval.passkeys)):
        if named:
            files[name] = workspace.folder / Path(named).expanduser()
    return {name: path for name, path in files.items() if path.is_file()}


def pieces(path: Path) -> Iterator[bytes]:
    """A file's octets, piece by piece."""
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _moment(at: float | None) -> str | None:
    return None if at is None else utc_moment(at)
