"""The words of servers, by what they mean: alternatives of regular expressions, in lower case.

They come from the programs' sources and manuals, and from what the large mailbox providers answer. Most servers speak
English; the others stand beside it. ``diagnosis`` and ``notices`` decide on their meaning.
"""

from __future__ import annotations


def _any(table: str) -> str:
    """One group of the alternatives in a table, which stand on lines of their own or between ` | `."""
    phrases = (phrase.strip() for line in table.splitlines() for phrase in line.split(" | "))
    return f"(?:{'|'.join(filter(None, phrases))})"


def _each(table: str) -> frozenset[str]:
    """The entries of such a table as they are."""
    return frozenset(phrase.strip() for line in table.splitlines() for phrase in line.split(" | ")) - {""}


WHO = _any(r"""
    user\w* | recipient | mailbox | mail box | account | address(?:es|ee)? | alias | person | e-?mail | local.?part
    domain | host | login | benutzer | empfänger | adresse | postfach | utilisateur | destinataire | bo[iî]te
    usuario | destinatario | dirección | buzón | cuenta | utente | indirizzo | casella | użytkownik\w*
    adresat\w* | odbiorc\w* | skrzynk\w* | konto | adres | пользовател\w* | адрес\w* | ящик\w* | получател\w*
    gebruiker\w* | ontvanger | geadresseerde | postvak | postbus | uživatel\w* | adresát\w* | příjemc\w* | schránk\w*
    adresa | účet | používateľ\w* | usuário | utilizador | destinatário | endereço
    caixa (?:postal|de correio) | conta
    kullanıcı\w* | alıcı\w* | hesa[bp]\w* | adres\w* | posta kutusu | mottagare\w* | användare\w* | modtager\w*
    bruger\w* | mottaker\w* | bruker\w* | vastaanottaja\w* | käyttäjä\w* | címzett | felhasználó | postafiók
    destinatar\w* | utilizator\w* | παραλήπτη\w* | χρήστη\w* | διεύθυνση | користувач\w* | скриньк\w*
""")
"""What may be dead: the address, under all its names."""

IS_DEAD = _any(r"""
    unknown(?! (?:address )?(?:error|reason|command|failure|problem|response|status)) | not known | not found
    not exist | no longer (?:valid|available|active|exist|in use|accept|on server) | inexistent | non-?existent
    doesn.?t exist | couldn.?t be found | could not be found | not be found | not present | not recogni[sz]ed
    wasn.?t found | not valid\b(?! (?:cert|for)) | not (?:a )?known
    invalid(?! (?:response|data|argument|param|certificate|message|header|attachment|content|sender|command|sequence))
    (?<!connection )(?<!session )closed(?! (?:the |its )?(?:connection|session|channel|transmission))
    (?<!connection )(?<!session )terminated | deleted(?! without| unread) | expunged | unrouteable | unroutable
    unbekannt | existiert nicht | nicht gefunden | nicht bekannt | ungültig | nicht vorhanden
    inconnu | n.existe (?:pas|plus) | introuvable | invalide
    no existe | desconocid | no (?:se )?(?:ha |fue )?(?:sido )?encontrad | no se encuentra | no válid | inválid
    sconosciut | inesistente | non esiste | non (?:è )?(?:stat[oa] )?trovat | non valid | non presente
    nie istnieje | nieznan | nieprawidłow | nie (?:został[ao]? )?(?:znalezion|odnalezion)
    не существует | не найден | неизвест | удал[её]н | не зарегистрирован | не існує | не знайден
    bestaat niet | onbekend | niet gevonden | niet bekend | ongeldig | neexistuje | neznám | nenalezen | neplatn
    não existe | inexistente | desconhecid | não (?:foi )?encontrad | não é válid
    bulunamadı | bulunmuyor | mevcut değil | geçersiz | bilinmiyor | okänd | finns inte | finnes ikke | findes ikke
    ukendt | ukjent | tuntematon | ei ole olemassa | nem létezik | ismeretlen | nu exist[aă] | necunoscut
    δεν υπάρχει | άγνωστ
""")
"""And how it is said to be."""

