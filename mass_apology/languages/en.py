"""English."""

from mass_apology.languages.language import (
    Bonds,
    Days,
    Durations,
    Greetings,
    Labels,
    Language,
    Reading,
    Salutations,
    Spans,
)
from mass_apology.languages.vocative import first_name

LANGUAGE = Language(
    code="en",
    locale="en_GB",  # "en" alone is American in CLDR, with a clock of twelve hours
    space=" ",  # another would be the only character that is not ASCII, and cost every letter an 8bit part
    salutations=Salutations(named=Greetings(any="Dear {name},"), unnamed=Greetings(any="Dear customer,")),
    informal=Salutations(named=Greetings(any="Hi {name},"), unnamed=Greetings(any="Hello,"), called=first_name),
    days=Days(on_day="on {}", on_date="on {}"),
    durations=Durations(),
    spans=Spans(
        days="from {day} to {to_day}",
        times="from {time} to {to_time}",
        moments="from {time} on {day} to {to_time} on {to_day}",
        since_day="since {day}",
        since_moment="since {time} on {day}",
        until_day="until {to_day}",
        until_moment="until {to_time} on {to_day}",
    ),
    labels=Labels(registration="Registration no. {}", vat="VAT no. {}", outgoing="Our ref. {}"),
    bonds=Bonds(),
    country="GB",
    reading=Reading(
        called=("english", "englisch", "angielski", "inglise", "angļu", "английский", "αγγλικά", "eng"),
        countries=("gb", "us"),
        yes=("true", "t", "yes", "y", "on"),
        no=("false", "f", "no", "n", "off"),
        women=("female", "woman", "mrs", "ms", "miss", "madam"),
        men=("male", "man", "mr", "mister", "sir"),
        no_name=(
            *("none", "unknown", "unnamed", "not known", "not available", "not applicable", "not provided"),
            *("not specified", "not given", "first last", "firstname lastname", "no name", "no data", "no value"),
            *("missing", "empty", "blank", "test", "tester", "testing", "test test", "test user", "test customer"),
            *("test account", "test name", "user", "user name", "customer", "customer name", "dear customer"),
            *("valued customer", "client", "client name", "guest", "visitor", "member", "subscriber", "friend"),
            *("recipient", "contact", "person", "somebody", "someone", "anonymous", "name", "first name"),
            *("last name", "full name", "surname", "your name", "my name", "default", "administrator", "example"),
            *("sample", "demo", "dummy", "deleted", "removed", "deleted user", "redacted", "private"),
            *("confidential",),
        ),
        nobody=("none", "unknown"),
        reply_prefixes=("re", "fw", "fwd"),
        away=(
            *("automat(?:ic|ed) (?:e-?mail )?(?:reply|response|answer|message|acknowledge?ment)", "auto:"),
            *("auto[- ]?(?:reply|response|responder|answer|acknowledge?ment)", "ooo:", "ooto"),
            *("(?:currently )?out[- ]of[- ](?:(?:the|my)[- ])?office(?: auto-?(?:reply|response))?", "away message"),
            *("(?:currently )?away from (?:my|the) (?:e-?mail|mail|office|desk)", "vacation (?:auto-?)?(?:reply|res)"),
            *("vacation (?:message|notice)", "(?:currently )?on (?:annual |sick |maternity |parental )?leave"),
            *("on (?:vacation|holiday)s?", "i(?:'m|’m| am) (?:currently )?(?:away|out|on (?:vacation|holiday|leave))"),
            "i(?:'m|’m| am) (?:currently )?out of (?:the |my )?office",
        ),
    ),
)
