"""Stand-ins of the peers at the wire, in memory: an org, a payment core, and what a company puts between them and us."""