_NO_SUCH = _any(r"""
    unknown | invalid(?! domain) | no such | no valid(?! recipients?\b) | non-?existent | unrouteable | unroutable
    bad destination | unbekannte[rns]? | ungültige[rns]? | onbekende | ongeldige? | neznám[ýáé] | neplatn[ýáé]
    bilinmeyen | geçersiz | böyle bir | nessun | ukendt | ukjent | okänd | okända | ismeretlen
    niezn\w+ | неизвестный | невідомий | destinatario desconocido:? | nie ma takiego | não há
    tuntematon | άγνωστ\w+
""")  # "no valid recipients" answers DATA, also where all recipients were to be tried again
_QUALITY = _any(r"""
    error | stat(?:e|us)\b | credential | count\b | polic | verif | certificate | key\b | signature | header
""")  # "unknown account status" says nothing about the account's being
_KIND = _any(r"virtual | local | smtp | e-?mail | mail | destination | final delivery | such")

_CJK_WHO = _any(r"""
    宛先 | あて先 | 受信者 | ユーザー? | アドレス | アカウント | メールボックス
    用户 | 用戶 | 使用者 | 收件人 | 收信人 | 郵箱 | 邮箱 | 信箱 | 地址 | 帐号 | 帳號 | 帐户 | 账号 | 账户 | 域名
""")
DEAD = _any(rf"""
    \b{WHO}\b[^.;\n]{{0,60}}?\b{IS_DEAD}
    \b{_NO_SUCH}(?: or \w+)? (?:{_KIND}\s)?{WHO}\b(?! {_QUALITY})
    not a (?:valid|known|local) (?:user|mailbox|recipient|address|account)
    (?:doesn.?t|does not) have an? \S* ?(?:\w+ )?account | no mail ?box available
    no (?:mailbox|account|user|one)\W(?:\w+\W){{0,2}}(?:by|with|at) th | name or service not known | nxdomain
    no (?:such )?(?:mail ?box|user|account|recipient) (?:was )?found | not in my validrcptto | recipient notfound
    no existe (?:dich[oa]|es[ea]|est[ea]|el|la) \w+ | null mx | userunknown | recipientnotfound | recipnotfound
    recipient_not_found | not listed in
    not our customer | left no (?:forwarding )?address | couldn.?t find any host
    able to find the (?:recipient )?domain
    wasn.t found at | wurde bei \S{{0,80}} ?nicht gefunden | est introuvable sur | no se encontró \S+ en\b
    isn.t listed in | no mx record | find a mail exchanger | no smtp service | does not accept mail
    (?:user|recipient) name is not (?:recogni[sz]ed|known|found) | unknown to (?:us|this (?:host|server|system))
    (?:i |we )?(?:can ?not|don.?t) deliver mail for | i have no (?:such )?mailbox
    brak (?:takie\w+ )?(?:konta|użytkownika|skrzynki|adresata) | нет такого
    non répertorié | no se encuentra en el directorio | nicht im .{{0,20}}verzeichnis
    {_CJK_WHO}[^。\n]{{0,30}}(?:存在し(?:ない|ません)|見つかりません|不明|不存在)
    (?:宛先|あて先|アドレス|ユーザー?)不明 | ディレクトリ[^。\n]{{0,12}}(?:ありません|見つかりません)
    查无此人 | 查無此人
    (?:无|無|没有|沒有)(?:此|该|該|这个|這個)(?:用户|用戶|使用者|收件人|邮箱|信箱)
    不存在的?(?:用户|收件人|邮箱|信箱|地址|账号|帳號)
    (?:사용자|수신자|계정|주소|메일함)[^.\n]{{0,30}}(?:존재하지 않|찾을 수 없|없습니다)
    존재하지 않는 (?:사용자|수신자|계정|주소)
""")
"""There is no such mailbox, or no such domain."""

PLAINLY_DEAD = _any(r"""
    \bno such (?:user|recipient|mailbox|account|address|person|local user|virtual user)\b
    \b(?:user|recipient|mailbox|account|address)(?: name)?:? (?:is )?(?:unknown|not found|does(?: not|n.?t) exist)
    \b(?:unknown|non-?existent) (?:local |virtual )?(?:user|recipient|mailbox|account)\b | nie ma takiego użytkownika
    用户不存在 | 收件人不存在
""")
"""So plain that even a code of policy (5.7.1 of Yandex and of many gateways) does not speak against it."""

