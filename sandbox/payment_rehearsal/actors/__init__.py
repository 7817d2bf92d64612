"""Who takes part: agents at the API, customers on pages and phones, the merchant's back office at Stripe."""
