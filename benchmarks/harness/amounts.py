"""What every link of a measurement of the payment core is for."""

TOTAL_CENTS, CURRENCY = 11500, "ZAR"
