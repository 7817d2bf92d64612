"""Objects and fields of the org, as Salesforce source format and Setup define them."""
