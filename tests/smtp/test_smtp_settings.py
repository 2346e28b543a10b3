"""The relay's URL, and the places where its password may be kept."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mass_apology.errors import CampaignError, PasswordError
from mass_apology.relay_settings import RelaySettings
from mass_apology.smtp.password import VARIABLE, relay_password, resolve
from mass_apology.smtp.url import Endpoint, Scheme, parse

ANNA = Endpoint(scheme=Scheme.TLS, host="smtp.acme.example", port=465, user="anna")
PASSWORDS = {("relay", "anna"): "s3cret"}
NOBODY = Endpoint(scheme=Scheme.PLAIN, host="127.0.0.1", port=25)


@pytest.mark.parametrize(
    ("url", "expected", "place"),
    [
        (
            "smtp+starttls://mailer@smtp.acme.example:2587",
            Endpoint(scheme=Scheme.STARTTLS, host="smtp.acme.example", port=2587, user="mailer"),
            "smtp.acme.example:2587",
        ),
        (
            "smtp+starttls://smtp.acme.example",
            Endpoint(scheme=Scheme.STARTTLS, host="smtp.acme.example", port=587),
            "smtp.acme.example:587",
        ),
        (
            "smtps://anna%40acme.example@smtp.acme.example/",
            Endpoint(scheme=Scheme.TLS, host="smtp.acme.example", port=465, user="anna@acme.example"),
            "smtp.acme.example:465",
        ),
        (
            "smtps://anna@acme.example@SMTP.acme.example",
            Endpoint(scheme=Scheme.TLS, host="smtp.acme.example", port=465, user="anna@acme.example"),
            "smtp.acme.example:465",
        ),
        ("smtp+plain://[::1]:2525", Endpoint(scheme=Scheme.PLAIN, host="::1", port=2525), "[::1]:2525"),
        ("SMTP+PLAIN://127.0.0.1", Endpoint(scheme=Scheme.PLAIN, host="127.0.0.1", port=25), "127.0.0.1:25"),
    ],
)
def test_urls_are_read(url, expected, place) -> None:
    assert parse(url) == expected
    assert parse(url).place == place


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("smtp://host", "none of the three schemes"),
        ("https://host", "none of the three schemes"),
        ("host:25", "scheme, a user, a host and a port"),
        ("smtps:host", "scheme, a user, a host and a port"),
        ("smtps://", "names no host"),
        ("smtps://anna@", "names no host"),
        ("smtps://:465", "names no host"),
        ("smtps://host:", "port"),
        ("smtps://host:0", "port"),
        ("smtps://host:65536", "port"),
        ("smtps://host:hunter2", "port"),
        ("smtps://anna:hunter2@host", "holds a password"),
        ("smtps://anna:@host", "holds a password"),
        ("smtps://anna:hunt/er2@host", "scheme, a user, a host and a port"),
        ("smtps://anna:hunt#er2@host", "scheme, a user, a host and a port"),
        ("smtps://host?password=hunter2", "scheme, a user, a host and a port"),
        ("smtps://[::1", "cannot be read"),
        ("smtps://a b@host", "space or a control character"),
        ("smtps://host\n", "space or a control character"),
        ("smtps://a%0Ab@host", "control character"),
        ("smtps://a..b", "host"),
        ("smtp+plain://anna@host", "unprotected"),
    ],
)
def test_urls_that_cannot_be_used_are_refused_without_being_repeated(url, problem) -> None:
    with pytest.raises(CampaignError, match=problem) as caught:
        parse(url)
    error = caught.value
    assert error.next_step
    for secret in ("hunter2", "hunt", "er2"):
        assert secret not in f"{error.problem} {error.next_step} {error.__cause__}"


@given(st.text(max_size=30))
def test_any_text_is_an_endpoint_or_a_campaign_error(text) -> None:
    for url in (text, f"smtps://{text}", f"smtps://{text}@host", f"smtps://host:{text}"):
        try:
            endpoint = parse(url)
        except CampaignError:
            continue
        assert endpoint.host
        assert 1 <= endpoint.port <= 65535


def test_the_relays_password_is_for_the_user_that_its_url_names(monkeypatch) -> None:
    monkeypatch.setenv("RELAY_PW", "s3cret")
    assert relay_password(RelaySettings(url="smtps://anna@relay.example", password="env:RELAY_PW")) == "s3cret"
    assert relay_password(RelaySettings(url="smtps://relay.example")) is None
    with pytest.raises(CampaignError, match="names no user"):
        relay_password(RelaySettings(url="smtps://relay.example", password="env:RELAY_PW"))
    with pytest.raises(CampaignError, match="URL names no host"):
        relay_password(RelaySettings(url="smtps://anna@", password="env:RELAY_PW"))


def test_nobody_needs_no_password() -> None:
    assert resolve(None, NOBODY) is None


def test_a_password_of_nobody_is_a_mistake() -> None:
    with pytest.raises(CampaignError, match="names no user"):
        resolve("env:X", NOBODY)


def test_the_environment(monkeypatch) -> None:
    monkeypatch.setenv("RELAY_PW", "s3cret ")
    monkeypatch.setenv(VARIABLE, "the default")
    assert resolve("env:RELAY_PW", ANNA) == "s3cret "
    assert resolve(None, ANNA) == "the default"


@pytest.mark.parametrize("value", [None, ""])
@pytest.mark.parametrize(("setting", "name"), [("env:RELAY_PW", "RELAY_PW"), (None, VARIABLE)])
def test_an_environment_without_it(monkeypatch, setting, name, value) -> None:
    monkeypatch.delenv(name, raising=False)
    if value is not None:
        monkeypatch.setenv(name, value)
    with pytest.raises(PasswordError, match=name):
        resolve(setting, ANNA)


@pytest.mark.parametrize("setting", ["hunter2", "hunter2:x", "env:", "file:", "ENV:hunter2", ""])
def test_a_setting_that_may_be_the_password_is_not_repeated(monkeypatch, setting) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises((CampaignError, PasswordError)) as caught:
        resolve(setting, ANNA)
    assert "hunter2" not in f"{caught.value.problem} {caught.value.next_step}"


@pytest.mark.parametrize(
    ("content", "password"),
    [
        (b"s3cret", "s3cret"),
        (b"s3cret\n", "s3cret"),
        (b"s3cret\r\n", "s3cret"),
        (b" s3cret \n\n", " s3cret \n"),
        ("zażółć\n".encode(), "zażółć"),
    ],
)
def test_a_file(tmp_path, content, password) -> None:
    path = tmp_path / "pw"
    path.write_bytes(content)
    path.chmod(0o600)
    assert resolve(f"file:{path}", ANNA) == password


@pytest.mark.parametrize("content", [b"", b"\n", b"\xffhunter2"])
def test_a_file_that_holds_none(tmp_path, content) -> None:
    path = tmp_path / "pw"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(PasswordError, match="pw") as caught:
        resolve(f"file:{path}", ANNA)
    assert "hunter2" not in f"{caught.value!r} {caught.value.__cause__!r}"


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o602, 0o666])
def test_a_file_that_everybody_may_open_is_refused(tmp_path, mode) -> None:
    path = tmp_path / "pw"
    path.write_text("s3cret")
    path.chmod(mode)
    with pytest.raises(PasswordError) as caught:
        resolve(f"file:{path}", ANNA)
    assert caught.value.next_step == f"Run: chmod 600 {path}"


def test_a_file_of_a_group_is_the_groups_own_affair(tmp_path) -> None:
    path = tmp_path / "pw"
    path.write_text("s3cret")
    path.chmod(0o640)
    assert resolve(f"file:{path}", ANNA) == "s3cret"


def test_a_file_that_is_not_there(tmp_path) -> None:
    with pytest.raises(PasswordError, match="No such file"):
        resolve(f"file:{tmp_path}/pw", ANNA)


def test_a_folder_is_no_file(tmp_path) -> None:
    with pytest.raises(PasswordError, match="a folder"):
        resolve(f"file:{tmp_path}", ANNA)


def test_the_keyring(monkeypatch) -> None:
    keyring = pytest.importorskip("keyring", reason="the extra keyring is not installed")
    monkeypatch.setattr(keyring, "get_password", lambda *place: PASSWORDS.get(place))
    assert resolve("keyring:relay", ANNA) == "s3cret"
    with pytest.raises(PasswordError) as caught:
        resolve("keyring:other", ANNA)
    assert caught.value.next_step == "Run: keyring set other anna"


def test_a_keyring_that_fails(monkeypatch) -> None:
    keyring = pytest.importorskip("keyring", reason="the extra keyring is not installed")

    def locked(_service: str, _user: str) -> None:
        raise keyring.errors.KeyringLocked("locked")

    monkeypatch.setattr(keyring, "get_password", locked)
    with pytest.raises(PasswordError, match="locked"):
        resolve("keyring:relay", ANNA)


def test_without_the_keyring_extra_the_command_to_install_it_is_named(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(PasswordError) as caught:
        resolve("keyring:relay", ANNA)
    assert (
        caught.value.next_step
        == "To use it, install mass-apology with its extra `keyring`, as told by: mass-apology docs installing"
    )
