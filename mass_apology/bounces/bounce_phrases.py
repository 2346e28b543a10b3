"""The words of servers, by what they mean: alternatives of regular expressions, in lower case.

They come from the programs' sources and manuals, and from what the large mailbox providers answer. Most servers speak
English; the others stand beside it. ``diagnosis`` and ``notices`` decide on their meaning.
"""

from __future__ import annotations


def _any(table: str) -> str:
    """One group of the alternatives in a table, which stand on lines of their own or between ` | `."""
    phrases = (phrase.strip() for line in table.splitlines() for phrase in line.split(" | "))
    return f"(?:{'|'.join(filter(None, phrases))})"


WHO = _any(r"""
    user | recipient | mailbox | mail box | account | address(?:ee)? | alias | person | e-?mail | local.?part
    domain | host | login | benutzer | empfänger | adresse | postfach | utilisateur | destinataire | bo[iî]te
    usuario | destinatario | dirección | buzón | cuenta | utente | indirizzo | casella | użytkownik\w*
    adresat\w* | odbiorc\w* | skrzynk\w* | konto | adres | пользовател\w* | адрес\w* | ящик\w* | получател\w*
""")
"""What may be dead: the address, under all its names."""

IS_DEAD = _any(r"""
    unknown | not known | not found | not exist
    no longer (?:valid|available|active|exist|in use|accept|on server) | inexistent | non-?existent
    doesn.?t exist | couldn.?t be found | could not be found | not be found | not present | not recogni[sz]ed
    invalid | closed | terminated | deleted | expunged | unrouteable | unroutable | unbekannt | existiert nicht
    nicht gefunden | inconnu | n.existe (?:pas|plus) | introuvable | no existe | desconocid | sconosciut
    inesistente | non esiste | nie istnieje | nieznan | не существует | не найден | неизвест | удал[её]н
""")
"""And how it is said to be."""

_NO_SUCH = _any(r"""
    unknown | invalid | no such | no valid(?! recipients?\b) | non-?existent | unrouteable | unroutable
    bad destination
""")  # "no valid recipients" answers DATA, also where all recipients were to be tried again
_KIND = _any(r"virtual | local | smtp | e-?mail | mail | destination")

DEAD = _any(rf"""
    \b{WHO}\b[^.;\n]{{0,60}}?\b{IS_DEAD}
    \b{_NO_SUCH}(?: or \w+)? (?:{_KIND}\s)?{WHO}
    not a (?:valid|known|local) (?:user|mailbox|recipient|address|account)
    (?:doesn.?t|does not) have an? \S* ?(?:\w+ )?account
    no (?:mailbox|account|user|one)\W(?:\w+\W){{0,2}}(?:by|with|at) th | name or service not known | nxdomain
    null mx | userunknown | recipientnotfound | recipnotfound | recipient_not_found | not listed in
    isn.t listed in | no mx record | find a mail exchanger | no smtp service | does not accept mail
    unbekannte[rs]? (?:empfänger|benutzer|adresse) | niezn\w+ (?:użytkownik|adresat|odbiorca)
    brak (?:takie\w+ )?(?:konta|użytkownika|skrzynki|adresata) | нет такого
    неизвестный (?:пользователь|адрес|получатель)
""")
"""There is no such mailbox, or no such domain."""

LATE = _any(r"""
    end of data | after data | after dot | disabled | suspended | inactive | temporarily | locked | try again
""")
"""An unknown mailbox is refused before the content; after it, a filter speaks. A locked account may open again."""

FULL = _any(r"""
    (?:over|exceed\w*|out of|reached|above|past)\W(?:\w+\W){0,6}(?:quota|storage|allocation|mailbox limit|disk space)
    quota\W(?:\w+\W){0,4}exceed | overquota | (?:mail|in|mail ?)box (?:is |size limit |has )?(?:full|exceed)
    full mailbox | (?:mailbox|account|user|maildir|folder)\W(?:\w+\W){0,5}(?:is|are|be) full | quotaexceeded
    not enough (?:storage|space) | insufficient (?:storage|disk space) | storage (?:limit|space)
    mailbox for \S* ?is full | disk quota | quota violation | postfach\W(?:\w+\W){0,4}voll
    bo[iî]te\W(?:\w+\W){0,5}pleine | skrzynk\w+\W(?:\w+\W){0,4}(?:pełna|przepełniona)
    buzón\W(?:\w+\W){0,4}llen[ao] | casella\W(?:\w+\W){0,4}piena | ящик\W(?:\w+\W){0,4}переполнен
""")
"""The mailbox is full."""

OURS = _any(r"""
    \bspam | unsolicited | black ?list | block ?list | dns ?bl\b | \brbl\b | blocked | banned | reputation
    suspicio | phish | virus | malware | \bdmarc | \bspf\b | \bdkim | sender | return.?path | reverse dns
    \bptr\b | helo | client host | (?<!exchanger or )\bip\b | your (?:host|server|network)
    abus(?:e|ive) | complaint | throttl
    rate.limit | too (?:many|fast|quickly) | receiving mail at a rate | sending limit | (?:daily|hourly)\s
    relay(?:ing)? (?:access )?(?:denied|not) | unable to relay | bulk (?:e-?)?mail | greylist | graylist
    suppress | for explanation visit | authenticat | спам | spamverdacht | polluriel
""")
"""The sender, the sending servers and their repute: nothing in such a sentence says that the recipient is dead."""

