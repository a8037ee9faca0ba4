"""What we hold of a customer: given to them in one file, and erased when they ask for it."""
