"""A local Stripe: the part of its API that Portal uses, stateful, over HTTP.

An application of its own: it imports nothing of the rest of Portal, and only the demo, the
command line and the tests import it.
"""
