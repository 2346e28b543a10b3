"""Reads the body of a small form: urlencoded, whole within some seconds, and no larger than a form is."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

MOST_OCTETS = 64 << 10  # the evidence of a passkey has some 2 KB, a note 2,000 characters
MOST_FIELDS = 20
PATIENCE = 10.0  # seconds for all of it


async def form_of(request: Request) -> dict[str, str]:
    """Its fields, the last one of each name. Raises ``HTTPException`` for what is no such form."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise HTTPException(415, "A form was expected.")
    try:
        async with asyncio.timeout(PATIENCE):
            body = await _body(request)
    except TimeoutError as error:
        raise HTTPException(408, "The form did not arrive in time.") from error
    try:
        fields = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise HTTPException(400, "The form cannot be read.") from error
    return dict(fields)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_OCTETS:
            raise HTTPException(413, "The form is too large.")
    return bytes(body)
