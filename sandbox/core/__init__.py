"""The front of the payment core in a demo: phones, faults and controls; everything else is the core itself, behind it."""
