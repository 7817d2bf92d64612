"""The encryption key is changed by command: what still needs the old one is told, until nothing does."""

from __future__ import annotations

import json

from cryptography.fernet import Fernet

from tests.tenants.conftest import Desk, Ground


def test_an_operator_changes_the_encryption_key(desk: Desk, ground: Ground) -> None:
    desk.run("tenant", "add", "--file", "-", given=json.dumps(ground.values()))
    alone = desk.run("secrets", "rotate", "--check")
    assert "There is one key" in alone
    assert "put it behind the present one and restart every process" in alone
    desk.keys.insert(0, Fernet.generate_key().decode())
    before = desk.run("secrets", "rotate", "--check", code=1)
    assert "2 still need the second key" in before
    after = desk.run("secrets", "rotate")
    assert "2 encrypted anew" in after
    assert "You may remove the second key" in after
    told = desk.told("secrets", "rotate", "--check")
    assert told == {"resealed": 0, "waiting_by_key": {}, "unreadable": 0, "removable_keys": [2]}
    del desk.keys[1]
    assert ground.org()["org_id"] in desk.run("tenant", "list")
    desk.keys[:] = [Fernet.generate_key().decode()]
    lost = desk.run("secrets", "rotate", "--check", code=1)
    assert "open with none of the keys" in lost
    assert "may remove" not in lost
