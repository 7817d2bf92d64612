"""Links, payments, messages and saved cards as they are, without input or output, clock or framework."""