POLICY = _any(r"""
    polic(?:y|ies) | access denied | denied | prohibited | forbidden
    not (?:allowed|permitted|authori[sz]ed|accepting) | unauthori | restrict | filter | content | attachment
    too (?:large|big|long) | size limit | header | rejected by | refused by | message rejected | automatically rejected
    rejected your message | notauthorized | temporar | moderat | подозр
""")
"""Policy and content: with these words only a code that names the address, and a sentence that does, are believed."""

EXPIRED = _any(r"""
    expired | giving up(?! on) | (?<!i've )given up | gave up | timed out | timeout | retry time not reached
    in the queue too long | too long in | for more than \d | for \d+ (?:days|hours) | long failure period
    multiple retries | unable to contact | try again | network is (?:down|unreachable) | connection refused
    no route to host
""")
"""The relay has tried for as long as it tries. qmail's "I've given up" and "Giving up on 192.0.2.1" say any failure."""

FAILED_SUBJECT = _any(r"""
    undeliver | undelivr | non.?deliver | not deliver | nondeliver | returned (?:mail|to sender|message)
    (?:your )?(?:e-?)?(?:mail|message)\W(?:\w+\W){0,3}(?:deliver\w*\W)?(?:fail|undeliver|return|could|was not|not)
    (?:delivery|delivering|transmission|transport|mail|message|system|smtp)\W(?:\w+\W){0,3}(?:fail|error|problem|report)
    (?:delivery|transmission|mail|message|system)\W(?:\w+\W){0,3}(?:notif|status|delay|warn|unsuccess|incomplete)
    failure notice | failed | failure | bounce | warning:\s | delayed | could not | unable to deliver
    cannot deliver | can't deliver | rejected | delivery | permanent | user unknown | unzustell | fehler
    nicht zugestellt | verzöger | zustell | mail konnte | rückläufer | (?:nie|błąd|zwrot|niedostarcz|opóźn)
    non remis | échec | erreur | retour | message non | no se (?:puede|ha) | no entregado | error de entrega
    mensaje no | rechazad | non recapit | mancat | errore | impossibile | mancata | недостав | не достав
    невозмож | ошибка | сообщение не | отчет | отчёт | onbestelbaar | niet bezorgd | kan inte | ej leverer
    ikke lever | nem kézbesít | nedoručit | 配信 | 邮件 | 退信 | 系统退信
""")
"""How mail systems begin the subject of a notice that a letter was not delivered, or not yet."""

FAILED_TEXT = _any(r"""
    (?:could|can|was|were|did|do|unable)\W?(?:n.t|not| not)?\W(?:\w+\W){0,5}(?:deliver|relay|sent|reach|process|accept)
    (?:is|has|have|will)\W?(?:n.t|not| not)?\W(?:\w+\W){0,5}(?:deliver|relay|sent|reach|process|accept)
    couldn.t | deliver\w{0,20}\W(?:\w+\W){0,4}(?:fail|error|problem|impossible|not possible|unsuccessful)
    fail\w{0,20}\W(?:\w+\W){0,6}(?:deliver|address|recipient) | undeliver | unable to deliver
    permanent(?:ly)? (?:error|fail|fatal) | fatal error | user unknown | unknown user | no such user
    mailbox\W(?:\w+\W){0,3}(?:full|unavailable|unknown) | rejected | bounced | returned (?:mail|to sender)
    konnte\W(?:\w+\W){0,8}nicht | nicht zugestellt | unzustellbar | fehlgeschlagen
    nie (?:została?|mogła?|można|udało) | niedostarcz | nie istnieje | n.a pas pu | n.ont pas | non remis
    pas été | échec | no (?:se )?(?:ha podido|pudo|puede|fue) | non è stat | non (?:può|ha potuto) | impossibile
    не (?:было |может |удалось |был ) | не доставл | недостав | невозможно | \b[45]\.\d\.\d\b
    \b(?:421|45[0-2]|55[0-4])[ -] | deferred: | transcript of session | failure reasons?
    invalid final delivery | mailbox exceeds | trouble delivering | error (?:sending|delivering)
    delivery failure
""")
"""What a notice says where a letter was not delivered."""

DELAYED = _any(r"""
    (?:delivery|message|mail|e-?mail)\W(?:\w+\W){0,4}(?:delayed|deferred) | delayed (?:mail|delivery)
    warning: could not send
    (?:will|being|are) (?:still )?(?:keep|be|continue\w*|attempt\w*|try\w*) (?:to )?(?:be )?(?:re)?tr(?:y|ied)
    still being retried
    warning message only | you (?:do not|don.t) need to (?:resend|do anything|take)
    not (?:yet )?been delivered yet | has not yet been delivered | no action is required on your part
    will (?:be retried|keep trying|continue) | this is (?:just |only )?a warning | verzögert | opóźnion
    retardé | retrasado | ritardat | отложен | задерж
""")
"""What a notice says where the letter is still under way."""

RETURNED = _any(r"""
    this is a copy | (?:below|here) (?:this line )?is a copy | a copy of (?:the|your)
    (?:the |your )?original (?:message|mail|e-?mail)(?: headers?| text| follows| is| begins|[-: \t=*_]*$)
    (?:the )?(?:headers?|body|text) of (?:the|your)
    (?:start of )?(?:returned|unsent|undelivered) (?:mail|message)(?: follows| headers?| text|[-: \t=*_]*$)
    message (?:header|text|follows) | forwarded message
    -+ ?(?:enthaltene|ursprüngliche|message d|oryginaln|исходное) | return-path:\s | received: (?:from|by)
    message-id:\s | (?:mime-version|dkim-signature):\s
""")
"""How the line begins that stands between notice and returned letter. "The original message was received" is none."""
