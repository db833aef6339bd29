"""What every template may use besides its own variables: filters for sentences, values of the forms."""

from flask import Flask
from markupsafe import Markup

from app.domain.sentences.authorizations import (
    end_verb,
    kind_text,
    own_name,
    revocation_text,
    use_text,
)
from app.domain.sentences.instants import day_text, instant_parts, instant_text
from app.domain.sentences.lists import count_text, in_short, rest_text
from app.web.choice_form import shown_end
from app.web.field_set import end_options, then_options
from app.web.logos import logo_address

LONG_NAME = 60


def monogram(name: str) -> str:
    """Return the letter that stands for a tool."""
    return name[:1].upper()


def timed(sentence: str) -> Markup:
    """Return a sentence with its instants as `time` elements, which scripts say in local time."""
    parts = Markup()
    for part in instant_parts(sentence):
        element = Markup('<time datetime="{}">{}</time>')
        parts += part if isinstance(part, str) else element.format(*part)
    return parts


def is_long_name(name: str) -> bool:
    """Say whether a name must be written smaller to fit as a heading."""
    return len(name) > LONG_NAME


def install(app: Flask) -> None:
    """Give the names to the templates of an app."""
    env = app.jinja_env
    env.filters.update(instant=instant_text, day=day_text, timed=timed, end_value=shown_end)
    env.filters.update(in_short=in_short, rest=rest_text, count=count_text, monogram=monogram)
    env.tests.update(long_name=is_long_name)
    env.globals.update(
        kind_text=kind_text,
        own_name=own_name,
        end_verb=end_verb,
        use_text=use_text,
        revocation_text=revocation_text,
    )
    env.globals.update(end_options=end_options, then_options=then_options)
    env.globals.update(logo_address=logo_address)
