"""What surrounds the app of any service: the access log, the headers of every answer, paths as they were sent."""
