"""What the gateway asks Stripe for, and how it reads what Stripe answers: each call scripted."""