CONTRADICTED = _any(r"""
    disabled | deactivated | suspended | inactiv\w+ | not (?:currently )?active | temporar | \block(?:ed)?\b | frozen
    archiv[eé][ed]?\b | \bhold\b | dormant | \buntil\b | not unique | ambiguous
    or you (?:are|may|do|might)(?! not have authori[sz]ation to see) | (?<!no )forwarding address
    certificate | encryption | s/mime | lookup (?:fail|error) | database | director\w+ (?:\w+ ){0,2}(?:unavailable|down)
    is terminated | hibernat | expired account | discontinued
    (?<!and )(?<!then )(?<!please )try again | retry later | later\b
    \bbusy\b | tim(?:ed|e) ?-?out | connection (?:was )?(?:closed|dropped|lost|reset|refused) | lost connection
    \bloop(?:ing|s)?\b | too many hops | hop count | known contacts
    (?:only|not) accept\w* (?:e-?mails?|mails?|messages?)? ?(?:from|with) | preferences
    members.only | not on (?:the|my|their) (?:list|contacts) | contacts only | allowed senders? | user rules
    (?:message|mail|letter) size | size exceed | larger than | vacation
    gesperrt | deaktiviert | inaktiv | stillgelegt | vorübergehend | abgeschaltet | überlastet
    suspendu | désactivé | inactif | bloqué | temporairement | verrouillé
    suspendid[oa] | deshabilitad | desactivad | inactiv[oa] | bloquead | temporalmente
    sospes[oa] | disabilitat | disattivat | inattiv | bloccat | temporaneamente
    zablokowan | zawieszon | nieaktywn | wyłączon | tymczasow
    заблокирован | отключ[её]н | приостановлен | неактив | временно | деактив
    geblokkeerd | uitgeschakeld | opgeschort | inactief | tijdelijk | gedeactiveerd
    deaktivov | zablokován | pozastaven | neaktivn | dočasně | vypnut
    suspens[oa] | desativad | inativ | temporariamente
    askıya | devre ?dışı | pasif | geçici | kilitli
    spärrad | inaktiverat | deaktiveret | deaktivert | poistettu käytöstä | letiltva | felfüggeszt | suspendat
    停止 | 無効 | 休止 | 凍結 | 一時的 | 停用 | 冻结 | 凍結 | 禁用 | 锁定 | 鎖定 | 封禁 | 暂停 | 暫停 | 휴면
    정지 | 일시적
""")
"""Words that contradict "there is none": the mailbox exists, or may open again, or it is about something else."""

UNAVAILABLE = _any(r"""
    unavailable | not available | nicht verfügbar | nicht erreichbar | indisponible | no disponible | non disponibile
    niedostępn | недоступ | niet beschikbaar | nedostupn | indisponível | kullanılamıyor | 利用できません | 不可用
    other mail system problem | unknown address error
""")
"""A mailbox that cannot be used now; it contradicts a bare code, but not a sentence that the mailbox is unknown."""

AFTER_CONTENT = _any(r"""
    end of data | after data | after dot | after (?:i|we) sent the (?:message|mail) | end of message
    after (?:the )?(?:message )?(?:content|body) | body of message generated response | response to (?:the )?content
    following (?:data|end|content|\.) | state 1[78]\) | at end of (?:mail|message|data)
""")
"""The reply came after the content: Postfix, Exim, qmail, IMail, Gmail's states, and others."""

LOOKED_UP_LATE = _any(r"""
    delivery error: dd\b
""")
"""Yahoo asks its store for the mailbox after the content, and quotes what the store says of it."""

AFTER_RECIPIENT = _any(r"""
    rcpt to command | after rcpt | pipelined rcpt | following rcpt | does not like recipient | state 1[34]\)
    in response to rcpt | rcpt failed | at rcpt
""")
"""The reply was one to RCPT."""

