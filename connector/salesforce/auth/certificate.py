"""The key pair for signed logins, and the certificate that an admin uploads to Salesforce.

The certificate follows the private key in one PEM text, so that its expiry is known wherever the key is.
https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_jwt_flow.htm
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from foundation.secret import Secret

_BITS = 2048
_LIFETIME = timedelta(days=730)
_MIN_BITS = 2048


@dataclass(frozen=True)
class KeyPair:
    """PEM texts: the private key followed by its certificate, and the certificate alone, for Salesforce."""

    private_key: Secret = field(repr=False)
    certificate: str


def make_key_pair(name: str, *, now: datetime) -> KeyPair:
    """Generate an RSA key and a self-signed certificate, valid for two years."""
    key = rsa.generate_private_key(65537, _BITS)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name[:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # Valid a little before now: Salesforce's clock may be behind ours when the admin uploads it.
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + _LIFETIME)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
        .decode()
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    return KeyPair(Secret(private + certificate), certificate)


def key_problem(pem: str) -> str | None:
    """Return what is wrong with a private key, as a sentence; None when it can sign logins."""
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return "Give a private key in PEM form, without a passphrase."
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < _MIN_BITS:
        return "Give an RSA key of at least 2048 bits: Salesforce takes no other for signed logins."
    return None


def certificate_ends_at(pem: str) -> datetime | None:
    """Return when the certificate that follows a private key expires; None where there is no certificate."""
    _, mark, rest = pem.partition("-----BEGIN CERTIFICATE-----")
    try:
        return x509.load_pem_x509_certificate((mark + rest).encode()).not_valid_after_utc if mark else None
    except ValueError:
        return None
