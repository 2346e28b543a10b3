"""What is in packaging/ is tried as far as that goes without a container engine and without a running systemd.

The container file's steps are carried out one by one, in their order, in a folder that stands for the image's root.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mass_apology.relay_settings import RelaySettings
from mass_apology.smtp.password import VARIABLE
from mass_apology.workspace import ledger_store

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
PACKAGING = ROOT / "packaging"
STEPS = [
    line.split(" ", 1)
    for line in (PACKAGING / "Containerfile").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
SERVICE = (PACKAGING / "mass-apology@.service").read_text(encoding="utf-8")
WORKER = (PACKAGING / "mass-apology-worker@.service").read_text(encoding="utf-8")
LEDGER_WORKER = (PACKAGING / "mass-apology-ledger-worker@.service").read_text(encoding="utf-8")
PAGE = (PACKAGING / "mass-apology-page.service").read_text(encoding="utf-8")


class Image:
    """Carries steps out. All stages share one root, so that the virtual environment keeps its path."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.here = root
        self.user = ""
        self.environment = {"PATH": os.environ["PATH"]}
        self.command: list[str] = []
        for word in ("src", "opt", "campaigns"):
            (root / word).mkdir()

    def inside(self, text: str) -> str:
        """Absolute paths of the image that these steps use."""
        return re.sub(r"(?<![\w.])/(src|opt|campaigns)\b", rf"{self.root}/\1", text)

    def carry_out(self, step: str, rest: str) -> None:
        match step:
            case "FROM":
                self.here = self.root
            case "WORKDIR":
                self.here = Path(self.inside(rest))
            case "RUN":
                text = self.inside(rest).replace("python -m venv", f"{sys.executable} -m venv")
                text = re.sub("chown [0-9:]+", f"chown {os.getuid()}:{os.getgid()}", text)
                subprocess.run(["/bin/sh", "-ec", text], check=True, cwd=self.here, env=self.environment)
            case "COPY" if not rest.startswith("--from"):
                self.copy(*rest.split())
            case "ENV":
                name, _, value = self.inside(rest).partition("=")
                self.environment[name] = value
            case "USER":
                self.user = rest
            case "ENTRYPOINT":
                self.command = re.findall(r'"([^"]+)"', rest)

    def copy(self, *words: str) -> None:
        *sources, target = words
        for source in sources:
            to = self.here / target / source if target.endswith("/") else self.here / target
            to.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, to)
            else:
                shutil.copy(ROOT / source, to)


def test_only_what_is_copied_is_sent_to_the_engine() -> None:
    ignored = (PACKAGING / "Containerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    copied = {
        source
        for step, rest in STEPS
        if step == "COPY" and not rest.startswith("--from")
        for source in rest.split()[:-1]
    }
    assert {line.removeprefix("!") for line in ignored if line.startswith("!")} == copied


@pytest.mark.timeout(1000)
def test_the_container_files_steps_make_a_command_that_works_for_its_user(tmp_path: Path) -> None:
    image = Image(tmp_path)
    for step, rest in STEPS:
        image.carry_out(step, rest)
    assert image.user == "10001:10001"  # whose own the volume is; here it is this test's user

    def run(*words: str) -> str:
        program = shutil.which(image.command[0], path=image.environment["PATH"])
        assert program is not None
        assert program.startswith(str(tmp_path))
        done = subprocess.run(
            [program, *words],
            cwd=image.here,
            env=image.environment,  # no HOME: the state's folder is named
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "init" in run("--help")
    (image.here / "affected.csv").write_text("email,name\nann@a.example,Ann\n", encoding="utf-8")
    run("init", "trial", "--template", "service-outage", "--recipients", "affected.csv")
    run("suppress", "add", "bob@a.example", "--reason", "requested")
    assert (tmp_path / "campaigns/state/suppressions.sqlite").exists()
    assert "guards" in run("docs")
    assert not (tmp_path / "opt/mass-apology/bin/pip").exists()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_verifies_the_units(tmp_path: Path) -> None:
    for unit in PACKAGING.glob("mass-apology*.*"):
        # The command is not installed here, and verify asks for it.
        text = unit.read_text(encoding="utf-8").replace("/usr/local/bin/mass-apology", shutil.which("true") or "")
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    names = [
        "./mass-apology@trial.service",
        "./mass-apology@trial.timer",
        "./mass-apology-page.service",
        "./mass-apology-worker@trial.service",
        "./mass-apology-ledger-worker@trial.service",
    ]
    done = subprocess.run(
        ["systemd-analyze", "verify", *names], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("unit", [SERVICE, WORKER, LEDGER_WORKER])
def test_the_unit_waits_for_the_last_replies(unit: str) -> None:
    seconds = re.search(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
    assert seconds is not None
    assert int(seconds[1]) > RelaySettings(url="-").dot_timeout


@pytest.mark.parametrize("unit", [SERVICE, WORKER, LEDGER_WORKER, PAGE])
def test_the_unit_runs_a_command_that_there_is(unit: str) -> None:
    command = re.search(r"^ExecStart=\S+/mass-apology (.+)$", unit, re.MULTILINE)
    assert command is not None
    done = subprocess.run(
        [sys.executable, "-m", "mass_apology", *command[1].split(), "--help"], capture_output=True, check=False
    )
    assert done.returncode == 0


@pytest.mark.parametrize("file", ["kubernetes-worker.yaml", "compose.yaml"])
def test_a_worker_in_a_container_names_what_there_is_and_holds_no_secret(file: str) -> None:
    text = (PACKAGING / file).read_text(encoding="utf-8")
    command = re.search(r'^ *(?:args|command): \["worker", (.+)\]$', text, re.MULTILINE)
    assert command is not None
    words = re.findall(r'"([^"]+)"', command[1])
    done = subprocess.run(
        [sys.executable, "-m", "mass_apology", "worker", *words, "--help"], capture_output=True, check=False
    )
    assert done.returncode == 0
    assert {"MASS_APOLOGY_STATE", ledger_store.PASSWORD_VARIABLE, VARIABLE} <= set(re.findall(r"[A-Z_]{6,}", text))
    seconds = re.search(r"(?:terminationGracePeriodSeconds|stop_grace_period): (6\d\d)", text)
    assert seconds is not None
    assert int(seconds[1]) > RelaySettings(url="-").dot_timeout
    for line in re.findall(r"(?im)^.*password.*:.*$", text):
        assert re.search(r"\$\{|^ *#|key: |name: ", line), line
    assert ("readOnlyRootFilesystem: true" in text) or ("read_only: true" in text)
    assert re.search(r'runAsUser: 10001|user: "10001:10001"', text)


def test_the_image_has_the_driver_of_the_ledgers_database() -> None:
    locked = (ROOT / "locks/scale.txt").read_text(encoding="utf-8")
    run = (ROOT / "locks/run.txt").read_text(encoding="utf-8")
    assert "psycopg-binary==" in locked
    assert set(re.findall(r"(?m)^\S+==\S+", run)) <= set(re.findall(r"(?m)^\S+==\S+", locked))
    assert any(rest.split()[0] == "locks/scale.txt" for step, rest in STEPS if step == "COPY")
