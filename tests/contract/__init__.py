"""What the document promises, tried on the portal itself by schemathesis."""
