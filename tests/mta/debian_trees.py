"""Postfix, Exim and OpenSMTPD out of Debian's packages, each unpacked into a folder that can be a root folder.

As packages they exclude each other, and each has names of users and folders compiled in. So none is installed: what one
needs, down to the C library, is unpacked into ``build/mta/NAME``, and the server runs with a copy of that folder as its
root. Making such a folder takes Debian's ``apt-get`` and ``dpkg``; running a server in it takes root.

``python -m tests.mta.debian_trees`` makes all three, and says in one sentence why it cannot.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

BUILD = Path(__file__).parents[2] / "build" / "mta"

PACKAGES = {
    "postfix": ("postfix", "libsasl2-modules", "libsasl2-modules-db", "sasl2-bin"),
    "exim": ("exim4-daemon-light",),
    "opensmtpd": ("opensmtpd", "dash"),  # it delivers by a shell's command
}
_MERGED = ("bin", "sbin", "lib", "lib64")  # links into /usr, as Debian's base-files makes them
_LIBRARY = re.compile(r"lib(?!perl)|zlib")
_NEITHER = ("--no-recommends", "--no-suggests", "--no-conflicts", "--no-breaks", "--no-replaces", "--no-enhances")


class Unobtainable(Exception):
    """Why there can be no servers here: one sentence."""


def tree(name: str) -> Path:
    """The unpacked folder of one server; made where it is missing. Raises ``Unobtainable``."""
    if os.geteuid() != 0:
        raise Unobtainable("The servers run with a root folder and users of their own, which only root may arrange.")
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise Unobtainable("The servers are taken out of Debian's packages, and there is no apt-get and dpkg here.")
    made = BUILD / name
    wanted = " ".join(PACKAGES[name])
    stamp = made / "unpacked"
    if not stamp.exists() or stamp.read_text() != wanted:
        _make(made, PACKAGES[name])
        stamp.write_text(wanted)
    return made / "root"


def _make(folder: Path, packages: tuple[str, ...]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    root = folder / "root"
    for each in _MERGED:
        (root / "usr" / each).mkdir(parents=True)
        (root / each).symlink_to(f"usr/{each}")
    with tempfile.TemporaryDirectory(prefix="mta-packages-") as downloads:
        Path(downloads).chmod(0o777)  # apt-get downloads as a user of its own
        _download(packages, Path(downloads))
        for package in sorted(Path(downloads).glob("*.deb")):
            _run("dpkg-deb", "-x", str(package), str(root))
    for each in ("share/doc", "share/man", "share/locale", "lib/x86_64-linux-gnu/gconv"):
        shutil.rmtree(root / "usr" / each, ignore_errors=True)


def _download(packages: tuple[str, ...], folder: Path) -> None:
    """Raises ``Unobtainable``."""
    try:
        _run("apt-get", "download", *_with_libraries(packages), cwd=folder)
    except Unobtainable:  # the lists of packages are missing, or older than the archive
        _run("apt-get", "update", "-q")
        _run("apt-get", "download", *_with_libraries(packages), cwd=folder)


def _with_libraries(packages: tuple[str, ...]) -> list[str]:
    """The packages and all libraries that they need; of other dependencies, such as debconf, nothing runs here."""
    needs = _dependencies(packages)
    seen: set[str] = set()
    waiting = list(packages)
    while waiting:
        package = waiting.pop()
        if package not in seen:
            seen.add(package)
            waiting += [each for each in needs[package] if _LIBRARY.match(each)]
    return sorted(seen)


def _dependencies(packages: tuple[str, ...]) -> dict[str, list[str]]:
    """What each package needs, of these packages and all that they need in turn."""
    needs: dict[str, list[str]] = defaultdict(list)
    package = ""
    for line in _run("apt-cache", "depends", "--recurse", "--important", *_NEITHER, *packages).splitlines():
        if not line.startswith(" "):
            package = line
        elif "Depends: " in line:
            needs[package].append(line.partition("Depends: ")[2])
    return needs


def _run(*words: str, cwd: Path | None = None) -> str:
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "nothing").splitlines()[-1]
        raise Unobtainable(f"Debian's packages cannot be had: {' '.join(words[:2])} said: {said}")
    return done.stdout


def main() -> int:
    try:
        for name in PACKAGES:
            print(f"{name}: {tree(name)}")
    except Unobtainable as problem:
        print(f"No real mail servers: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
