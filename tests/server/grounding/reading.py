"""One quantity out of a text."""

from server.grounding.quantities import quantities
from server.grounding.quantity import Quantity
from server.grounding.tokens import Line, tokenize


def the_quantity(text: str) -> Quantity:
    (found,) = quantities(Line(tokenize(text)))
    return found
