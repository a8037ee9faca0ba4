"""The shop."""

from tests.onboarding.conftest import shop

__all__ = ["shop"]
