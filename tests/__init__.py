"""The tests. What they reach is measured from here on, before anything of the product is imported."""

from tests.suite import measuring

measuring.begin()
