"""The cast. Ada signed up, Grace is her colleague, Mallory must see nothing."""

ADA = {
    "email": "ada@lovelace.example",
    "first_name": "Ada",
    "last_name": "Lovelace",
    "organisation": "Analytical Engines Ltd",
    "phone": "+44 20 7946 0958",
    "country": "GB",
    "line1": "12 St James’s Square",
    "line2": "",
    "city": "London",
    "state": "",
    "postal_code": "SW1Y 4JH",
}

GRACE = {
    "email": "grace@hopper.example",
    "first_name": "Grace",
    "last_name": "Hopper",
    "organisation": "Analytical Engines Inc",
    "phone": "+1 202 555 0143",
    "country": "US",
    "line1": "1600 Pennsylvania Avenue NW",
    "line2": "",
    "city": "Washington",
    "state": "DC",
    "postal_code": "20500",
}

MALLORY = {
    "email": "mallory@trudy.example",
    "first_name": "Mallory",
    "last_name": "Trudy",
    "organisation": "",
    "phone": "+49 30 901820",
    "country": "DE",
    "line1": "Friedrichstraße 1",
    "line2": "",
    "city": "Berlin",
    "state": "",
    "postal_code": "10117",
}
