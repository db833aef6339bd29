"""What every template may use besides its own variables: filters for sentences, values of the forms."""

from flask import Flask

from app.domain.delegation.choice import KEEP, RoleEnd
from app.domain.sentences.instants import day_text, instant_text, span_text
from app.domain.sentences.lists import count_text, in_short
from app.web.choice_form import ELEMENT_ENDS, shown_end


def install(app: Flask) -> None:
    """Give the names to the templates of an app."""
    app.jinja_env.filters.update(
        instant=instant_text, day=day_text, span=span_text, in_short=in_short, count=count_text
    )
    app.jinja_env.globals.update(
        ends_in=shown_end, element_ends=ELEMENT_ENDS, keep=KEEP, no_end=RoleEnd()
    )
