"""Where Piccolo looks for the tables, and for the database that is open (see portal/database)."""

from typing import Any

from piccolo.conf.apps import AppRegistry

from portal import database

APP_REGISTRY = AppRegistry(apps=["portal.piccolo_app"])


def __getattr__(name: str) -> Any:
    if name != "DB":
        raise AttributeError(name)
    try:
        return database.engine()
    except RuntimeError as closed:
        raise AttributeError(name) from closed
