"""Files that make systemd, cron or Kubernetes run ``follow-up`` at intervals."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from pathlib import Path

from mass_apology.campaign import read_campaign
from mass_apology.errors import CampaignError
from mass_apology.system.state_folder import STATE_VARIABLE, state_folder

IMAGE = "registry.example.org/mass-apology:latest"
_LONGEST = 52 - len("mass-apology-")  # characters: a CronJob's name has 52 at most


def text(form: str, folder: Path, every: int) -> str:
    """The timer's files in one text, with comments that name their places; ``every`` is in minutes.

    Raises ``CampaignError`` where a folder's name cannot be written in such a file.
    """
    campaign = read_campaign(folder).name
    for path in (folder.resolve(), _state()):
        _refuse_unwritable(path)
    writers = {"systemd": _systemd, "cron": _cron, "kubernetes": _kubernetes}
    return writers[form](campaign, folder.resolve(), every)


def _refuse_unwritable(path: Path | None) -> None:
    """Refuse line breaks and other control characters: none of the three forms can write them in a path."""
    if path is not None and not str(path).isprintable():
        raise CampaignError(
            f"The folder {str(path)!r} has a character in its name that no timer's file can hold.",
            next_step="Rename the folder, then print the timer again.",
        )


def _command(folder: Path) -> list[str]:
    program = shutil.which("mass-apology")
    start = [program] if program else [sys.executable, "-m", "mass_apology"]
    return [*start, "follow-up", "-C", str(folder)]


def _systemd(campaign: str, folder: Path, every: int) -> str:
    command = " ".join(_systemd_word(word) for word in _command(folder)).replace("$", "$$")
    state = _state()
    environment = f"\nEnvironment={_systemd_word(f'{STATE_VARIABLE}={state}')}" if state else ""
    moments = f"*:0/{every}" if every < 60 else "hourly"
    return f"""\
# ~/.config/systemd/user/mass-apology-{campaign}.service
[Unit]
Description=mass-apology follow-up of {campaign}

[Service]
Type=oneshot
# The relay's password: MASS_APOLOGY_PASSWORD=… in this file, mode 0600.
EnvironmentFile=-%h/.config/mass-apology/{campaign}.env{environment}
ExecStart={command}
# 1 and 3 are for a person to look at, and no reason to try at once again.

# ~/.config/systemd/user/mass-apology-{campaign}.timer
[Unit]
Description=mass-apology follow-up of {campaign}

[Timer]
OnCalendar={moments}
Persistent=true

[Install]
WantedBy=timers.target

# Then: systemctl --user daemon-reload && systemctl --user enable --now mass-apology-{campaign}.timer
# To go on after you log out: loginctl enable-linger"""


def _systemd_word(word: str) -> str:
    """A word of a unit file, quoted where it has to be (systemd.syntax(7), "Quoting")."""
    if not re.fullmatch(r"[\w@+=:,./%$-]+", word):
        word = '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return word.replace("%", "%%")


def _state() -> Path | None:
    """The folder of the suppression list, where the environment names it: a timer has another environment."""
    folder = state_folder() if os.environ.get(STATE_VARIABLE) else None
    return folder.resolve() if folder else None


def _cron(campaign: str, folder: Path, every: int) -> str:
    minutes = f"*/{every}" if every < 60 else "0"
    command = shlex.join(_command(folder)).replace("%", r"\%")
    state = _state()
    environment = f"\n{STATE_VARIABLE}={state}" if state else ""
    return f"""\
# crontab -e    (mass-apology follow-up of {campaign}; cron mails what it says to MAILTO)
# Cron has no environment of yours: keep the relay's password in a file, [relay] password = "file:PATH".
MAILTO=operations@example.org{environment}
{minutes} * * * * {command}"""


def _kubernetes(campaign: str, folder: Path, every: int) -> str:
    name = campaign.lower().replace("_", "-").replace(".", "-")[:_LONGEST].strip("-")
    minutes = f"*/{every}" if every < 60 else "0"
    return f"""\
# kubectl apply -f - . The folder {folder} is the volume; one writer at a time, so no parallel jobs.
apiVersion: batch/v1
kind: CronJob
metadata:
  name: mass-apology-{name}
spec:
  schedule: "{minutes} * * * *"
  concurrencyPolicy: Forbid
  jobTemplate:
    spec:
      backoffLimit: 0
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: follow-up
              image: {IMAGE}
              args: ["follow-up", "-C", "/campaign"]
              env:
                - name: MASS_APOLOGY_PASSWORD
                  valueFrom:
                    secretKeyRef: {{name: mass-apology-{name}, key: password}}
                # The suppression list is kept there: without it, suppressed people would be written to.
                - {{name: {STATE_VARIABLE}, value: /campaign/state}}
              volumeMounts:
                - {{name: campaign, mountPath: /campaign}}
          volumes:
            - name: campaign
              persistentVolumeClaim: {{claimName: mass-apology-{name}}}"""
