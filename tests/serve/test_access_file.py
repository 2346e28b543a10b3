from __future__ import annotations

from pathlib import Path

import pytest

from mass_apology.errors import InputError
from mass_apology.flows.serve.access_file import Access, ProxySettings, Role, read_access

GOOD = """
url = "https://apologies.acme.example"
[roles]
"anna@acme.example" = ["watch", "approve", "operate"]
"*" = ["watch"]
[proxy]
peers = ["10.0.0.5", "10.1.0.0/16", "unix"]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "access.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_roles_are_by_name_and_for_anybody_who_is_known(tmp_path: Path) -> None:
    access = read_access(written(tmp_path, GOOD))
    assert access.roles_of("anna@acme.example") == {Role.WATCH, Role.APPROVE, Role.OPERATE}
    assert access.roles_of("ola@acme.example") == {Role.WATCH}
    assert Access(roles={"anna": (Role.OPERATE,)}).roles_of("ola") == frozenset()
    assert Access(roles={"anna": (Role.OPERATE,)}).roles_of("anna") == {Role.WATCH, Role.OPERATE}


@pytest.mark.parametrize(
    ("peer", "is_proxy"),
    [("10.0.0.5", True), ("10.0.0.6", False), ("10.1.255.1", True), ("unix", True), ("127.0.0.1", False)],
)
def test_only_the_named_peers_are_the_proxy(tmp_path: Path, peer: str, is_proxy: bool) -> None:
    assert read_access(written(tmp_path, GOOD)).is_proxy(peer) is is_proxy
    assert not Access(proxy=ProxySettings(peers=("10.0.0.5",))).is_proxy("unix")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "nobody is known by a name"),
        ('[proxy]\npeers = ["10.0.0.5"]\n', "no [roles]"),
        (GOOD.replace('"approve"', '"aprove"'), "aprove"),
        (GOOD.replace("10.0.0.5", "proxy.acme.example"), "no address"),
        (GOOD.replace("https://apologies.acme.example", "apologies.acme.example"), "without a path"),
        (GOOD.replace("[proxy]", "[prxy]"), "prxy"),
        ('[roles]\n"a" = ["watch"]\n[oidc]\nissuer = "https://i.example"\nclient_id = "x"\n', "needs `url`"),
        (GOOD + '[oidc]\nissuer = "https://i.example"\nclient_id = "x"\n', "both [proxy] and [oidc]"),
        ("[roles", "is not closed"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read_access(written(tmp_path, text))
    assert said in caught.value.problem
    assert "access.toml" in caught.value.problem


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_access(tmp_path / "access.toml")


@pytest.mark.parametrize("url", ["https://Apologies.Acme.example", "https://apologies.acme.example:443"])
def test_the_address_is_kept_as_browsers_say_it(tmp_path: Path, url: str) -> None:
    path = tmp_path / "access.toml"
    path.write_text(f'url = "{url}"\n[roles]\nanna = ["watch"]\n[proxy]\npeers = ["unix"]\n', encoding="utf-8")
    assert read_access(path).url == "https://apologies.acme.example"
