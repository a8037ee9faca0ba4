"""Portal: a self-hosted web portal through which a seller's customers onboard themselves."""
