"""Measures what docs/performance.md promises: ``make bench``, or ``make bench ARGS=--quick``.

goals.py        what is measured, its floor and its stretch
load.py         clients in one process: raw sockets, every callback with its own body
servers.py      server processes pinned to their cores
wsgi.py         the apps under load: ours, parts of ours, a no-op, and the usual code
why.py          why a goal is not reached, where we know it
rounds.py       A B B A, medians of per-round ratios
scales_*.py     one module per family of goals
report.py       results/latest.json and the table in docs/performance.md
"""
