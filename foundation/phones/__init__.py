"""Phone numbers as people and the payment core write them.

text.py          normalises what people type: digits, a plus, or the reason why it is no number
read_phone.py    reads a text in the order's country; a person decides about ambiguous ones
core_number.py   parses the payment core's numbers: international, digits only
spellings.py     all spellings of one number, for STOP
plan_changes.py  the numbering plans that gave one number two spellings
"""
