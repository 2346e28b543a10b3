"""Postfix: limits by ``anvil``, access by maps, the queue in folders that are named after their state."""

from __future__ import annotations

import os
import re
import signal
import stat
from pathlib import Path

from private_server import BOX_USER, HOST, MAILBOX, PASSWORD, USER, NotOffered, PrivateServer, Terms

_OWNER, _DROP = 64101, 64110
_SPOOL = "var/spool/postfix"
_QUEUES = ("incoming", "active", "deferred", "maildrop", "hold")
_OTHERS = ("bounce", "corrupt", "defer", "flush", "saved", "trace", "private")

_MASTER = """127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
_MAIN = f"""compatibility_level = 3.6
mail_owner = postfix
setgid_group = postdrop
myhostname = {HOST}
mydestination =
alias_maps =
alias_database =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
maillog_file = /var/log/mail.log
smtpd_peername_lookup = no
smtputf8_enable = yes
virtual_mailbox_domains = static:all
virtual_mailbox_base = /{MAILBOX.partition("/")[0]}
virtual_mailbox_maps = static:{MAILBOX.partition("/")[2]}/
virtual_uid_maps = static:{BOX_USER}
virtual_gid_maps = static:{BOX_USER}
virtual_transport = virtual
default_transport = error:nothing leaves this machine
smtpd_recipient_restrictions = check_recipient_access texthash:/etc/postfix/access, permit_mynetworks, reject
smtpd_client_event_limit_exceptions =
smtpd_tls_cert_file = /etc/ssl/relay.pem
smtpd_tls_key_file = /etc/ssl/relay.key
smtpd_sasl_local_domain = {HOST}
in_flow_delay = 0
notify_classes =
"""


class PostfixServer(PrivateServer):
    """Postfix's ``master`` and what it starts."""

    name = "Postfix"
    package = "postfix"
    command = ("/usr/lib/postfix/sbin/master", "-s")
    smtputf8 = True
    logs = ("var/log/mail.log",)

    def prepare(self) -> None:
        self.folder(_SPOOL)
        for each in (*_QUEUES, *_OTHERS):
            self.folder(f"{_SPOOL}/{each}", owner=_OWNER, group=0, mode=0o700)
        self.folder(f"{_SPOOL}/maildrop", owner=_OWNER, group=_DROP, mode=0o1730)
        self.folder(f"{_SPOOL}/public", owner=_OWNER, group=_DROP, mode=0o2710)
        self.folder(f"{_SPOOL}/pid")
        self.folder("var/lib/postfix", owner=_OWNER, mode=0o700)
        self.folder("var/log")
        self.write(
            "etc/postfix/sasl/smtpd.conf",
            "pwcheck_method: auxprop\nauxprop_plugin: sasldb\n"
            "mech_list: PLAIN LOGIN CRAM-MD5\nsasldb_path: /etc/sasldb2\n",
        )
        self.run("/usr/sbin/saslpasswd2", "-f", "/etc/sasldb2", "-p", "-c", "-u", HOST, USER, typed=PASSWORD)
        os.chown(self.root / "etc/sasldb2", _OWNER, _OWNER)

    def environment(self) -> dict[str, str]:
        return {"MAIL_CONFIG": "/etc/postfix", "POSTLOG_SERVICE": "postlog", "POSTLOG_HOSTNAME": HOST}

    def write_settings(self, terms: Terms) -> None:
        if terms.messages:
            raise NotOffered(self.name)
        lines = [f"message_size_limit = {terms.size or 10_240_000}"]
        if terms.scheme != "smtp+plain":
            lines += ["smtpd_tls_security_level = encrypt"]
            lines += ["smtpd_tls_wrappermode = yes"] if terms.scheme == "smtps" else []
        if terms.login:
            lines += ["smtpd_sasl_auth_enable = yes", "smtpd_relay_restrictions = permit_sasl_authenticated, reject"]
        if terms.connections:
            lines += [f"smtpd_client_connection_count_limit = {terms.connections}"]
        if terms.rate:
            lines += [f"smtpd_client_message_rate_limit = {terms.rate[0]}", f"anvil_rate_time_unit = {terms.rate[1]}s"]
        if terms.new_connections:
            limit, seconds = terms.new_connections
            lines += [f"smtpd_client_connection_rate_limit = {limit}", f"anvil_rate_time_unit = {seconds}s"]
        if terms.refused_at_dot:
            lines += ["header_checks = regexp:/etc/postfix/header_checks"]
            checks = (f"/^To:.*{re.escape(address)}/ REJECT we do not take this" for address in terms.refused_at_dot)
            self.write("etc/postfix/header_checks", "\n".join(checks) + "\n")
        if terms.full:
            lines += ["queue_minfree = 1000000000000000"]
        self.write("etc/postfix/main.cf", _MAIN + "\n".join(lines) + "\n")
        self.write("etc/postfix/master.cf", _MASTER.format(port=self.port))
        access = [f"{address} 550 5.1.1 No such user here" for address in terms.refused]
        access += [f"{address} 450 4.2.1 Try again later" for address in terms.deferred]
        self.write("etc/postfix/access", "\n".join(access) + "\n")

    def queued(self) -> int:
        files = (path for each in _QUEUES for path in (self.root / _SPOOL / each).rglob("*"))
        return sum(map(_is_whole, files))

    def reload(self) -> None:
        os.kill(self._process.pid, signal.SIGHUP)


def _is_whole(path: Path) -> bool:
    """A letter becomes executable when it was received to its end; what is left of others is nobody's letter."""
    try:
        found = path.stat()
    except FileNotFoundError:  # delivered meanwhile
        return False
    return stat.S_ISREG(found.st_mode) and bool(found.st_mode & stat.S_IXUSR)
