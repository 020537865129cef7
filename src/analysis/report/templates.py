"""The templates of all pages, and what they may use: translation, looks, and a strict policy."""

import base64
import hashlib
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup

from analysis.language import _
from analysis.report import text

TEMPLATES = Path(__file__).parent / "template"


@cache
def looks() -> Markup:
    """Return the style sheet that every page carries in itself."""
    sheet = (TEMPLATES / "style.css").read_text("utf-8")
    return Markup(f"\n{sheet}")  # noqa: S704 - our own file


@cache
def policy() -> Markup:
    """Return what a page may do: show itself, its own pictures and its own style sheet.

    The one style sheet is named by its hash, so that no style that came with data applies. There is
    no script at all, no form, no frame, and no request to anywhere.
    """
    digest = base64.b64encode(hashlib.sha256(looks().encode()).digest()).decode()
    return Markup(  # noqa: S704 - our own text
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )


def prepare(environment: jinja2.Environment) -> jinja2.Environment:
    """Give an environment what our templates use; everything they print is escaped."""
    environment.autoescape = True
    environment.finalize = text.finalize
    environment.globals |= {"_": _, "looks": looks, "policy": policy}
    environment.filters["attribute"] = text.in_attribute
    return environment


@cache
def environment() -> jinja2.Environment:
    """Return the environment of pages that are no notebooks."""
    return prepare(
        jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
        )
    )
