"""A database of another revision: led on, led back, or refused in a sentence."""
