"""The programs to measure against: Postfix's own load generator, mailmerge, and nodemailer with a pool."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

from bench.campaigns import SENDER, write_customers
from bench.result import MissingProgramError
from bench.workplace import HOST, OUT, install_modules, program

SESSIONS = 20  # of smtp-source
_MAILMERGE = "mailmerge==2.3.0"
_NODEMAILER = ("nodemailer@6.9.16", "handlebars@4.7.8")
_POOLED = Path(__file__).with_name("pooled_nodemailer.js")
_PARAGRAPH = (
    "**What happened.** On 20 November our service was out for {{minutes_down}} minutes, and you, {{name}}, could not "
    "work with it. "
    "We changed a setting without trying it out first. That was our mistake, and it should not have reached you. "
)


def smtp_source(port: int, letters: int, size: int) -> float:
    """Messages a second of ``smtp-source``: C, one canned message of ``size`` octets, connections kept, no books."""
    command = [program("smtp-source", "postfix"), "-d", "-s", str(SESSIONS), "-m", str(letters), "-l", str(size)]
    begin = time.monotonic()
    subprocess.run([*command, "-f", SENDER, "-t", f"someone@{HOST}", f"{HOST}:{port}"], check=True)
    return letters / (time.monotonic() - begin)


def mailmerge(port: int, letters: int, size: int, folder: Path) -> float:
    """Messages a second of mailmerge 2.3: text and HTML from one Markdown template, of about ``size`` octets."""
    executable = _installed_mailmerge()
    (folder / "server.conf").write_text(f"[smtp_server]\nhost = {HOST}\nport = {port}\n")
    (folder / "letter.txt").write_text(_letter(size))
    write_customers(folder / "people.csv", letters)
    command = [str(executable), "--no-dry-run", "--no-limit", "--output-format", "text"]
    command += ["--template", "letter.txt", "--database", "people.csv", "--config", "server.conf"]
    begin = time.monotonic()
    subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL)
    return letters / (time.monotonic() - begin)


def nodemailer(port: int, letters: int, size: int, folder: Path) -> float:
    """Messages a second of nodemailer with a pool of ``SESSIONS`` connections and Handlebars; some ``size`` octets."""
    home = _installed_nodemailer()
    paragraphs = [_PARAGRAPH.replace("**", "")] * max(1, round(size / 2 / len(_PARAGRAPH)))
    (folder / "letter.text.hbs").write_text("Dear {{name}},\n\n" + "\n\n".join(paragraphs) + "\n")
    (folder / "letter.html.hbs").write_text(
        "<p>Dear {{name}},</p>\n" + "\n".join(f"<p>{each}</p>" for each in paragraphs)
    )
    write_customers(folder / "people.csv", letters)
    script = home / _POOLED.name
    shutil.copyfile(_POOLED, script)  # node looks for modules beside the script
    command = [
        program("node", "nodejs"),
        str(script),
        HOST,
        str(port),
        "people.csv",
        "letter.text.hbs",
        "letter.html.hbs",
    ]
    begin = time.monotonic()
    subprocess.run([*command, str(SESSIONS)], check=True, cwd=folder, stdout=subprocess.DEVNULL)
    return letters / (time.monotonic() - begin)


def _installed_nodemailer() -> Path:
    """The folder with its modules, which npm makes once."""
    home = OUT / "nodemailer"
    if not (home / "node_modules").exists():
        install_modules(home, *_NODEMAILER)
    return home


def _letter(size: int) -> str:
    """The template: Markdown, from which mailmerge makes text and HTML as the product does; half the octets each."""
    times = max(1, round(size / 3 / len(_PARAGRAPH)))
    return f"""\
TO: {{{{email}}}}
SUBJECT: Our outage of 20 November, {{{{name}}}}
FROM: {SENDER}
Content-Type: text/markdown; charset=us-ascii

Dear {{{{name}}}},

{(chr(10) * 2).join([_PARAGRAPH] * times)}
"""


def _installed_mailmerge() -> Path:
    """The program, in a virtual environment of its own that is made once."""
    home = OUT / "mailmerge"
    executable = home / "bin" / "mailmerge"
    if not executable.exists():
        try:
            subprocess.run(["python3", "-m", "venv", str(home)], check=True)
            install = [str(home / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", _MAILMERGE]
            subprocess.run(install, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise MissingProgramError(f"{_MAILMERGE} cannot be installed into {home}: {error}.") from error
    return executable
