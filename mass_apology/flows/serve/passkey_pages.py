"""Approving by passkey: the browser signs the digest of the plan that was looked at."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

import msgspec
import webauthn
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from mass_apology.approval import Approvals
from mass_apology.approval.passkeys import Assertion, Passkey, challenge_of
from mass_apology.errors import MassApologyError
from mass_apology.flows import event_loop
from mass_apology.flows.plan.approve import ApproveOptions, ByPasskey, approve
from mass_apology.flows.serve.access_file import Role
from mass_apology.flows.serve.service import address_of, campaign_of, checked_form, in_thread, service_of
from mass_apology.flows.serve.sessions import Asked, Session

PATIENCE = 300.0  # seconds from the question to the finger
_NAME = "mass-apology"


async def ask_to_make(request: Request) -> Response:
    """Options for ``navigator.credentials.create``."""
    session, _ = await checked_form(request, Role.APPROVE)
    if said := _unfit(request):
        return _problem(said)
    options = webauthn.generate_registration_options(
        rp_id=_host(request),
        rp_name=_NAME,
        user_name=session.visitor.name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
    )
    session.asked = Asked(challenge=options.challenge, at=time.time())
    return Response(webauthn.options_to_json(options), media_type="application/json")


async def made(request: Request) -> Response:
    """The line for the passkeys file: its keeper decides, and this page writes none."""
    session, form = await checked_form(request, Role.APPROVE)
    asked = _taken(session)
    origin = _origin(request)
    try:
        verified = webauthn.verify_registration_response(
            credential=form.get("credential", ""),
            expected_challenge=asked.challenge,
            expected_rp_id=_host(request),
            expected_origin=origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError) as error:
        raise HTTPException(400, "The browser made no passkey that can be used.") from error
    passkey = Passkey(
        by=session.visitor.name,
        rp_id=_host(request),
        origin=origin,
        id=_text(verified.credential_id),
        public_key=_text(verified.credential_public_key),
    )
    return JSONResponse({"line": msgspec.json.encode(passkey).decode()})


async def ask_to_sign(request: Request) -> Response:
    """Options for ``navigator.credentials.get``: the challenge is the digest of the plan's statement."""
    session, form = await checked_form(request, Role.APPROVE)
    if said := _unfit(request):
        return _problem(said)
    service, watched = service_of(request), campaign_of(request)
    seen = service.looks.result(watched.slug)
    if seen is None or form.get("code") != seen.check.code:
        return _problem("This is not the plan that was looked at last. Look at it again.")
    if form.get("letters", "").strip().replace(",", "") != str(seen.check.letters):
        return _problem(f"To approve it, type the number of its letters: {seen.check.letters}.")
    workspace = watched.watch.workspace()
    approvals = Approvals(workspace.folder, workspace.campaign)
    known = await in_thread(request, lambda: approvals.passkeys_of(session.visitor.name))
    if not known:
        return _problem(f"The campaign’s passkeys file has none of {session.visitor.name}. Make one below.")
    at = round(time.time(), 6)
    challenge = challenge_of(approvals.statement(seen.parts, seen.check.letters, at=at))
    session.asked = Asked(challenge=challenge, at=at, code=seen.check.code)
    options = webauthn.generate_authentication_options(
        rp_id=_host(request),
        challenge=challenge,
        allow_credentials=[PublicKeyCredentialDescriptor(id=webauthn.base64url_to_bytes(each.id)) for each in known],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return Response(webauthn.options_to_json(options), media_type="application/json")


async def signed(request: Request) -> Response:
    """Approve the plan with what was signed."""
    session, form = await checked_form(request, Role.APPROVE)
    service, watched = service_of(request), campaign_of(request)
    asked = _taken(session)
    seen = service.looks.result(watched.slug)
    if seen is None or asked.code != seen.check.code:
        return _problem("This is not the plan that was looked at last. Look at it again.")
    options = ApproveOptions(
        by=session.visitor.name,
        passkey=ByPasskey(assertion=_assertion(form.get("credential", "")), at=asked.at),
        seen=seen.parts,
    )
    workspace = watched.watch.workspace()
    try:
        await in_thread(request, lambda: event_loop.run(approve(workspace, options, on_progress=lambda *_: None)))
    except MassApologyError as error:
        return _problem(f"{error.problem} {error.next_step}")
    return JSONResponse({"done": address_of(watched, "/plan?done=approved")})


def _assertion(credential: str) -> Assertion:
    try:
        response: Mapping[str, str] = json.loads(credential)["response"]
        return msgspec.convert(
            {
                "id": json.loads(credential)["id"],
                "client_data": response["clientDataJSON"],
                "authenticator_data": response["authenticatorData"],
                "signature": response["signature"],
            },
            Assertion,
        )
    except (ValueError, KeyError, TypeError) as error:
        raise HTTPException(400, "The browser signed nothing that can be used.") from error


def _taken(session: Session) -> Asked:
    """What this session was asked; it may answer once, and soon."""
    asked, session.asked = session.asked, None
    if asked is None or time.time() - asked.at > PATIENCE:
        raise HTTPException(409, "This took too long, or was answered already. Press again.")
    return asked


def _problem(said: str) -> Response:
    return JSONResponse({"problem": said}, 409)


def _unfit(request: Request) -> str | None:
    """Why no browser makes or uses a passkey for the address that this page is opened by, as sentences."""
    access, parts = service_of(request).access, urlsplit(_origin(request))
    if access.proxy is not None and access.url is None:
        return (
            "Passkeys are for the address that people open, and the proxy does not tell it. Name it in the access "
            'file: url = "https://apologies.acme.example"'
        )
    if parts.scheme != "https" and parts.hostname != "localhost":
        port = f":{parts.port}" if parts.port else ""
        return f"Passkeys need a name and TLS, or this machine by its name. Open the page as http://localhost{port}"
    if _is_number(parts.hostname or ""):
        return "Passkeys are for names, and the page's `url` in the access file has a number: give it a name."
    return None


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _origin(request: Request) -> str:
    return service_of(request).access.url or f"http://{request.headers['host']}"


def _host(request: Request) -> str:
    """Passkeys are for a host, whatever its port."""
    return urlsplit(_origin(request)).hostname or ""


def _text(octets: bytes) -> str:
    return webauthn.helpers.bytes_to_base64url(octets)
