"""Exim: limits and access by its access control lists, a daemon that forks for every connection and every delivery."""

from __future__ import annotations

import os
import re
import signal

from private_server import BOX_USER, HOST, MAILBOX, PASSWORD, USER, NotOffered, PrivateServer, Terms

_OWNER = 64102
_SPOOL = "var/spool/exim4"

_MAIN = f"""primary_hostname = {HOST}
local_interfaces = 127.0.0.1
host_lookup =
rfc1413_query_timeout = 0s
never_users =
keep_environment =
smtputf8_advertise_hosts = *
smtp_accept_queue_per_connection = 0
smtp_accept_max = 100
queue_run_max = 5
acl_smtp_rcpt = at_rcpt
acl_smtp_data = at_dot
acl_smtp_mail = at_mail
tls_certificate = /etc/ssl/relay.pem
tls_privatekey = /etc/ssl/relay.key
log_selector = +smtp_confirmation
"""
_LISTS = """
begin acl
at_mail:
{at_mail}
  accept
at_rcpt:
{at_rcpt}
  accept
at_dot:
{at_dot}
  accept
"""
_DELIVERY = f"""
begin routers
everybody:
  driver = accept
  transport = mailbox

begin transports
mailbox:
  driver = appendfile
  directory = /{MAILBOX}
  maildir_format
  envelope_to_add
  user = {BOX_USER}
  group = {BOX_USER}

begin retry
*  *  F,2h,1s

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{{USER}}}}}{{eq{{$auth3}}{{{PASSWORD}}}}}}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${{if and{{{{eq{{$auth1}}{{{USER}}}}}{{eq{{$auth2}}{{{PASSWORD}}}}}}}}}
  server_set_id = $auth1
cram:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = ${{if eq{{$auth1}}{{{USER}}}{{{PASSWORD}}}fail}}
  server_set_id = $auth1
"""


class EximServer(PrivateServer):
    """Exim's daemon, which also runs its queue."""

    name = "Exim"
    package = "exim"
    command = ("/usr/sbin/exim4", "-bdf", "-q1s")
    smtputf8 = True
    logs = ("var/log/exim4/mainlog", "var/log/exim4/rejectlog")

    def prepare(self) -> None:
        for each in (_SPOOL, f"{_SPOOL}/input", f"{_SPOOL}/msglog", f"{_SPOOL}/db", "var/log/exim4"):
            self.folder(each, owner=_OWNER, mode=0o750)
        self.folder("var/lib/exim4")
        os.chown(self.root / "etc/ssl/relay.key", _OWNER, _OWNER)

    def write_settings(self, terms: Terms) -> None:
        if terms.new_connections:
            raise NotOffered(self.name)
        lines = [f"daemon_smtp_ports = {self.port}", f"message_size_limit = {terms.size or '50M'}"]
        lines += [f"tls_on_connect_ports = {self.port}"] if terms.scheme == "smtps" else []
        lines += ["tls_advertise_hosts = *" if terms.scheme == "smtp+starttls" else "tls_advertise_hosts ="]
        lines += ["auth_advertise_hosts = *" if terms.login else "auth_advertise_hosts ="]
        if terms.connections:
            lines += [f"smtp_accept_max_per_host = {terms.connections}"]
        if terms.messages:
            lines += [f"smtp_accept_max_per_connection = {terms.messages}"]
        lines += ["check_spool_space = 1000000G" if terms.full else "check_spool_space = 0"]
        lists = _LISTS.format(at_mail=_at_mail(terms), at_rcpt=_at_rcpt(terms), at_dot=_at_dot(terms))
        self.write("etc/exim4/exim4.conf", _MAIN + "\n".join(lines) + "\n" + lists + _DELIVERY)

    def queued(self) -> int:
        names = {path.name for path in (self.root / _SPOOL / "input").rglob("*")}
        return sum(
            name.endswith("-H") and f"{name[:-1]}D" in names for name in names
        )  # one alone is a killed one's rest

    def reload(self) -> None:
        os.kill(self._process.pid, signal.SIGHUP)


def _at_mail(terms: Terms) -> str:
    if not terms.rate:
        return ""
    letters, seconds = terms.rate
    return f"  defer message = rate overlimit\n    ratelimit = {letters} / {seconds}s / strict / per_mail"


def _at_rcpt(terms: Terms) -> str:
    parts = []
    if terms.refused:
        parts.append(f"  deny message = Unrouteable address\n    recipients = {' : '.join(terms.refused)}")
    if terms.deferred:
        parts.append(f"  defer message = Try again later\n    recipients = {' : '.join(terms.deferred)}")
    if terms.login:
        parts.append("  deny message = relay not permitted\n    !authenticated = *")
    return "\n".join(parts)


def _at_dot(terms: Terms) -> str:
    if not terms.refused_at_dot:
        return ""
    listed = "|".join(map(re.escape, terms.refused_at_dot)).replace("\\", "\\\\")
    return f"  deny message = we do not take this\n    condition = ${{if match{{$h_to:}}{{{listed}}}}}"
