"""What a merchant configures: applications, keys, settings; every change is recorded, and reported where it is news."""
