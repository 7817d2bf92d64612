"""What an org hears of a payment beside its order: bells, platform events, payments of Order Management."""
