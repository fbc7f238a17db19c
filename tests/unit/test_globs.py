"""Patterns of blob names."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loupe_shared.batch.globs import Glob


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("a/*.jpg", "a/b.jpg"),
        ("a/**/*.jpg", "a/b.jpg"),
        ("a/**/*.jpg", "a/b/c/d.jpg"),
        ("a/**", "a/b/c"),
        ("cam-?.png", "cam-7.png"),
        ("[a-c]x", "bx"),
        ("[!a-c]x", "dx"),
        ("[*]x", "*x"),
        ("[]]x", "]x"),
        ("a+b (1).jpg", "a+b (1).jpg"),
        ("Prüfling/*", "Prüfling/Straße\n.jpg"),
    ],
)
def test_a_name_matches(pattern: str, name: str) -> None:
    assert Glob(pattern).matches(name)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("*.jpg", "a/b.jpg"),
        ("a/*.jpg", "a/b.jpg.txt"),
        ("a?b", "a/b"),
        ("[a-c]x", "dx"),
        ("[!a-c]x", "ax"),
        ("[^a]x", "bx"),
        ("a.b", "acb"),
    ],
)
def test_another_name_does_not(pattern: str, name: str) -> None:
    assert not Glob(pattern).matches(name)


@given(
    st.lists(st.sampled_from(["a", "b.", "/", "*", "**", "**/", "?", "[ab]", "[!a]"]), min_size=1, max_size=8),
    st.text("ab./\n", max_size=8),
)
def test_a_name_matches_if_a_regular_expression_says_so(parts: list[str], name: str) -> None:
    meanings = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]", "[ab]": "[ab]", "[!a]": "[^a]"}
    pattern = "".join(parts)
    tokens = re.findall(r"\*\*/|\*\*|\[!?\w+\]|.", pattern)
    expression = "".join(meanings.get(token, re.escape(token)) for token in tokens)
    assert Glob(pattern).matches(name) == bool(re.fullmatch(expression, name, re.DOTALL))


@pytest.mark.parametrize("pattern", ["*a" * 500 + "b*", "**/" * 300 + "a*" * 60 + "b*", "**a" * 300 + "b?"])
def test_no_pattern_takes_long(pattern: str) -> None:
    """To try one place of an asterisk after another would take longer than the world has been there."""
    assert not Glob(pattern).matches("a/" * 100 + "a" * 800)


@pytest.mark.parametrize(
    ("pattern", "prefix"), [("a/b*.jpg", "a/b"), ("a/b.jpg", "a/b.jpg"), ("**/x", ""), ("a[b]", "a")]
)
def test_what_all_names_begin_with_is_known(pattern: str, prefix: str) -> None:
    assert Glob(pattern).prefix == prefix


@pytest.mark.parametrize(
    ("pattern", "complaint"), [("a[b", r"without its \]"), ("", "empty"), ("[z-a]", "cannot be read")]
)
def test_what_is_no_pattern_is_refused_with_a_reason(pattern: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Glob(pattern)