FULL = _any(r"""
    (?:over|exceed\w*|out of|reached|above|past)\W(?:\w+\W){0,6}(?:quota|storage|allocation|mailbox limit|disk space)
    quota\W(?:\w+\W){0,4}exceed | overquota | (?:mail|in|mail ?)box (?:is |size limit |has )?(?:full|exceed)
    full mailbox | (?:mailbox|account|user|maildir|folder)\W(?:\w+\W){0,5}(?:is|are|be) full | quotaexceeded
    exceeding (?:\w+ ){0,2}(?:limit|quota) | not sufficient (?:disk |storage )?space
    (?:space|file) (?:quota|size exceeds)
    not enough (?:storage|space) | insufficient (?:storage|disk space) | storage (?:limit|space)
    mailbox for \S* ?is full | disk quota | quota violation | postfach\W(?:\w+\W){0,4}voll
    bo[iî]te\W(?:\w+\W){0,5}pleine | skrzynk\w+\W(?:\w+\W){0,4}(?:pełna|przepełniona)
    buzón\W(?:\w+\W){0,4}llen[ao] | casella\W(?:\w+\W){0,4}piena | ящик\W(?:\w+\W){0,4}переполнен
    (?:mailbox|postvak|postbus)\W(?:\w+\W){0,3}vol\b | schránk\w\W(?:\w+\W){0,4}pln[áý]
    kvót\w\W(?:\w+\W){0,3}překroč
    překroč\w+\W(?:\w+\W){0,3}kvót | caixa\W(?:\w+\W){0,4}cheia
    (?:cota|quota|cuota|kota)\W(?:\w+\W){0,3}(?:exce|aşıl|superad)
    (?:kutusu|posta)\W(?:\w+\W){0,2}dolu | quota\W(?:\w+\W){0,3}(?:überschritten|dépassé|superat|przekroczon)
    przekroczon\w+\W(?:\w+\W){0,3}(?:quot|limit|pojemno) | превыш\w+\W(?:\w+\W){0,3}(?:квот|лимит|объ[её]м) | квота
    (?:容量|メールボックス)[^。\n]{0,20}(?:超|いっぱい|満杯|オーバー) | 受信容量
    (?:邮箱|郵箱|信箱|空间|空間)[^。\n]{0,12}(?:已满|已滿|爆满|不足)
    超出[^。\n]{0,8}(?:容量|配额) | 용량[^.\n]{0,10}초과 | no space left | space has been used up | too much mail data
    too many messages (?:on|in) | (?:mailbox|inbox|postfach|mail) size exceed | not have enough (?:space|storage)
""")
"""The mailbox is full."""

OURS = _any(r"""
    \bspam | unsolicited | black ?list | block ?list | dns ?bl\b | \brbl\b | blocked | banned | reputation
    dns check | resource record | reverse lookup | sending (?:host|server) | from (?:an )?(?:unknown|invalid)
    absender | expéditeur | remitente | remetente | mittente | nadawc | отправител | відправник | afzender | odesílatel
    odosielate | gönderen | avsändar | afsender | avsender | lähettäj | feladó | expeditor | αποστολέα | 发件人 | 發件人
    寄件[人者] | 发信人 | 發信人 | 发送者 | 送信者 | 送信元 | 差出人 | 발신자 | 보낸 사람
    suspicio | phish | virus | malware | \bdmarc | \bspf\b | \bdkim | sender | return.?path | reverse dns
    \bptr\b | helo | client host | (?<!exchanger or )\bip\b | your (?:host|server|network|(?:e-?mail )?domain)
    your (?:e-?mail )?address(?! book)
    abus(?:e|ive) | complaint | throttl
    rate.limit | too (?:many|fast|quickly) | receiving mail at a rate | sending limit | (?:daily|hourly)\s
    relay(?:ing)? (?:access )?(?:denied|not|mail|disallow|prohib) | (?:unable to|as a|open|insecure|no|not|don.t) relay
    mail from(?::| command) | valid from\b | from: ?(?:domain|address|header) | backscatter | \bbatv\b | mass mail
    per hour
    bulk (?:e-?)?mail | greylist | graylist
    suppress | for explanation visit | authenticat | спам | spamverdacht | polluriel
""")
"""The sender, the sending servers and their repute: nothing in such a sentence says that the recipient is dead."""

