"""The WSGI entry point: `app` with the settings of the environment."""

import os

from app import create_app
from app.settings import Settings

app = create_app(Settings.from_environ(os.environ))
