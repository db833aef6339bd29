"""The WSGI entry point: `app` with the settings of the environment."""

from app import from_environment

app = from_environment()
