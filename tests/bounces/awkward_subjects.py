"""Two hundred subjects of ours that say what servers say: of no account must they change what a notice is read as."""

from __future__ import annotations

_PLAIN = """
your delivery was delayed | Your mail was delayed, and so was our answer | user unknown
User unknown in local recipient table
your account was deleted by mistake | We deleted your account by mistake | 550 5.1.1 | 550 5.1.1 User unknown | 5.1.1
out of office | Out of office is not enough! | mailbox full | Your mailbox was full because of us | mailbox unavailable
No such user here | Recipient address rejected: User unknown | Undelivered Mail Returned to Sender | failure notice
Delivery Status Notification (Failure) | Mail delivery failed: returning message to sender | Warning: message delayed
Sorry, no mailbox here by that name. (#5.1.1) | Unrouteable address
The email account that you tried to reach does not exist
This user doesn't have an account | Quota exceeded | 452 4.2.2 over quota | 421 try again later
554 5.7.1 rejected as spam
Your payment was rejected | We rejected your card | Blocked: your card | We were blacklisted | spam from our address
Your invoice could not be found | Your address is invalid | unknown address | invalid mailbox | host unknown
we are still trying | This is only a warning | will be retried for 3 days | no action is required on your part
delayed mail | Delivery has been delayed | permanent failure | giving up | given up | gave up on you
Re: user unknown | Re: your delivery was delayed | AW: Postfach voll | Fwd: 550 5.1.1 user unknown | [EXT] mailbox full
Subject: user unknown | To: somebody@else.example | From: mailer-daemon@relay.example
Final-Recipient: rfc822; a@b.example
Original message | ----- Original message ----- | --- Below this line is a copy of the message. | Return-Path: <>
This is a copy of your letter | message follows | Message headers follow | Forwarded message
<a@b.example>: user unknown | a@b.example | "mailbox full" | 'user unknown' | (user unknown) | [550]
<<< 550 user unknown
>>> DATA | >>> RCPT To:<a@b.example> | in reply to end of DATA command | in reply to RCPT TO command
after end of data
does not like recipient. | failed after I sent the message. | Envelope expired | retry timeout exceeded | 4.4.7
account suspended | account disabled | inactive mailbox | known contacts only | sender rejected | policy violation
.*user.*unknown.* | (a+)+$ | [user unknown | \\user unknown\\ | user? unknown+ | ^user unknown$
{0,99}unknown | a|b user unknown
$1 \\1 \\g<0> mailbox full | user unknown… | mailbox full... | the mailbox of the user could not be found...
1 error(s): user unknown | -------server message | DATA command | ERROR_CODE :550, ERROR_CODE :5.1.1
because: user unknown | reason: mailbox full | Reason: 550 5.1.1 | The reason: it was deleted | said: 550 user unknown
Automatic reply: user unknown | Undeliverable: user unknown | Returned mail: User unknown | Address not found
Message not delivered | Your message wasn't delivered | Delivery failed | delivery failed permanently | Bounce
unsubscribe | abuse complaint | virus found | malware in our mail | suspicious login | DMARC | SPF failed
Relaying denied
too many connections | rate limited | greylisted | Message too large | attachment refused | relay access denied
null MX | NXDOMAIN | Name or service not known | connection timed out | No route to host | connection refused
"""
_OTHER_LANGUAGES = """
Ihre Lieferung hat sich verzögert | Empfänger unbekannt | Ihr Konto wurde versehentlich gelöscht | Postfach voll
Die Adresse existiert nicht | Unzustellbar | Abwesenheitsnotiz | Ihr Postfach ist leider voll gewesen
Votre livraison est retardée | Utilisateur inconnu | Votre compte a été supprimé par erreur | Boîte pleine
L'adresse n'existe pas | Échec de la remise | Absence du bureau | Destinataire inconnu à cette adresse
Su entrega se ha retrasado | Usuario desconocido | El usuario no existe | Buzón lleno | Fuera de la oficina
Su cuenta fue eliminada por error | Dirección no encontrada | La sua consegna è ritardata | Utente sconosciuto
Casella piena | Indirizzo inesistente | Fuori sede | Il suo account è stato cancellato per errore
Państwa przesyłka jest opóźniona | Użytkownik nie istnieje | Skrzynka jest pełna | Nieznany adresat
Usunęliśmy Państwa konto przez pomyłkę | Brak takiego konta | Nieobecność w biurze | Zwrot: skrzynka pełna
Ваша доставка задерживается | Пользователь не найден | Ящик переполнен | Нет такого пользователя | Адрес удалён
Ваш аккаунт удалён по ошибке | Вне офиса | Сообщение не доставлено | Неизвестный получатель
Onbekende gebruiker | Mailbox is vol | Uw bezorging is vertraagd | Adres bestaat niet | Niet op kantoor
Neznámý uživatel | Schránka je plná | Adresa neexistuje | Vaše zásilka je opožděna | Usuário desconhecido
Caixa cheia | O destinatário não existe | Sua entrega atrasou | Kullanıcı bulunamadı | Posta kutusu dolu
Böyle bir kullanıcı yok | 宛先のユーザーが見つかりません | 宛先不明 | メールボックスの容量がいっぱいです
配信が遅れています
用户不存在 | 收件人邮箱不存在 | 邮箱空间不足 | 退信 | 사용자를 찾을 수 없습니다 | Η παράδοση καθυστερεί
Ο παραλήπτης δεν υπάρχει
"""
_LONG = (
    "user unknown " * 12,
    "We are sorry that the delivery of your parcel was delayed, that your account was deleted by mistake, and that our "
    "replies said 550 5.1.1 user unknown, mailbox full and out of office",
    "Es tut uns leid, dass die Adresse nicht gefunden wurde und Ihr Postfach nach unserem Fehler wochenlang voll war",
    "Приносим извинения: пользователь не найден, ящик переполнен, сообщение не доставлено, доставка отложена на неделю",
)


def _split(table: str) -> list[str]:
    return [subject for line in table.splitlines() for each in line.split(" | ") if (subject := each.strip())]


SUBJECTS = tuple(dict.fromkeys((*_split(_PLAIN), *_split(_OTHER_LANGUAGES), *(each.strip() for each in _LONG))))
