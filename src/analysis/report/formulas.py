"""Formulas as MathML, which browsers draw without a script or a font from elsewhere."""

from analysis.errors import PageError


def to_mathml(tex: str, *, block: bool = False) -> str:
    r"""Return a formula in LaTeX notation as MathML.

    Args:
        tex: The formula without its dollar signs.
        block: Stand on a line of its own.

    Raises:
        PageError: The formula cannot be read.

    >>> to_mathml("x")
    '<math display="inline"><mrow><mi>x</mi></mrow></math>'
    """
    from latex2mathml.converter import convert  # only where a page has formulas

    try:
        mathml = convert(tex.strip(), display="block" if block else "inline")
    except Exception as error:
        raise PageError(f"formula {tex.strip()!r} cannot be read: {error!r}") from error
    return mathml.replace(' xmlns="http://www.w3.org/1998/Math/MathML"', "")
