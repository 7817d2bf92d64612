"""Substitutes for Salesforce, the payment core's front, Stripe and Twilio over real HTTP, and what drives them.

Never imported by the product, nor importing it.
"""
