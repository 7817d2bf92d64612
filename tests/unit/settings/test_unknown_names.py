"""Which environment variables with our prefix are named as no settings."""

from __future__ import annotations

import pytest

from connector.settings import TABLE
from foundation.settings.unknown_names import unknown_names


@pytest.mark.parametrize(
    ("name", "is_unknown"),
    [
        ("CHAT2PAY_PUBLIC_URI", True),
        ("CHAT2PAY_SERVICE", True),
        ("CHAT2PAY_PORT_2", True),
        ("CHAT2PAY_LAUNCH_KEYS_FILE", False),
        ("CHAT2PAY_ELSEWHERE", False),
        # Kubernetes' own, for a service called "chat2pay" or "chat2pay-web"
        ("CHAT2PAY_SERVICE_HOST", False),
        ("CHAT2PAY_SERVICE_PORT", False),
        ("CHAT2PAY_WEB_SERVICE_PORT_HTTP", False),
        ("CHAT2PAY_PORT_8000_TCP", False),
        ("CHAT2PAY_WEB_PORT_8000_TCP_ADDR", False),
    ],
)
def test_a_mistyped_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, is_unknown: bool) -> None:
    monkeypatch.setenv(name, "x")
    found = unknown_names("CHAT2PAY_", TABLE, elsewhere=["CHAT2PAY_ELSEWHERE"])
    assert (name in found) is is_unknown
