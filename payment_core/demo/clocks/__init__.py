"""The demo's clock, which testers move, and that of a rehearsal."""
