"""The commands `tenant`, with their questions and their output."""
