"""Phone numbers as people and the payment core write them.

text.py          normalises what people type: digits, a plus, or the reason why it is no number
reading.py       what a text can be read as, by the order's country; ambiguous ones are left to a person
core_number.py   parses the payment core's numbers: international, digits only
spellings.py     all spellings of one number, for STOP
plan_changes.py  the numbering plans that gave one number two spellings
"""
