"""A stand-in for Twilio's messages over real HTTP: what the payment core uses, its errors, and its unkept promises.

It is ours, not Twilio's: each claim carries its source, and what no source says is marked (A), an assumption.
"""
