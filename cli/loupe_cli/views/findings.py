"""What a checkup found."""

from rich.text import Text

from loupe_cli.checkup.findings import Finding, Level
from loupe_cli.views.screen import cell

_STYLES = {Level.OK: "green", Level.WARNING: "yellow", Level.BAD: "bold red"}
_INDENT = " " * 9


def finding(found: Finding) -> Text:
    """A line, and one more for what to do."""
    text = Text(f"{found.level:<9}", _STYLES[found.level]).append_text(cell(found.what))
    if found.remedy:
        text.append(f"\n{_INDENT}→ ").append_text(cell(found.remedy))
    return text
