"""Date literals such as LAST_N_DAYS:3."""

from __future__ import annotations

import re
from datetime import date, timedelta

# https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_dateformats.htm
_COUNTED = re.compile(r"(LAST_N_DAYS|NEXT_N_DAYS|N_DAYS_AGO):(\d{1,4})")
# Days from today: the first, and the one after the last. The last 90 days include today, the next 90 do not.
_DAYS = {"TODAY": (0, 1), "YESTERDAY": (-1, 0), "TOMORROW": (1, 2), "LAST_90_DAYS": (-90, 1), "NEXT_90_DAYS": (1, 91)}
_STEPS = {"LAST": -1, "THIS": 0, "NEXT": 1}
_UNITS = ("WEEK", "MONTH", "YEAR")


def is_date_literal(word: str) -> bool:
    """Return whether a word is a date literal such as TODAY or LAST_N_DAYS:3."""
    step, _, unit = word.partition("_")
    return word in _DAYS or (step in _STEPS and unit in _UNITS) or _COUNTED.fullmatch(word) is not None


def resolve_date_literal(word: str, *, today: date) -> tuple[date, date]:
    """Return the first day and the day after the last."""
    counted = _COUNTED.fullmatch(word)
    if counted is not None:
        start, end = _counted(counted[1], int(counted[2]))
        return today + timedelta(start), today + timedelta(end)
    if word in _DAYS:
        start, end = _DAYS[word]
        return today + timedelta(start), today + timedelta(end)
    step, _, unit = word.partition("_")
    return _unit_start(today, unit, _STEPS[step]), _unit_start(today, unit, _STEPS[step] + 1)


def _counted(word: str, count: int) -> tuple[int, int]:
    # LAST_N_DAYS reaches up to today, N_DAYS_AGO is that one day.
    if word == "LAST_N_DAYS":
        return -count, 1
    return (1, count + 1) if word == "NEXT_N_DAYS" else (-count, 1 - count)


def _unit_start(today: date, unit: str, step: int) -> date:
    """Return the first day of this week, month or year, or of the one `step` further on."""
    if unit == "WEEK":
        # Weeks begin on Sunday in the org's locale.
        return today - timedelta((today.weekday() + 1) % 7) + timedelta(weeks=step)
    if unit == "YEAR":
        return date(today.year + step, 1, 1)
    months = today.year * 12 + today.month - 1 + step
    return date(months // 12, months % 12 + 1, 1)
