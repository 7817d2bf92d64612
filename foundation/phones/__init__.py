"""Phone numbers as people and the payment core write them: what they can be read as, and which spellings are one number.

text.py          what people type, made plain: digits, a plus, or a reason why it is no number
reading.py       what a text can be read as, by the order's country; asks instead of guessing
core_number.py   what the payment core writes: international, digits only
spellings.py     the spellings of one number, for STOP
plan_changes.py  the numbering plans that gave one number two spellings
"""
