"""A stand-in for Stripe over real HTTP: what our payment core uses of it, with its errors, events and failures.

It is ours, written from Stripe's published documentation; each claim names its source. [A] marks what is assumed. It proves that
our side keeps its rules, and says nothing of Stripe itself: ``chat2pay-core examine`` does, with somebody's test keys.
"""
