"""The live page on a Unix socket: for the account alone, or for the group of the proxy that knows people."""

from __future__ import annotations

import stat
from pathlib import Path

import httpx
import pytest
from asked import campaign_in, texts
from served import serving

from mass_apology.errors import InputError
from mass_apology.flows import event_loop
from mass_apology.flows.serve.serve import ServeOptions, serve

pytestmark = pytest.mark.slow


def client(path: Path) -> httpx.Client:
    return httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), base_url="http://localhost")


def test_only_the_account_may_open_it_and_it_goes_with_its_server(tmp_path: Path) -> None:
    campaign_in(tmp_path / "acme")
    path = tmp_path / "page.sock"
    with serving(tmp_path, on=("--unix-socket", str(path))) as link:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with client(path) as browser:
            assert browser.get(link.removeprefix("http://localhost"), follow_redirects=True).status_code == 200
        with pytest.raises(InputError, match="cannot listen"):
            event_loop.run(serve(ServeOptions(folder=tmp_path, listen="", unix_socket=path), lambda _: None))
    assert not path.exists()


def test_the_proxys_group_may_open_it_where_the_proxy_comes_by_it(tmp_path: Path) -> None:
    campaign_in(tmp_path / "acme")
    access, path = tmp_path / "access.toml", tmp_path / "page.sock"
    access.write_text('[roles]\n"*" = ["watch"]\n[proxy]\npeers = ["unix"]\n', encoding="utf-8")
    with serving(tmp_path, "--access", str(access), on=("--unix-socket", str(path))) as address:
        assert "/enter/" not in address
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        with client(path) as browser:
            assert "You are ola: watch." in texts(browser.get("/", headers={"remote-user": "ola"}).text)
            assert browser.get("/", headers={"remote-user": ""}).status_code == 401


@pytest.mark.parametrize(
    ("listen", "access", "said"),
    [
        ("0.0.0.0:0", "", "open to other machines"),
        ("[::]:0", "", "open to other machines"),
        ("0.0.0.0:0", '[roles]\n"a" = ["watch"]\n[proxy]\npeers = ["10.0.0.5"]\n', "no `url` with https"),
        ("0.0.0.0:0", '[scrape]\npeers = ["10.0.0.9"]\n', "open to other machines"),
        ("localhost:80", "", "no address with a port"),
        ("127.0.0.1", "", "no address with a port"),
        ("127.0.0.1:99999", "", "no address with a port"),
    ],
)
def test_it_refuses_to_listen_where_strangers_could_look(tmp_path: Path, listen: str, access: str, said: str) -> None:
    campaign_in(tmp_path / "acme")
    file = tmp_path / "access.toml"
    file.write_text(access, encoding="utf-8")
    options = ServeOptions(folder=tmp_path, listen=listen, access=file if access else None)
    with pytest.raises(InputError, match=said):
        event_loop.run(serve(options, lambda _: None))


def test_a_folder_without_campaigns_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no campaign in"):
        event_loop.run(serve(ServeOptions(folder=tmp_path, listen="127.0.0.1:0"), lambda _: None))
