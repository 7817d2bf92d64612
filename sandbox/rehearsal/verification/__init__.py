"""What Salesforce should show, what it shows, and the difference."""
