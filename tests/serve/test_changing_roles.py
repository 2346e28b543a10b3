"""The access file is edited while the page is served."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from asked import asked, campaign_in

from mass_apology.errors import InputError
from mass_apology.flows.serve import changing_roles
from mass_apology.flows.serve.access_file import Role, read_access
from mass_apology.flows.serve.sessions import Visitor

FILE = """
url = "https://apologies.acme.example"
[roles]
{roles}
[proxy]
peers = ["10.0.0.5"]
"""


async def until(is_so: Callable[[], object]) -> None:
    for _ in range(1000):
        if is_so():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come to be so")


def test_roles_that_are_taken_away_are_gone_for_sessions_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changing_roles, "LOOK_SECONDS", 0.01)
    campaign_in(tmp_path / "acme")
    path = tmp_path / "access.toml"

    def says(roles: str) -> None:
        path.write_text(FILE.format(roles=roles), encoding="utf-8")

    async def visit() -> None:
        says('anna = ["operate"]\nola = ["watch"]')
        async with asked(tmp_path, read_access(path)) as server:
            server.service.access_path = path
            following = asyncio.create_task(changing_roles.follow_roles(server.service))
            sessions = server.service.sessions
            anna = sessions.begin(Visitor(name="anna", roles=frozenset({Role.OPERATE, Role.WATCH})))
            ola = sessions.begin(Visitor(name="ola", roles=frozenset({Role.WATCH})))
            says('anna = ["watch"]')
            await until(lambda: sessions.find(ola) is None)
            kept = sessions.find(anna)
            assert kept is not None
            assert kept.visitor.roles == {Role.WATCH}
            says('anna = ["operate')  # half of an edit: nobody may do anything meanwhile
            await until(lambda: sessions.find(anna) is None)
            assert server.service.access.roles_of("anna") == frozenset()
            says('anna = ["operate"]')
            await until(lambda: server.service.access.roles_of("anna"))
            path.unlink()
            await until(lambda: not server.service.access.roles_of("anna"))
            following.cancel()

    asyncio.run(visit())


def test_a_file_that_every_account_may_write_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "access.toml"
    path.write_text(FILE.format(roles='anna = ["operate"]'), encoding="utf-8")
    path.chmod(0o666)
    with pytest.raises(InputError, match="every account of this machine may write it"):
        read_access(path)
    path.chmod(0o664)
    assert read_access(path).roles_of("anna") == {Role.OPERATE, Role.WATCH}
