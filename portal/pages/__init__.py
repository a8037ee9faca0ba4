"""The pages of a person who signs up: pricing, the form, welcome, signing in, the account."""
