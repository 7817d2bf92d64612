"""The words of customers' replies that mean something by themselves."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum


class Meaning(StrEnum):
    """What a reply means."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    FORGET = "forget"
    YES = "yes"


# The words that carriers act on: https://help.twilio.com/articles/223134027. YES is one of theirs for START, so by SMS
# it never pays.
_STOP = (
    "stop|stopall|stop all|unsubscribe|cancel|end|quit|revoke|opt out|optout|please stop|stop please|stop stop"
    # The stop of the catalogue's languages.
    "|arret|arreter|desabonner|stopp|abmelden|afmelden|parar|pare|alto|baja|cancelar|sair|توقف|ايقاف|قف|الغاء"
)
_START = "start|unstop"
_HELP = "help|info|hilfe|aide|ayuda|ajuda|hulp"
# Our own word, so it must be none that people write in passing.
_FORGET = "forget|vergessen|oublier|olvidar|esquecer|vergeet"
# The yes of the catalogue's languages, for WhatsApp.
_YES = "yes|y|ja|j|oui|si|sim|نعم"
_WORDS = {
    word: meaning
    for words, meaning in (
        (_STOP, Meaning.STOP),
        (_START, Meaning.START),
        (_HELP, Meaning.HELP),
        (_FORGET, Meaning.FORGET),
        (_YES, Meaning.YES),
    )
    for word in words.split("|")
}


_NO_LETTERS = re.compile(r"[\W\d_]+")


def meaning(text: str, *, opt: str | None = None) -> Meaning | None:
    """Return what a reply means; ``opt`` is the carrier's own reading (``STOP``, ``START``, ``HELP``), which comes first."""
    if opt and opt.lower() in ("stop", "start", "help"):
        return Meaning(opt.lower())
    plain = _plain(text)
    # Whoever wants no more messages is understood in quotes and with an emoji, too. A question asks something else, and
    # no other word is read that freely: a yes beside a thumb that points down must not pay.
    if "?" not in plain and "؟" not in plain and _WORDS.get(_NO_LETTERS.sub(" ", plain).strip()) is Meaning.STOP:
        return Meaning.STOP
    return _WORDS.get(" ".join(plain.split()).rstrip(".!"))


def _plain(text: str) -> str:
    """Return a text as ``_WORDS`` has it: without accents, letters of full width, and what nobody sees."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(one for one in apart if unicodedata.category(one) not in ("Mn", "Cf")).casefold()