POLICY = _any(r"""
    polic(?:y|ies) | access denied | denied | prohibited | forbidden
    not (?:allowed|permitted|authori[sz]ed|accepting) | unauthori | restrict | (?<!m-)filter | content | attachment
    too (?:large|big|long) | size limit | header | rejected by | refused by | message rejected
    automatically rejected
    rejected your message | notauthorized | moderat | подозр | certificate | \btls\b
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
    abgelehnt | konnte\W(?:\w+\W){0,8}nicht | nicht zugestellt | unzustellbar | fehlgeschlagen
    nie (?:została?|mogła?|można|udało) | niedostarcz | nie istnieje | n.a pas pu | n.ont pas | non remis
    pas été | échec | no (?:se )?(?:ha podido|pudo|puede|fue) | non è stat | non (?:può|ha potuto) | impossibile
    не (?:было |может |удалось |был ) | не доставл | недостав | невозможно | \b[45]\.\d\.\d\b
    \b(?:421|45[0-2]|55[0-4])[ -] | deferred: | transcript of session | failure reasons?
    invalid final delivery | mailbox exceeds | trouble delivering | error (?:sending|delivering)
    delivery failure
    onbestelbaar | niet (?:worden )?(?:bezorgd|afgeleverd) | nebyl[ao]? doručen | nelze doručit | nedoručiteln
    nepodařilo se doručit | não (?:pôde|foi|pode)\W(?:\w+\W){0,2}(?:entreg|enviad) | não entreg
    (?:teslim|iletil|gönderil)\w*edi\b | (?:teslim|gönderil)\w* edilemedi | iletilemedi | gönderilemedi
    (?:kunde|kunne)\W(?:inte|ikke)\W(?:bli )?lever | ei voitu toimittaa | nem (?:sikerült|lehetett) kézbesít
    nu a putut fi (?:livrat|trimis) | δεν (?:παραδόθηκε|ήταν δυνατή)
    (?:配信|配達|送信)[^。\n]{0,10}(?:失敗|できません|不能) | お?届けできません | 未達
    (?:无法|無法|未能)(?:投递|投遞|送达|送達|发送|傳遞) | 退信 | 被退回 | (?:投递|投遞|发送|送达)失[败敗]
    (?:전송|배달|전달)[^.\n]{0,6}(?:실패|않) | 반송
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

SUBJECT_FIELDS = _each("""
    subject | betreff | objet | sujet | asunto | assunto | oggetto | onderwerp | ämne | emne | aihe | temat | předmět
    predmet | tárgy | tema | тема | тема листа | тема письма | относно | предмет | θέμα | konu | subiect
    teema | temats | gaia
    assumpte | efni | pwnc | ábhar | perihal | subjek | chủ đề | 件名 | 題名 | 主题 | 主题 | 主題 | 標題 | 제목
    الموضوع | נושא | หัวเรื่อง
    message subject | original subject | mail subject | betreff der nachricht
""")
"""The name of the subject field, as mail systems translate it."""

OTHER_FIELDS = _each("""
    from | sender | von | absender | de | expéditeur | remitente | remetente | mittente | da | van
    afzender | från | fra
    lähettäjä | od | nadawca | odesílatel | от | отправитель | від | feladó | από | kimden | gönderen | expeditor
    差出人 | 送信者 | 发件人 | 寄件者 | 寄件人 | 보낸 사람
    sent | date | datum | gesendet | envoyé | fecha | enviado | inviato | verzonden | skickat
    sendt | wysłano | odesláno
    отправлено | дата | ημερομηνία | tarih | gönderme | 送信日時 | 日付 | 发送时间 | 日期 | 날짜
    reply-to | antwort an | répondre à
""")
"""Names of fields that say who wrote and when."""

REASON_FOLLOWS = _any(r"""
    because | reason | error | said | respon | repl(?:y|ied) | returned | diagnos | cause | explanation | problem
    grund | ursache | fehler | raison | motiv | erreur | errore | razón | razão | erro\b | powód | przyczyn | błąd
    причин | ошибк | reden | fout | důvod | chyb | sebep | neden | hata | 理由 | 原因 | エラー | 错误 | 錯誤
    사유 | 오류
""")
"""What ends a line above the reason that a server gave."""
