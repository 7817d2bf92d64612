"""Who may read an order and not edit it keeps what decides about requests, and gains nothing."""

from __future__ import annotations

import pytest

from connector.domain.tenants.rights import Right, Rights


@pytest.mark.parametrize("right", list(Right))
def test_only_a_supervisor_keeps_a_right(right: Right) -> None:
    kept = Rights(frozenset({right})).without_edit().held
    assert kept == (frozenset({Right.SUPERVISE}) if right is Right.SUPERVISE else frozenset())


@pytest.mark.parametrize("right", list(Right))
def test_what_edit_access_would_not_bring_is_known(right: Right) -> None:
    assert right not in Rights(frozenset({right})).without_edit().lacking
    assert right in Rights().without_edit().lacking


def test_rights_that_could_not_be_read_stay_unread() -> None:
    assert Rights(unread=True).without_edit() == Rights(unread=True)
