"""The admin's walk, with one thing broken on purpose at a time: each is named within a minute of its first harm, and goes."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from cryptography.fernet import Fernet

from connector.journeys.connecting.rotate_canvas_secret import rotate_canvas_secret
from connector.journeys.connecting.secrets_after_step import RotationStep
from foundation.secret import Secret
from tests.doctor.clinic import PUBLIC, Clinic
from tests.factories import CORE_KEY, basic
from tests.peers.answers import Answer

COPY = "00Dyy0000002hFiEAI"
NAMED_WITHIN, GONE_WITHIN = 60, 120  # seconds
Act = Callable[[Clinic], Any]


@dataclass(frozen=True)
class Broken:
    """One thing that somebody breaks, the harm that it does, and how it is mended; ``patience`` before it can be known."""

    name: str
    breaks: Act
    harms: Act
    named: tuple[str, str]
    mends: Act
    works: Act
    patience: float = 0


def nothing(_: Clinic) -> None:
    return


def launched(clinic: Clinic) -> None:
    assert clinic.launch().status_code == 200


def refused(signed: Callable[[Clinic], str]) -> Act:
    def harm(clinic: Clinic) -> None:
        assert clinic.launch(signed(clinic)).status_code == 403

    return harm


def replayed(clinic: Clinic) -> None:
    signed = clinic.signed()
    assert [clinic.launch(signed).status_code for _ in range(2)] == [200, 403]


def sends(*statuses: int, **changes: Any) -> Act:
    def act(clinic: Clinic) -> None:
        answer = clinic.send(**changes)
        assert answer.status_code in statuses, answer.text

    return act


def told(word: str, *, kind: str = "transaction-status", **options: Any) -> Act:
    def act(clinic: Clinic) -> None:
        link = clinic.core.last() if clinic.core.links else sent(clinic)
        clinic.callback(clinic.core.happen(link, word), kind=kind, **options)

    return act


def sent(clinic: Clinic) -> dict[str, Any]:
    assert clinic.send().status_code == 201
    return clinic.core.last()


def paid_and_pushed(clinic: Clinic) -> None:
    told("PAYMENT_LINK_CLICKED")(clinic)
    told("PAYMENT_RECEIVED", kind="payment-status")(clinic)
    clinic.clock.pass_by(seconds=2)
    clinic.push()


def compressed(clinic: Clinic) -> None:
    headers = basic() | {"Content-Encoding": "gzip"}
    assert clinic.callback(gzip.compress(b"{}"), headers=headers).status_code == 415


def quiet(clinic: Clinic) -> None:
    """What was heard a while ago says nothing about what is sent now."""
    clinic.clock.pass_by(minutes=2)


def control(method: str, path: str, body: Any) -> Act:
    return lambda clinic: clinic.control(method, path, body)


def core(**changes: Any) -> Act:
    return lambda clinic: [setattr(clinic.core, name, value) for name, value in changes.items()]


def offers(**changes: Any) -> Act:
    return lambda clinic: clinic.core.configuration.update(changes)


def another_key(clinic: Clinic) -> None:
    def answer(request: requests.PreparedRequest) -> Answer | None:
        given = request.headers.get("Authorization")
        return (401, {}, '{"errorCode": "INVALID_API_KEY"}') if given == CORE_KEY else None

    clinic.on_the_way = answer


def rotated_core_key(clinic: Clinic) -> None:
    clinic.on_the_way = lambda _: None
    clinic.services.store.tenants.change("acme", lambda kept: kept, now=clinic.clock())


def permission(name: str, *, ticked: bool, set_name: str = "Chat2Pay_Integration") -> Act:
    return control("PATCH", f"permission-sets/{set_name}", {f"Permissions{name}": ticked})


def other_encryption_key(clinic: Clinic) -> None:
    clinic.kept_keys = clinic.settings.encryption_keys
    clinic.restart(encryption_keys=(Secret(Fernet.generate_key().decode()),))


def right_encryption_key(clinic: Clinic) -> None:
    clinic.restart(encryption_keys=clinic.kept_keys)


def dead_address(clinic: Clinic) -> None:
    clinic.on_the_way = lambda request: (502, {}, "") if str(request.url).startswith(PUBLIC) else None


def the_way_is_free(clinic: Clinic) -> None:
    clinic.on_the_way = lambda _: None


def changed_canvas_secret(clinic: Clinic) -> None:
    for step, new in ((RotationStep.BEGIN, Secret("a-canvas-secret-of-tomorrow")), (RotationStep.FINISH, None)):
        rotate_canvas_secret(
            tenant_id="acme", step=step, new=new, store=clinic.services.store, now=clinic.clock()
        )  # fmt: skip


BROKEN = (
    Broken(
        "the canvas secret was changed in Salesforce", nothing,
        refused(lambda clinic: clinic.signed(secret="a-secret-of-tomorrow-0001")),
        ("launch_unsigned", ""), nothing, launched,
    ),
    Broken(
        "the canvas app lost its scopes", nothing, refused(lambda clinic: clinic.signed(client={})),
        ("launches_refused", "incomplete"), nothing, launched,
    ),
    Broken(
        "the component stands on a page without an order", nothing,
        refused(lambda clinic: clinic.signed(context={
            "user": {"userId": clinic.user("Thandi")["id"]},
            "organization": {"organizationId": clinic.known["org_id"]},
        })),
        ("launches_refused", "no_order_id"), nothing, launched,
    ),
    Broken("a request comes twice", nothing, replayed, ("launches_refused", "replayed"), nothing, launched),
    Broken(
        "the portal has another proof", nothing, told("PAYMENT_LINK_CLICKED", headers=basic(password="old")),
        ("callbacks_refused", ""), nothing, told("PAYMENT_LINK_CLICKED"),
    ),
    Broken(
        "a proxy compresses callbacks", sent, compressed, ("callbacks_refused", ""), nothing, told("PAYMENT_LINK_CLICKED")
    ),
    Broken(
        "nothing is pasted in the portal", quiet, sent, ("callbacks_missing", ""), nothing, told("PAYMENT_LINK_CLICKED"),
        patience=180,
    ),
    Broken(
        "the payment status address is not pasted", quiet, told("PAYMENT_RECEIVED"),
        ("callbacks_missing", "payment-status"), nothing, told("PAYMENT_RECEIVED", kind="payment-status"), patience=180,
    ),
    Broken(
        "the core's key was replaced", another_key, sends(422, 503), ("core_key", ""), rotated_core_key, sends(201),
    ),
    Broken(
        "the application is switched off",
        lambda clinic: [offers(applications=[{"applicationUuid": "app-uuid", "status": "DEACTIVATED"}])(clinic),
                        core(refuse=(409, "APPLICATION_DISABLED"))(clinic)],
        sends(422, 503), ("core_application", ""),
        lambda clinic: [offers(applications=[{"applicationUuid": "app-uuid", "status": "ACTIVATED"}])(clinic),
                        core(refuse=None)(clinic)],
        sends(201),
    ),
    Broken(
        "the channel was removed at the core",
        lambda clinic: [offers(channels=["whatsapp"])(clinic), core(refuse=(400, "VALIDATION_FAILED"))(clinic)],
        sends(422, 503), ("settings_untold", ""),
        lambda clinic: [offers(channels=["sms"])(clinic), core(refuse=None)(clinic)],
        lambda clinic: clinic.callback({"anything": 1}, kind="settings"),
    ),
    Broken(
        "the currency was removed at the core",
        lambda clinic: [offers(currencies=["EUR"])(clinic), core(refuse=(400, "VALIDATION_FAILED"))(clinic)],
        sends(422, 503), ("core_offers", "ZAR"),
        lambda clinic: [offers(currencies=["ZAR"])(clinic), core(refuse=None)(clinic)],
        lambda clinic: clinic.callback({"anything": 1}, kind="settings"),
    ),
    Broken("the core is down", core(down=True), sends(503), ("core_answers", ""), core(down=False), sends(201)),
    Broken(
        "the server app's secret has expired",
        lambda clinic: [sent(clinic), clinic.control("PATCH", "org", {"client_secret_expired": True})],
        lambda clinic: [clinic.control("PUT", "faults", {"expire_tokens": True}), paid_and_pushed(clinic)],
        ("login", "*"), control("PATCH", "org", {"client_secret_expired": False}), nothing,
    ),
    Broken(
        "a field may not be edited any more",
        control("PUT", "field-permissions", {"Order.Chat2Pay_Amount_Due__c": {"readable": True, "editable": False}}),
        paid_and_pushed, ("orders_refused", "*"), control("PUT", "field-permissions", {}), lambda clinic: clinic.wait(240),
    ),
    Broken(
        "the integration user may not see the set-up", permission("ViewSetup", ticked=False), launched,
        ("permissions", "PermissionsViewSetup"), permission("ViewSetup", ticked=True), launched,
    ),
    Broken(
        "the org's calls are used up", control("PUT", "faults", {"limit_exceeded": True}), clinic_launch := (
            lambda clinic: clinic.launch()
        ),
        ("org_serves", ""), control("PUT", "faults", {}), launched,
    ),
    Broken(
        "agents' addresses are shut out", control("PATCH", "org", {"ip_refused": True}),
        lambda clinic: [clinic.launch(), clinic.launch()], ("agents_refused", ""),
        control("PATCH", "org", {"ip_refused": False}), launched,
    ),
    Broken(
        "the encryption key is another", other_encryption_key, clinic_launch, ("tenant_secrets", "acme"),
        right_encryption_key, launched,
    ),
    Broken(
        "others may read the database", lambda clinic: clinic.file.chmod(0o644), nothing, ("database_file", "doctor.db"),
        lambda clinic: [one.chmod(0o600) for one in clinic.file.parent.glob("doctor.db*")], nothing,
    ),
    Broken(
        "the disk is full", lambda clinic: setattr(clinic, "free_space", 2**20), nothing, ("disk_space", ""),
        lambda clinic: setattr(clinic, "free_space", 2**40), nothing,
    ),
    Broken(
        "the public address leads nowhere", dead_address, nothing, ("public_url_answers", "CHAT2PAY_PUBLIC_URL"),
        the_way_is_free, nothing,
    ),
    Broken(
        "a copy of the org kept the canvas secret", nothing, refused(lambda clinic: clinic.signed(org_id=COPY)),
        ("cloned_org", COPY), changed_canvas_secret, nothing,
    ),
    Broken(
        "the org has become another", control("PATCH", "org", {"org_id": COPY}),
        lambda clinic: [clinic.control("PUT", "faults", {"expire_tokens": True}), refused(
            lambda clinic: clinic.signed(org_id=COPY))(clinic)],
        ("cloned_org", COPY), lambda clinic: clinic.control("PATCH", "org", {"org_id": clinic.known["org_id"]}), launched,
    ),
    Broken(
        "the tenant was disabled",
        lambda clinic: clinic.services.store.tenants.set_disabled("acme", disabled=True, now=clinic.clock()),
        lambda clinic: clinic.launch(), ("tenant_disabled", ""),
        lambda clinic: clinic.services.store.tenants.set_disabled("acme", disabled=False, now=clinic.clock()), launched,
    ),
)  # fmt: skip


def is_named(clinic: Clinic, named: tuple[str, str]) -> bool:
    check, subject = named
    return any(one == named or (one[0] == check and subject == "*") for one in clinic.open_findings())


@pytest.mark.parametrize("broken", BROKEN, ids=lambda one: one.name)
def test_what_breaks_is_named_within_a_minute_and_goes_by_itself(clinic: Clinic, broken: Broken) -> None:
    clinic.look()
    assert clinic.open_findings() == set()
    broken.breaks(clinic)
    broken.harms(clinic)
    clinic.wait(broken.patience)
    assert clinic.wait_until(lambda: is_named(clinic, broken.named), within=NAMED_WITHIN), clinic.open_findings()
    shown = clinic.app.test_client().get("/metrics").text
    assert f'check="{broken.named[0]}"' in shown
    broken.mends(clinic)
    broken.works(clinic)
    assert clinic.wait_until(lambda: not clinic.open_findings(), within=GONE_WITHIN), clinic.open_findings()


def test_a_day_on_which_nothing_breaks_names_nothing(clinic: Clinic) -> None:
    """So what the others name is new, whenever it is looked at."""
    clinic.wait(65)
    launched(clinic)
    told("PAYMENT_LINK_CLICKED")(clinic)
    paid_and_pushed(clinic)
    clinic.wait(GONE_WITHIN)
    assert clinic.open_findings() == set()
