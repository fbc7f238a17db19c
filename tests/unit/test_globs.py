"""Patterns of blob names."""

import pytest

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
