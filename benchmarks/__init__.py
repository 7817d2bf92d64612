"""Measures the goals of docs/performance.md: ``make bench``, or ``make bench ARGS=--quick``.

goals.py          what is measured, its floor and its stretch
explanations.py   why a goal is not reached, where we know it
report.py         results and the tables in docs/performance.md
suites/           bench_*: one module per family of goals
harness/          load, servers, A B B A rounds, a prepared database, a connected org
apps/             the apps under load: the product, parts of it, a no-op, the usual code
"""
