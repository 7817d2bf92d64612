"""A page on which testers do to payments what banks and card networks do."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sandbox.core.controls import core
from sandbox.core.errors import Refusal

gateway = Blueprint("gateway", __name__, url_prefix="/gateway")
# What the core's demo plays, by the words of its control; each with what its button says.
HAPPENINGS = {
    "dispute": "Dispute",
    "win-dispute": "Win the dispute",
    "lose-dispute": "Lose the dispute",
    "fraud-warning": "Early fraud warning",
    "refund": "Refund",
    "fail-refund": "Let the refund fail",
}


@gateway.get("")
def show() -> ResponseReturnValue:
    return _page(error=None)


@gateway.post("/<reference>")
def happen(reference: str) -> ResponseReturnValue:
    what = request.form.get("what", "")
    if what not in HAPPENINGS:
        raise Refusal(422, "NO_SUCH_CONTROL", message="Nothing of this name happens.", field="what")
    answer = core().control(f"payments/{reference}/{what}", method="POST", body=b"{}")
    if answer.status_code == 409:
        return _page(error=str(answer.get_json()["message"])), 409
    if answer.status_code != 200:
        return answer
    return redirect(url_for("gateway.show", _anchor=reference), 303)


def _page(*, error: str | None) -> str:
    listed = core().control("payments", method="GET", body=b"").get_json()["payments"]
    return render_template("gateway.html", payments=listed, happenings=HAPPENINGS, error=error)
