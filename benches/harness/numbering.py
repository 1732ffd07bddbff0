"""How users and rooms are numbered. `benches/numbering.rs` has the same, and the reasons."""

NUMBERS = 100_000_000
STRIDE = 61_803_399

MARK = "########"
"""Stands for the number in the text of a request."""


def digits(index: int) -> str:
    return f"{index * STRIDE % NUMBERS:08}"


def email(number: str) -> str:
    return f"user.{number}@example.com"


def name(number: str) -> str:
    """The name of a room that a request asks for."""
    return f"{number} Test Room"
