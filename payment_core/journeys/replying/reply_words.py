"""The words of customers' replies that mean something by themselves."""

from __future__ import annotations

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
_STOP = "stop|stopall|stop all|unsubscribe|cancel|end|quit|revoke|opt out|optout|arret|stopp"
_START = "start|unstop"
_HELP = "help|info|hilfe|aide|ayuda|ajuda|hulp"
# Our own word, so it must be none that people write in passing.
_FORGET = "forget|vergessen|oublier|olvidar|esquecer|vergeet"
# The yes of the catalogue's languages, for WhatsApp.
_YES = "yes|y|ja|j|oui|si|sí|sim|نعم"
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


def meaning(text: str, *, opt: str | None = None) -> Meaning | None:
    """Return what a reply means; ``opt`` is the carrier's own reading (``STOP``, ``START``, ``HELP``), which comes first."""
    if opt and opt.lower() in ("stop", "start", "help"):
        return Meaning(opt.lower())
    return _WORDS.get(" ".join(text.split()).rstrip(".!").casefold())
