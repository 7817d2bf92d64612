"""Who acts in a rehearsal: agents, customers, attackers."""
