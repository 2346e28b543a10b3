"""A campaign's folder with keys, made with the real ssh-keygen."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def no_agent_and_no_prompts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have keys in an agent, and a terminal to be asked on; neither is to matter."""
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    monkeypatch.setenv("SSH_ASKPASS_REQUIRE", "force")
    monkeypatch.setenv("SSH_ASKPASS", "/bin/false")


@pytest.fixture
def make_key(tmp_path: Path) -> Callable[..., Path]:
    """Makes an ed25519 key of that name, with a passphrase if one is given; returns the private key's path."""

    def make(name: str, passphrase: str = "") -> Path:
        path = tmp_path / name
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", name, "-f", path], check=True)
        return path

    return make


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty campaign folder."""
    path = tmp_path / "acme-outage"
    path.mkdir()
    return path
