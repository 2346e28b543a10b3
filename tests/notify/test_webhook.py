"""A webhook is told by a signed POST; whatever the server does instead of answering ends in one sentence, in time."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import ssl
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme
from http_receiver import receiver

from mass_apology.errors import CampaignError
from mass_apology.model import Status
from mass_apology.notify.channel import Failure, Tellings
from mass_apology.notify.notification import Notification, State, plain_text
from mass_apology.notify.webhook import WebhookChannel, signature, signing_key, tls_context, webhook_place
from mass_apology.settings import NotifyEvent

NEWS = Notification(
    id="msg_1",
    events=(NotifyEvent.FINISHED,),
    at=datetime(2026, 11, 20, 9, 12, tzinfo=UTC),
    campaign="acme-outage",
    wave="first",
    state=State.FINISHED,
    counts={Status.ACCEPTED: 1200, Status.REFUSED: 3},
    sent=1200,
    plan="lusab-babad-gutih",
)
SECRET = "a secret of the test"


def tell(url: str, *, ca_file: str | None = None, timeout: float = 5.0, wait: float = 20.0) -> list[Failure]:
    place = webhook_place(url)
    tls = tls_context(ca_file) if place.tls else None
    tellings = Tellings(
        lambda: [WebhookChannel(place, signing_key(SECRET), tls=tls, timeout=timeout)], pauses=(0.02, 0.02, 0.02)
    )
    tellings.begin(NEWS)
    return tellings.finish(wait)


def why(failures: list[Failure]) -> str:
    (failure,) = failures
    assert "letmein" not in f"{failure}"  # the URL may hold a token
    return failure.why


def test_a_server_that_answers_gets_one_signed_post() -> None:
    with receiver(204) as server:
        assert tell(server.url) == []
    (got,) = server.got
    assert got.path == "/hook?token=letmein"
    told = json.loads(got.body)
    assert told["events"] == ["finished"]
    assert told["at"] == "2026-11-20T09:12:00Z"
    assert told["counts"] == {"ACCEPTED": 1200, "REFUSED": 3}
    assert got.headers["webhook-id"] == told["id"] == "msg_1"
    at = got.headers["webhook-timestamp"]
    assert abs(int(at) - time.time()) < 60
    # Reckoned here by hand, and not by what is tested.
    signed = hmac.new(SECRET.encode(), b"msg_1." + at.encode() + b"." + got.body, hashlib.sha256).digest()
    assert got.headers["webhook-signature"] == "v1," + base64.b64encode(signed).decode()


def test_the_signature_is_that_of_the_standard() -> None:
    """The example of the specification's own libraries."""
    key = signing_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    said = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert said == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("secret", ["whsec_", "whsec_not base64!"])
def test_a_secret_that_is_no_key_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="whsec_"):
        signing_key(secret)


@pytest.mark.parametrize("first", [500, 503, 429, 408])
def test_an_error_that_may_pass_is_tried_again_under_the_same_id(first: int) -> None:
    with receiver(first, 200) as server:
        assert tell(server.url) == []
    assert [each.headers["webhook-id"] for each in server.got] == ["msg_1", "msg_1"]


def test_tries_have_an_end() -> None:
    with receiver(500) as server:
        assert why(tell(server.url)) == "it answered 500"
    assert len(server.got) == 4


@pytest.mark.parametrize("status", [400, 403, 404, 410])
def test_a_refusal_is_not_tried_again(status: int) -> None:
    with receiver(status) as server:
        assert why(tell(server.url)) == f"it answered {status}"
    assert len(server.got) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(status: int) -> None:
    with receiver(status, 200) as server:
        assert why(tell(server.url)) == f"it answered {status}, a redirect, which is not followed"
    assert len(server.got) == 1


@pytest.mark.parametrize("manner", ["hang", "trickle"])
def test_a_slow_server_costs_no_more_than_its_limit(manner: str) -> None:
    with receiver(manner) as server:
        begun = time.monotonic()
        assert why(tell(server.url, timeout=0.2)) == "no answer within 0.2 s"
        assert time.monotonic() - begun < 10
        assert len(server.got) == 4


@pytest.mark.parametrize("manner", ["hang", "trickle"])
def test_the_end_does_not_wait_for_a_slow_server(manner: str) -> None:
    with receiver(manner) as server:
        begun = time.monotonic()
        assert why(tell(server.url, timeout=60, wait=0.3)) == "it did not answer in time"
        assert time.monotonic() - begun < 5


def test_a_refused_connection_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert why(tell(f"http://127.0.0.1:{port}/")) == "Connection refused"


def test_what_is_no_http_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:  # accepts, and says nothing: its backlog does
        server.listen()
        assert why(tell(f"http://127.0.0.1:{server.getsockname()[1]}/", timeout=0.2)) == "no answer within 0.2 s"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


def context_for(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    return context


def test_a_certificate_of_a_named_authority_is_believed(authority: trustme.CA, ca_file: str) -> None:
    with receiver(200, tls=context_for(authority, "127.0.0.1")) as server:
        assert tell(server.url, ca_file=ca_file) == []
    assert len(server.got) == 1


def test_the_certificate_of_an_unknown_authority_is_refused_at_once(authority: trustme.CA) -> None:
    with receiver(200, tls=context_for(authority, "127.0.0.1")) as server:
        assert why(tell(server.url)).startswith("its certificate is refused (unable to get local issuer")
    assert server.got == []


def test_the_certificate_of_another_name_is_refused(authority: trustme.CA, ca_file: str) -> None:
    with receiver(200, tls=context_for(authority, "other.example")) as server:
        assert why(tell(server.url, ca_file=ca_file)).startswith("its certificate is refused (IP address mismatch")
    assert server.got == []


def test_certificates_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate", encoding="utf-8")
    for name in ("ca.pem", "none.pem"):
        with pytest.raises(CampaignError, match=name):
            tls_context(str(tmp_path / name))


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("hooks.acme.example/x", "https://"),
        ("ftp://hooks.acme.example/x", "https://"),
        ("http://hooks.acme.example/letmein", "unprotected"),
        ("https://anna:letmein@hooks.acme.example/", "a user"),
        ("https://hooks.acme.example/#letmein", "a #"),
        ("https:///letmein", "names no host"),
        ("https://hooks.acme.example:0/letmein", "port"),
        ("https://hooks.acme.example/a b?letmein", "blank"),
        ("https://hooks.acme.example/ą?letmein", "no URL has"),
        ("https://[::1/letmein", "cannot be read"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_and_not_repeated(url: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem) as caught:
        webhook_place(url)
    assert "letmein" not in str(caught.value)


def test_urls_are_read() -> None:
    place = webhook_place("https://hooks.acme.example")
    assert (place.tls, place.shown, place.target) == (True, "hooks.acme.example:443", "/")
    assert webhook_place("http://[::1]:8080/a?b=c").target == "/a?b=c"


def test_the_text_for_people_has_the_same_facts() -> None:
    text = plain_text(NEWS)
    assert text.startswith("acme-outage, first: finished.\n")
    assert "accepted:              1,200\n" in text
    assert "plan:                  lusab-babad-gutih\n" in text
