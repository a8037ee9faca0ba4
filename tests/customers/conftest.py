"""A storefront."""

from tests.access.conftest import site

__all__ = ["site"]
