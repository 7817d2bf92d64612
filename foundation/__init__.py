"""What every service here stands on, whatever it is about: time, log, errors, HTTP, database, metrics, money, phones."""
