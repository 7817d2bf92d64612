"""Messages, opt-outs and the counts that guard against pumping."""
