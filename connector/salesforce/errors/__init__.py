"""What Salesforce's errors mean: of a whole call, of one record, and code by code."""
