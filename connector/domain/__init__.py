"""Pure knowledge of orders, payment requests and money: no I/O, no clock, no framework."""
