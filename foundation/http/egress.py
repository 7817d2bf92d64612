"""Egress of this machine: direct or through the company's proxy, and the trusted certificate authorities."""

from __future__ import annotations

import base64
import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH as PUBLIC_AUTHORITIES
from urllib3.connection import HTTPSConnection, ProxyConfig
from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from foundation.secret import Secret

_CERTIFICATE_SECONDS = 5


@dataclass(frozen=True)
class Egress:
    """The egress of one deployment. Without a proxy and a file: direct, trusting the public authorities.

    The environment (``HTTPS_PROXY``, ``REQUESTS_CA_BUNDLE``) is ignored in favour of the settings.
    """

    proxy: Secret | None = None
    ca_file: Path | None = None

    @classmethod
    def opened(cls, proxy: Secret | None, ca_file: Path | None) -> Egress:
        """Return the egress of a deployment's settings, with its file loaded."""
        egress = cls(proxy, ca_file)
        if egress.ca_file is not None:
            _ = egress.tls  # loaded at start-up, like the settings, so that a bad file is found then and not at a call
        return egress

    def proxy_for(self, host: str | None) -> str | None:
        """Return the proxy's address for calls to a host, without user and password; None: direct.

        This machine is always reached directly: no proxy elsewhere could reach it.
        """
        if self.proxy is None or is_local(host):
            return None
        parts = urlsplit(self.proxy.value)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    @cached_property
    def proxy_headers(self) -> dict[str, str]:
        """The headers for the proxy only: user and password (Basic, in UTF-8), if the setting holds them."""
        parts = urlsplit(self.proxy.value if self.proxy else "")
        if not parts.username:
            return {}
        credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        return {"Proxy-Authorization": f"Basic {base64.b64encode(credentials.encode()).decode()}"}

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """The TLS context of every connection: the public authorities and those of the file."""
        context = _public()
        if self.ca_file is not None:
            context.load_verify_locations(self.ca_file)
            # The file may hold the proxy's issuer without its root.
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        return context

    def certificate_ends(self, host: str, port: int) -> datetime | None:
        """Return when a host's TLS certificate expires; None where it could not be read.

        Only the public authorities are trusted here: the certificate of a proxy that opens TLS is not the host's.

        Raises:
            ssl.SSLCertVerificationError: no public authority signed the certificate.
        """
        try:
            connection = self._connection(host.encode("idna").decode(), port)
        except UnicodeError:  # not a host name
            return None
        try:
            connection.connect()
            shown: dict[str, Any] = getattr(connection.sock, "getpeercert", dict)() or {}
        except ssl.SSLCertVerificationError:
            raise
        except (OSError, HTTPException, HTTPError):
            return None
        finally:
            connection.close()
        until = shown.get("notAfter")
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(until), UTC) if isinstance(until, str) else None

    def _connection(self, host: str, port: int) -> HTTPSConnection:
        proxy = self.proxy_for(host)
        if proxy is None:
            return HTTPSConnection(host, port, timeout=_CERTIFICATE_SECONDS, ssl_context=_public())
        address = parse_url(proxy)
        connection = HTTPSConnection(
            address.host or "",
            address.port,
            timeout=_CERTIFICATE_SECONDS,
            ssl_context=_public(),
            proxy=address,
            proxy_config=ProxyConfig(self.tls, False, None, None),
        )
        connection.set_tunnel(host, port, headers=self.proxy_headers, scheme=address.scheme or "http")
        return connection


STRAIGHT = Egress()


def is_local(host: str | None) -> bool:
    """Return whether a host is this machine; one that is not known is not."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _public() -> ssl.SSLContext:
    """Return a TLS context that verifies chains and names by the public authorities."""
    # Not `create_default_context`, nor urllib3's: they write the keys of every connection into the file that SSLKEYLOGFILE
    # names, and from Python 3.13 on they require that authorities follow RFC 5280 strictly, which many companies' proxies
    # do not.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(PUBLIC_AUTHORITIES)
    return context
