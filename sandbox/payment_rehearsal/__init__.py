"""The payment core's rehearsal: payments of every kind at stand-ins for Stripe and Twilio, with faults and kills, and a proof.

__main__.py    the command                              runner.py       the waves, one after the other
plan.py        how many payments, which faults          environment.py  starts the stand-ins and the core, adds a merchant
clock.py       the time of everything that runs         weather.py      lost answers, lost and late webhooks, time-outs
database.py    whether the core has anything to do      outcome.py      what it ends with
receiver.py    the application that gets the news
actors/        agents, customers, and the kinds of payments
verification/  what the stand-ins recorded against what was reported
"""
