"""People come in by a provider of OpenID Connect: by its word for this login, and by nothing else."""

from __future__ import annotations

import asyncio
import hmac
import time
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from asked import Asked, asked, campaign_in, texts
from issuer import CLIENT, Issuer, issuing
from joserfc.jwk import RSAKey

from mass_apology.errors import InputError
from mass_apology.flows.serve.access_file import Access, OidcSettings, Role
from mass_apology.flows.serve.oidc_provider import Provider

pytestmark = pytest.mark.slow


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with issuing() as made:
        yield made


def run(folder: Path, issuer: Issuer, visit: Callable[[Asked], Awaitable[None]], **settings: Any) -> None:
    access = Access(
        url="https://apologies.acme.example",
        roles={"anna@acme.example": (Role.OPERATE,), "1": (Role.WATCH,)},
        oidc=OidcSettings(issuer=issuer.url, client_id=CLIENT, **settings),
    )

    async def all_of_it() -> None:
        if not (folder / "acme").exists():
            campaign_in(folder / "acme")
        async with asked(folder, access, is_local=False, host="apologies.acme.example") as server:
            await asyncio.sleep(0.05)
            await visit(server)

    asyncio.run(all_of_it())


async def gone_and_come(server: Asked, issuer: Issuer) -> tuple[int, str]:
    """One login: the status of coming back, and what the page says."""
    to = await server.get("/login")
    assert to.status_code == 303
    state, code = issuer.let_in(to.headers["location"])
    answer = await server.get(f"/login/back?state={state}&code={code}")
    return answer.status_code, texts(answer.text)


def test_who_has_a_role_comes_in(tmp_path: Path, issuer: Issuer) -> None:
    async def visit(server: Asked) -> None:
        assert "Log in" in (await server.get("/")).text
        status, _ = await gone_and_come(server, issuer)
        assert status == 200
        assert "You are anna@acme.example: operate, watch." in texts((await server.get("/")).text)
        cookies = {each.name for each in server.client.cookies.jar}
        assert cookies == {"__Host-mass-apology"}

    run(tmp_path, issuer, visit)


def test_a_secret_of_the_client_is_sent(tmp_path: Path, issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = OidcSettings(issuer=issuer.url, client_id=CLIENT, client_secret_env="OIDC_SECRET")
    with pytest.raises(InputError, match="OIDC_SECRET"):
        Provider(settings, "https://apologies.acme.example")
    monkeypatch.setenv("OIDC_SECRET", "s3cret")
    Provider(settings, "https://apologies.acme.example")


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "eve@acme.example"},
        {"email": None},
        {"email": "anna@acme.example\u202e"},
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": "true"},
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another"},
        {"aud": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"exp": int(time.time()) - 3600},
        {"exp": None},
        {"sub": None},
        {"aud": [CLIENT, "another"], "azp": "another"},
    ],
)
def test_a_word_that_is_not_for_this_login_lets_nobody_in(
    tmp_path: Path, issuer: Issuer, claims: dict[str, Any]
) -> None:
    issuer.claims = claims

    async def visit(server: Asked) -> None:
        status, _ = await gone_and_come(server, issuer)
        assert status == 403
        assert (await server.get("/")).status_code == 401

    run(tmp_path, issuer, visit)


def part(value: object) -> str:
    return urlsafe_b64encode(msgspec.json.encode(value)).decode().rstrip("=")


@pytest.mark.parametrize("forgery", ["none", "shared", "another's", "nonsense", "unknown key"])
def test_a_word_that_the_provider_has_not_signed_lets_nobody_in(tmp_path: Path, issuer: Issuer, forgery: str) -> None:
    claims = {"iss": issuer.url, "aud": CLIENT, "sub": "1", "exp": 2**33, "iat": 1, "email": "anna@acme.example"}
    if forgery == "none":
        issuer.token = f"{part({'alg': 'none'})}.{part(claims)}."
    elif forgery == "shared":  # the public key, taken for a shared secret
        signed = f"{part({'alg': 'HS256', 'kid': 'one'})}.{part(claims)}"
        code = hmac.digest(issuer.key.as_pem(private=False), signed.encode(), "sha256")
        issuer.token = f"{signed}.{urlsafe_b64encode(code).decode().rstrip('=')}"
    elif forgery == "another's":
        issuer.signs_with = RSAKey.generate_key(2048, {"kid": "one"})
    elif forgery == "unknown key":
        issuer.signs_with = RSAKey.generate_key(2048, {"kid": "two"})
        issuer.header = {"alg": "RS256", "kid": "two"}
    else:
        issuer.token = "x.y.z"

    async def visit(server: Asked) -> None:
        status, said = await gone_and_come(server, issuer)
        assert status == 403
        assert "cannot be trusted" in said
        assert (await server.get("/")).status_code == 401

    run(tmp_path, issuer, visit)


def test_keys_that_the_provider_changed_are_fetched(tmp_path: Path, issuer: Issuer) -> None:
    async def visit(server: Asked) -> None:
        assert (await gone_and_come(server, issuer))[0] == 200
        issuer.key = issuer.signs_with = RSAKey.generate_key(2048, {"kid": "two"})
        issuer.header = {"alg": "RS256", "kid": "two"}
        assert (await gone_and_come(server, issuer))[0] == 200

    run(tmp_path, issuer, visit)


def test_nobody_comes_back_with_the_answer_to_anothers_login(tmp_path: Path, issuer: Issuer) -> None:
    async def visit(server: Asked) -> None:
        to = await server.get("/login")
        state, code = issuer.let_in(to.headers["location"])
        cookies = dict(server.client.cookies)
        server.client.cookies.clear()
        assert (await server.get(f"/login/back?state={state}&code={code}")).status_code == 403
        for name, value in cookies.items():
            server.client.cookies.set(name, value)
        assert (await server.get(f"/login/back?state={state}x&code={code}")).status_code == 403
        assert (await server.get(f"/login/back?state={state}&error=access_denied")).status_code == 403
        assert (await server.get(f"/login/back?state={state}&code={code}")).status_code == 200
        server.client.cookies.set("__Host-mass-apology-login", state)
        assert (await server.get(f"/login/back?state={state}&code={code}")).status_code == 403

    run(tmp_path, issuer, visit)


def test_a_provider_that_is_away_is_told(tmp_path: Path, issuer: Issuer) -> None:
    away = Issuer("http://127.0.0.1:9")

    async def visit(server: Asked) -> None:
        answer = await server.get("/login")
        assert answer.status_code == 502
        assert "The provider cannot be asked now." in texts(answer.text)

    run(tmp_path, away, visit)


def test_another_claim_may_be_the_name(tmp_path: Path, issuer: Issuer) -> None:
    issuer.claims = {"email_verified": False}

    async def visit(server: Asked) -> None:
        assert (await gone_and_come(server, issuer))[0] == 200
        assert "You are 1: watch." in texts((await server.get("/")).text)

    run(tmp_path, issuer, visit, claim="sub")
