"""What an admin reads once an org is connected: each value beside the field that it is pasted into, and what comes next."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.commands.tenants.tenant_output import print_connected
from connector.domain.tenants.tenant import HmacProof, NoProof, Proof, Tenant
from connector.journeys.connecting.connect_org import ConnectedOrg
from foundation.secret import Secret
from tests.factories import CALLBACK_KEY, CALLBACK_PASSWORD, CALLBACK_USER, ORG, ORIGINS, make_tenant

PUBLIC = "https://c2p.acme.example"
CALLBACKS = f"{PUBLIC}/callbacks/{CALLBACK_KEY}"


def read(capsys: pytest.CaptureFixture[str], tenant: Tenant, *, is_new: bool = True) -> list[str]:
    """What is printed, line by line, with single blanks."""
    print_connected(ConnectedOrg(tenant, is_new=is_new), PUBLIC)
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def proven_by(*proofs: Proof) -> Tenant:
    tenant = make_tenant()
    return replace(tenant, core=replace(tenant.core, proofs=proofs))


def test_each_value_stands_beside_the_field_that_it_is_pasted_into(capsys: pytest.CaptureFixture[str]) -> None:
    said = read(capsys, make_tenant())
    assert said[0] == f"Connected: acme, Acme, org {ORG}, SANDBOX."
    assert said[1] == "The login opens this org, and the payment core offers sms, whatsapp."
    assert said[3:10] == [
        "1. In the payment core's portal, application app-uuid, paste:",
        f"Transaction Status URL {CALLBACKS}/transaction-status",
        f"Payment Status URL {CALLBACKS}/payment-status",
        f"Settings URL {CALLBACKS}/settings",
        f"Basic user {CALLBACK_USER}",
        f"Basic password {CALLBACK_PASSWORD}",
        "The proof is shown this once. Lost? `chat2pay rotate-key callback` makes another.",
    ]
    assert f"Canvas App URL {PUBLIC}/launch" in said
    assert [one for one in said if one in ORIGINS] == list(ORIGINS)
    assert f"In Setup → Trusted URLs add {PUBLIC} with the directive frame-src." in said
    assert "4. `chat2pay doctor --tenant acme` says what is still missing. Then open an order." in said


def test_of_a_change_no_proof_is_shown_and_a_server_follows(capsys: pytest.CaptureFixture[str]) -> None:
    said = read(capsys, make_tenant(), is_new=False)
    assert said[0].startswith("Changed: acme")
    assert [one for one in said if "proof" in one or CALLBACK_PASSWORD in one] == []
    assert said[-1] == "A running server follows within five seconds."
    assert said[-1] not in read(capsys, make_tenant())


@pytest.mark.parametrize(
    ("proof", "line", "about"),
    [
        (HmacProof(Secret("whsec_c2VjcmV0")), "Signing secret whsec_c2VjcmV0", "The proof is shown this once."),
        (NoProof(), None, "No proof was chosen: whoever knows these addresses can make us look."),
    ],
    ids=["signed", "none"],
)
def test_what_proves_a_callback_is_shown_as_the_portal_calls_it(
    capsys: pytest.CaptureFixture[str], proof: Proof, line: str | None, about: str
) -> None:
    said = read(capsys, proven_by(proof))
    assert line is None or line in said
    assert [one for one in said if one.startswith(("Basic ", "Signing "))] == ([line] if line else [])
    assert any(one.startswith(about) for one in said)


@pytest.mark.parametrize(("host", "is_said"), [("chat2pay-service.clickatell.com", False), ("pay.acme.example", True)])
def test_only_a_core_of_our_own_has_a_switch_for_news_of_messages(
    capsys: pytest.CaptureFixture[str], host: str, *, is_said: bool
) -> None:
    tenant = make_tenant()
    said = read(capsys, replace(tenant, core=replace(tenant.core, base_url=f"https://{host}")))
    assert ("chat2pay-core application set MERCHANT app-uuid --messages" in said) is is_said


def test_a_core_that_offers_no_channel_yet_is_said_to_offer_none(capsys: pytest.CaptureFixture[str]) -> None:
    tenant = make_tenant()
    said = read(capsys, replace(tenant, configuration=replace(tenant.configuration, channels=())))
    assert said[1].endswith("the payment core offers -.")
