"""What values of options are, and what is none."""

import argparse
import re

from loupe_shared.bundle import NAME


def whole(text: str) -> int:
    """A whole number of 1 or more."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


def share(text: str) -> float:
    """A number between 0 and 1."""
    number = float(text)
    if not 0 < number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return number


def name(text: str) -> str:
    """The name of a bundle."""
    if not re.fullmatch(NAME, text):
        raise argparse.ArgumentTypeError(f"{text!r} is not made of small letters, digits and hyphens")
    return text


def pattern(text: str) -> str:
    """A regular expression."""
    try:
        re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no regular expression: {error}") from error
    return text


def cost(text: str) -> tuple[str, float]:
    """A label, and what it costs to miss it."""
    label, sign, number = text.rpartition("=")
    try:
        value = float(number)
    except ValueError:
        value = -1.0
    if not sign or not label or not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form LABEL=NUMBER, with a number above 0")
    return label, value
