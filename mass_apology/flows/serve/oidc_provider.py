"""A provider of OpenID Connect: where people show who they are, and how its word is checked.

Authorization Code Flow (OpenID Connect Core 1.0, 3.1) with PKCE (RFC 7636). A word counts only if it is signed with a
key of the provider (RFC 7515, no shared secrets), for this client, now, and in answer to this very question.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from msgspec import Struct

from mass_apology.errors import InputError, MassApologyError
from mass_apology.flows.serve.access_file import OidcSettings

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
PATIENCE = 10.0  # seconds for each answer of the provider
METADATA_SECONDS = 3600.0  # for which the provider's description holds
QUESTION_SECONDS = 600.0  # from the question to the answer: somebody types a password meanwhile
MOST_QUESTIONS = 1000
LEEWAY = 60  # seconds by which clocks may differ


class LoginError(MassApologyError):
    """The provider did not say who somebody is, or what it said cannot be trusted."""


class Question(Struct, frozen=True, kw_only=True):
    """What was asked of the provider for one browser."""

    nonce: str
    verifier: str
    runs_out: float  # monotonic seconds


class Provider:
    """One provider; for the event loop alone."""

    def __init__(self, settings: OidcSettings, url: str) -> None:
        """``url`` is this server's own. Raises ``InputError`` where the secret's variable is not set."""
        self._settings = settings
        self._back = f"{url}/login/back"
        self._secret = _secret(settings)
        self._questions: dict[str, Question] = {}
        self._metadata: Mapping[str, Any] = {}
        self._metadata_until = 0.0
        self._keys: KeySet | None = None

    async def question(self) -> tuple[str, str]:
        """The address to send somebody to, and the state that their browser keeps. Raises ``LoginError``."""
        metadata = await self._described()
        state = secrets.token_urlsafe(32)
        asked = Question(
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            runs_out=time.monotonic() + QUESTION_SECONDS,
        )
        while len(self._questions) >= MOST_QUESTIONS:
            del self._questions[next(iter(self._questions))]
        self._questions[state] = asked
        query = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._back,
            "scope": "openid email profile",
            "state": state,
            "nonce": asked.nonce,
            "code_challenge": create_s256_code_challenge(asked.verifier),
            "code_challenge_method": "S256",
        }
        return f"{metadata['authorization_endpoint']}?{urlencode(query)}", state

    async def answer(self, state: str, code: str) -> str:
        """The name of who was asked for, by the code that the provider gave them. Raises ``LoginError``."""
        asked = self._questions.pop(state, None)
        if asked is None or asked.runs_out < time.monotonic():
            raise _error("This login was not begun here, or took too long.")
        token = await self._token(code, asked)
        claims = await self._claims(token, asked)
        name = claims.get(self._settings.claim)
        if not isinstance(name, str) or not name.strip() or not name.isprintable():
            raise _error(f"The provider did not say the {self._settings.claim} of this account.")
        if self._settings.claim == "email" and claims.get("email_verified") is not True:
            raise _error("The provider has not verified the mail address of this account.")
        return name.strip()

    async def _token(self, code: str, asked: Question) -> str:
        metadata = await self._described()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._back,
            "client_id": self._settings.client_id,
            "code_verifier": asked.verifier,
        }
        if self._secret:
            form["client_secret"] = self._secret
        answer = await _asked("POST", metadata["token_endpoint"], form)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise _error("The provider gave no identity for this login.")
        return token

    async def _claims(self, token: str, asked: Question) -> Mapping[str, Any]:
        try:
            decoded = await self._decoded(token)
            client = self._settings.client_id
            expected = {
                "iss": {"essential": True, "value": self._settings.issuer},
                "aud": {"essential": True, "value": client},
            }
            answered = {"nonce": asked.nonce, "client_id": client}
            claims = CodeIDToken(decoded.claims, decoded.header, expected, answered)
            claims.validate(leeway=LEEWAY)
        except (JoseError, ValueError) as error:
            said = "What the provider said cannot be trusted: it is not signed by it, or not for this login."
            raise _error(said) from error
        if claims.get("nonce") != asked.nonce:
            raise _error("What the provider said is not an answer to this login.")
        found: Mapping[str, Any] = dict(claims)
        return found

    async def _decoded(self, token: str) -> jwt.Token:
        try:
            return jwt.decode(token, await self._key_set(), algorithms=ALGORITHMS)
        except InvalidKeyIdError:  # it may have changed its keys
            self._keys = None
            return jwt.decode(token, await self._key_set(), algorithms=ALGORITHMS)

    async def _key_set(self) -> KeySet:
        if self._keys is None:
            metadata = await self._described()
            self._keys = KeySet.import_key_set(await _asked("GET", metadata["jwks_uri"]))  # type: ignore[arg-type]
        return self._keys

    async def _described(self) -> Mapping[str, Any]:
        if time.monotonic() > self._metadata_until:
            issuer = self._settings.issuer
            found = await _asked("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            if found.get("issuer") != issuer or not all(isinstance(found.get(each), str) for each in needed):
                raise _error(f"{issuer} does not describe a provider of OpenID Connect by that name.")
            self._metadata, self._metadata_until = found, time.monotonic() + METADATA_SECONDS
        return self._metadata


async def _asked(method: str, url: str, form: Mapping[str, str] | None = None) -> Mapping[str, Any]:
    try:
        async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as client:
            answer = await client.request(method, url, data=form)
            answer.raise_for_status()
            found = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise _error("The provider cannot be asked now.") from error
    if not isinstance(found, dict):
        raise _error("The provider answered something that cannot be read.")
    return found


def _error(problem: str) -> LoginError:
    return LoginError(problem, next_step="Begin the login again.")


def _secret(settings: OidcSettings) -> str:
    if settings.client_secret_env is None:
        return ""
    secret = os.environ.get(settings.client_secret_env, "")
    if not secret:
        raise InputError(
            f"`oidc.client_secret_env` names {settings.client_secret_env}, which is not set.",
            next_step="Set it to the client's secret, then run: mass-apology serve",
        )
    return secret
