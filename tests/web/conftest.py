"""The portal, as the pages' tests have it."""

from tests.pages.conftest import ada, mallory, portal, shop

__all__ = ["ada", "mallory", "portal", "shop"]
