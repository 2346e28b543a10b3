"""OpenSMTPD: no PIPELINING, no SMTPUTF8, sessions of limited length, and builtin filters for access."""

from __future__ import annotations

import subprocess

from private_server import HOST, MAILBOX, USER, NotOffered, PrivateServer, Terms

_RUNNER, _QUEUE_OWNER = 64103, 64104
_OWN_FILES = 24
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


# Filters are programs that get events as lines (smtpd-filters(7)); these know nothing but the shell's own commands.
_BEGINNING = """#!/bin/sh
while IFS= read -r line; do [ "$line" = "config|ready" ] && break; done
"""
_PACE = """echo "register|filter|smtp-in|mail-from"
echo "register|ready"
begun=0 count=0
while IFS="|" read -r kind version time side phase session token rest; do
  now=${{time%.*}}
  [ "$now" -ge $((begun + {1})) ] && begun=$now count=0
  count=$((count + 1))
  if [ $count -gt {0} ]; then
    echo "filter-result|$session|$token|reject|451 4.7.1 rate overlimit"
  else
    echo "filter-result|$session|$token|proceed"
  fi
done
"""
_JUDGE = """echo "register|filter|smtp-in|rcpt-to"
echo "register|filter|smtp-in|commit"
echo "register|ready"
while IFS="|" read -r kind version time side phase session token rest; do
  eval "address=\\$of_$session"
  [ $phase = rcpt-to ] && eval "of_$session=\\$rest" address=
  case "$address" in
    {0}) echo "filter-result|$session|$token|reject|550 5.7.1 we do not take this" ;;
    *) echo "filter-result|$session|$token|proceed" ;;
  esac
done
"""


class OpenSmtpdServer(PrivateServer):
    """``smtpd`` in the foreground."""

    name = "OpenSMTPD"
    package = "opensmtpd"
    command = ("/usr/sbin/smtpd", "-d")
    smtputf8 = False
    reloads = False
    logs = ("output.txt",)

    def prepare(self) -> None:
        self.folder("var/lib/opensmtpd/empty", mode=0o711)
        self.folder("var/run")
        self.folder("run")
        self.folder(_SPOOL, mode=0o711)

    def write_settings(self, terms: Terms) -> None:
        if terms.new_connections or (terms.scheme != "smtp+plain" and not self.knows_tls()):
            raise NotOffered(self.name)
        options = {"smtp+plain": [], "smtp+starttls": ["tls-require", "pki own"], "smtps": ["smtps", "pki own"]}
        words = [*options[terms.scheme], *(["auth <logins>"] if terms.login else [])]
        chain = self._filters(terms)
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
        self._set_room(full=terms.full)

    def limits(self) -> tuple[str, ...]:
        """It knows no limit of connections but that of its files: two for each, some twenty for itself."""
        connections = self.terms.connections
        return ("prlimit", f"--nofile={_OWN_FILES + 2 * connections}") if connections else ()

    def knows_tls(self) -> bool:
        """Up to 6.8 its own key engine fails with OpenSSL 3: github.com/OpenSMTPD/OpenSMTPD/issues/1171."""
        words = ("chroot", str(self.root), "/usr/sbin/smtpd", "-h")
        said = subprocess.run(words, capture_output=True, text=True, check=False).stderr
        return int(said.partition("OpenSMTPD ")[2].partition(".")[0]) >= 7

    def _set_room(self, *, full: bool) -> None:
        """It asks nobody about the room on its disk; what it may not write to is as good as full."""
        if (self.root / _SPOOL / "incoming").exists():
            self.folder(f"{_SPOOL}/incoming", owner=_QUEUE_OWNER, group=0, mode=0o500 if full else 0o700)

    def _filters(self, terms: Terms) -> list[str]:
        parts = []
        for addresses, reply in ((terms.refused, "550 Invalid recipient"), (terms.deferred, "450 Try again later")):
            if addresses:
                listed = ", ".join(f'"{address}"' for address in addresses)
                parts.append(f'phase rcpt-to match rcpt-to {{ {listed} }} reject "{reply}"')
        if terms.rate:
            parts.append(self._program("pace", _PACE.format(*terms.rate)))
        if terms.refused_at_dot:
            parts.append(self._program("judge", _JUDGE.format("|".join(terms.refused_at_dot))))
        return parts

    def _program(self, name: str, script: str) -> str:
        self.write(f"usr/libexec/opensmtpd/filter-{name}", _BEGINNING + script, mode=0o755)
        return f'proc-exec "filter-{name}"'

    def queued(self) -> int:
        return sum(path.name == "message" for path in (self.root / _SPOOL / "queue").rglob("*"))

    def reload(self) -> None:
        """It cannot; its administrator ends it and starts it again."""
        self.stop()
        self.start()

    def reload_for_room(self) -> None:
        """It looks at each letter."""
