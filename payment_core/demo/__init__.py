"""What only a process started as ``demo`` loads: a clock that can be moved, test cards, test phones, and their controls."""
