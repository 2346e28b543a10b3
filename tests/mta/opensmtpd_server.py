"""OpenSMTPD: no PIPELINING, no SMTPUTF8, sessions of limited length, and builtin filters for access."""

from __future__ import annotations

from private_server import HOST, MAILBOX, USER, NotOffered, PrivateServer, Terms

_RUNNER, _QUEUE_OWNER = 64103, 64104
_SPOOL = "var/spool/smtpd"
# Of ``PASSWORD``, by crypt(3) with SHA-512.
_PASSWORD_HASH = (
    "$6$relayexample$/bKsuyzieuFneXj1Clvm1laD4w8zB5hazs4cHeLBGrwuTPy.7cRQNqUxCEHdzaDtHMY.g0b.hS7UwUQOItsSL1"
)

_SETTINGS = """pki own cert "/etc/ssl/relay.pem"
pki own key "/etc/ssl/relay.key"
table logins file:/etc/logins
{filters}
smtp max-message-size "{size}"
smtp limit max-mails {messages}
listen on 127.0.0.1 port {port} hostname {host} {options}
action "box" maildir "/{mailbox}" virtual {{ "@" = vmail }}
match from any for any action "box"
"""


class OpenSmtpdServer(PrivateServer):
    """``smtpd`` in the foreground."""

    name = "OpenSMTPD"
    package = "opensmtpd"
    command = ("/usr/sbin/smtpd", "-d")
    logs = ("output.txt",)

    def prepare(self) -> None:
        self.folder("var/lib/opensmtpd/empty", mode=0o711)
        self.folder("var/run")
        self.folder("run")
        self.folder(_SPOOL, mode=0o711)

    def write_settings(self, terms: Terms) -> None:
        if terms.connections or terms.rate or terms.full:
            raise NotOffered(self.name)
        chain = _filters(terms)
        options = {"smtp+plain": [], "smtp+starttls": ["tls-require", "pki own"], "smtps": ["smtps", "pki own"]}
        words = [*options[terms.scheme], *(["auth <logins>"] if terms.login else [])]
        if chain:
            words.append("filter { " + ", ".join(f'"f{n}"' for n in range(len(chain))) + " }")
        self.write("etc/logins", f"{USER} {_PASSWORD_HASH}\n", mode=0o640, owner=_RUNNER)
        text = _SETTINGS.format(
            filters="\n".join(f'filter "f{n}" {each}' for n, each in enumerate(chain)),
            size=terms.size or "35M",
            messages=terms.messages or 100,
            port=self.port,
            host=HOST,
            options=" ".join(words),
            mailbox=MAILBOX,
        )
        self.write("etc/smtpd.conf", text, mode=0o600)

    def queued(self) -> int:
        return sum(path.name == "message" for path in (self.root / _SPOOL / "queue").rglob("*"))

    def reload(self) -> None:
        raise NotOffered(self.name)


def _filters(terms: Terms) -> list[str]:
    parts = []
    for addresses, reply in ((terms.refused, "550 Invalid recipient"), (terms.deferred, "450 Try again later")):
        if addresses:
            listed = ", ".join(f'"{address}"' for address in addresses)
            parts.append(f'phase rcpt-to match rcpt-to {{ {listed} }} reject "{reply}"')
    return parts
