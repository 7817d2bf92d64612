"""No mobile of fifty countries is read as a stranger's, in any form in which people write it."""

from __future__ import annotations

import os
import random

from tests.unit.phones.random_numbers import tally


def test_no_number_goes_to_a_stranger_and_the_doubtful_ones_are_asked_about() -> None:
    seed = int(os.environ.get("CHAT2PAY_TEST_SEED", "20261121"))
    print(f"seed {seed}")  # more numbers, of another seed each time: python tests/unit/phones/random_numbers.py 1000
    counts, wrong = tally(12, random.Random(seed))
    assert wrong == []
    of_known = [verdicts for (name, _), verdicts in counts.items() if name == "the order's country is known"]
    assert {verdict for verdicts in of_known for verdict in verdicts} == {"right"}
    read = sum(verdicts["right"] for verdicts in counts.values())
    asked = sum(verdicts["asked"] for verdicts in counts.values())
    assert 0 < asked < read / 20
