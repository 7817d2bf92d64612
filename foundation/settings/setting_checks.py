"""Checks of settings' texts, and one row of a table of settings."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from marshmallow import ValidationError

from foundation.secret import Secret

# A full name in small letters: no wildcard, no port, no address of numbers.
HOST_NAME = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")


# A server's name or address, and perhaps its port.
_SERVER = re.compile(r"(\[[^\]/]+\]|[^/:\[\]]*)(:\d{1,5})?")


@dataclass(frozen=True)
class SettingRow:
    """One row of a documented table of settings, which a test compares. A secret can also be read from a file."""

    name: str
    default: str | int
    meaning: str
    secret: bool = False


def secrets_of(keys: list[str] | None) -> tuple[Secret, ...]:
    """Return the keys of a comma separated setting."""
    return tuple(Secret(key.strip()) for key in keys or [])


def names_of(listed: list[str] | None) -> tuple[str, ...]:
    """Return the names of a comma separated setting."""
    return tuple(name.strip() for name in listed or [] if name.strip())


def optional_secret(text: str | None) -> Secret | None:
    """Return a secret; None of an empty text."""
    return Secret(text) if text else None


def optional_path(text: str | None) -> Path | None:
    """Return a path; None of an empty text."""
    return Path(text) if text else None


def nothing_or(least: int) -> Callable[[str], None]:
    """Return the check of a text that is empty or has at least ``least`` characters."""

    def check(text: str) -> None:
        if text and len(text.strip()) < least:
            raise ValidationError(f"Give at least {least} characters, or none.")

    return check


def keys_of(least: int, *, made_by: str) -> Callable[[list[str]], None]:
    """Return the check of one or more keys of at least ``least`` characters; ``made_by`` is the command that makes them."""

    def check(keys: list[str]) -> None:
        # Blanks around a key are taken off before it is used, so they are no part of its length.
        if not keys or any(len(key.strip()) < least for key in keys):
            raise ValidationError(f"Give one or more keys of at least {least} characters; `{made_by}` makes them.")

    return check


def check_hosts(hosts: list[str]) -> None:
    """Refuse what is no list of full names of hosts.

    Raises:
        ValidationError.
    """
    if not all(HOST_NAME.fullmatch(host) for host in names_of(hosts)):
        raise ValidationError("Give full names of hosts in small letters, comma separated, such as pay.example.com.")


def check_database_url(url: str) -> None:
    """Refuse what names no database of a kind that is supported.

    Raises:
        ValidationError.
    """
    scheme, _, rest = url.partition("://")
    names_database = rest.partition("?")[0].partition("/")[2]
    # Whoever forgets the host has the password where a port is read: the driver's own error would show it.
    server = (rest.partition("@")[2] if "@" in rest else rest).partition("/")[0].partition("?")[0]
    fits = scheme == "sqlite" or (scheme == "postgresql" and _SERVER.fullmatch(server))
    if not (fits and url.startswith(("postgresql://", "sqlite:///")) and names_database.strip("/")):
        raise ValidationError(
            "Use sqlite:///path or postgresql://user:password@host/database; in user and password write @ as %40, "
            "/ as %2F and : as %3A."
        )


def check_listen_address(host: str) -> None:
    """Refuse an address to listen on that is empty: it would listen on all of this machine's.

    Raises:
        ValidationError.
    """
    if not host.strip():
        raise ValidationError("Give an address of this machine, such as 127.0.0.1; 0.0.0.0 listens on all of them.")


def check_address(url: str) -> None:
    """Refuse an address to which nothing could be appended.

    Raises:
        ValidationError.
    """
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        fits = False
    if not fits or parts.username is not None or re.search(r"[\s?#]", url):
        raise ValidationError("Give an address such as https://pay.example.com, without blanks, user, ? and #.")


def check_proxy(url: str) -> None:
    """Refuse what is no address of an HTTP proxy; an empty text is none.

    Raises:
        ValidationError.
    """
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and parts.hostname and parts.port and not parts.path.strip("/")
    except ValueError:  # its text would show a part of the password
        fits = False
    if url and not (fits and not parts.query and not parts.fragment):
        raise ValidationError(
            "Use http://host:port or http://user:password@host:port; in user and password write @ as %40, "
            "/ as %2F, # as %23 and : as %3A."
        )


def check_authorities(path: str) -> None:
    """Refuse a file without certificates of authorities; an empty text is none.

    Raises:
        ValidationError.
    """
    if not path:
        return
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(path)
    except ssl.SSLError as error:
        raise ValidationError(f"{path} holds no certificate in PEM form that can be read.") from error
    except OSError as error:
        raise ValidationError(f"{path} cannot be read: {error.strerror}.") from error
    if not context.get_ca_certs():
        raise ValidationError(f"{path} holds no certificate of an authority (CA:TRUE).")
