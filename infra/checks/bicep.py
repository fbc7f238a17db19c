"""Reads Bicep: what a file declares, and what its objects say.

The grammar is tree-sitter's (https://github.com/tree-sitter-grammars/tree-sitter-bicep). It says whether a file is well
formed, not whether Azure would take it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

PARSER = Parser(Language(tree_sitter_bicep.language()))
KINDS = ("parameter", "variable", "resource", "module", "output")


@dataclass(frozen=True)
class Expression:
    """Something that Azure calculates."""

    text: str


# What a value is as far as it is known before it is calculated.
Value: TypeAlias = "dict[str, Value] | list[Value] | str | int | bool | Expression | None"


@dataclass(frozen=True)
class Declaration:
    """A parameter, variable, resource, module or output.

    Attributes:
        kind: one of ``KINDS``.
        name: in this file.
        of: type and version of a resource, path of a module; nothing of others.
        value: of a loop or condition, what stands in it.
        description: if it has one.
        is_existing: a resource that is only referred to.
        is_required: a parameter without a default.
    """

    kind: str
    name: str
    of: str
    value: Value
    description: str | None
    is_existing: bool
    is_required: bool


def read(path: Path) -> list[Declaration]:
    """Every declaration of a file.

    Raises:
        SyntaxError: the file is not well formed.
    """
    root = PARSER.parse(path.read_bytes()).root_node
    wrong = next((node for node in _all(root) if node.is_error or node.is_missing), None)
    if wrong is not None:
        raise SyntaxError(f"{path}, line {wrong.start_point.row + 1}: {_text(wrong)!r} is not to be understood")
    variables = {_text(_name(node)): node.named_children[-1] for node in root.children if _kind(node) == "variable"}
    return list(_declarations(root, variables))


def used_names(path: Path) -> set[str]:
    """Every name in a file, but for where it is declared."""
    root = PARSER.parse(path.read_bytes()).root_node
    declared = {_name(node).start_byte for node in _all(root) if _kind(node) in KINDS}
    return {_text(node) for node in _all(root) if node.type == "identifier" and node.start_byte not in declared}


def _kind(node: Node) -> str:
    return node.type.removesuffix("_declaration") if node.type.endswith("_declaration") else ""


def _declarations(node: Node, variables: Mapping[str, Node]) -> Iterator[Declaration]:
    description = None
    for child in node.children:
        if child.type == "decorators":
            description = _description(child)
            continue
        if _kind(child) in KINDS:
            yield _declaration(child, description, variables)
            for nested in _all(child):
                if nested.type == "object_property":
                    yield from _declarations(nested, variables)
        description = None


def _declaration(node: Node, description: str | None, variables: Mapping[str, Node]) -> Declaration:
    kind = _kind(node)
    has_value = kind in ("resource", "module", "variable")
    of = next((_text(child).strip("'") for child in node.named_children if child.type == "string"), "")
    tokens = [child.type for child in node.children]
    return Declaration(
        kind=kind,
        name=_text(_name(node)),
        of=of if kind in ("resource", "module") else "",
        value=_value(node.named_children[-1], variables) if has_value else None,
        description=description,
        is_existing="existing" in tokens,
        is_required=kind == "parameter" and "=" not in tokens,
    )


def _name(node: Node) -> Node:
    return next(child for child in node.named_children if child.type == "identifier")


def _description(decorators: Node) -> str | None:
    texts = (_text(decorator) for decorator in decorators.named_children)
    return next((text[len("@description('") : -2] for text in texts if text.startswith("@description('")), None)


def _value(node: Node, variables: Mapping[str, Node]) -> Value:
    if node.type in ("for_statement", "if_statement"):
        return _value(node.named_children[-1], variables)
    if node.type == "object":
        # A nested resource is a declaration of its own.
        pairs = [child.named_children for child in node.named_children if child.type == "object_property"]
        return {_text(pair[0]).strip("'"): _value(pair[-1], variables) for pair in pairs if len(pair) > 1}
    if node.type == "array":
        return [_value(child, variables) for child in node.named_children if child.type != "comment"]
    if _text(node).startswith("union("):
        return _union(node, variables)
    return _literal(node)


def _literal(node: Node) -> Value:
    text = _text(node)
    if node.type == "string" and all(child.type != "interpolation" for child in node.named_children):
        return text.strip("'")
    if node.type == "boolean":
        return text == "true"
    return int(text) if node.type == "number" else Expression(text)


def _union(node: Node, variables: Mapping[str, Node]) -> Value:
    """All that may be in it, whatever the conditions are."""
    merged: dict[str, Value] = {}
    for child in _all(node):
        part = variables.get(_text(child), child) if child.type == "identifier" else child
        is_outermost = child.parent is not None and child.parent.type in ("arguments", "ternary_expression")
        value = _value(part, variables) if part.type == "object" and is_outermost else None
        if isinstance(value, dict):
            merged |= value
    return merged


def _all(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _all(child)


def _text(node: Node) -> str:
    return (node.text or b"").decode()
