"""What axe-core, the accessibility checker, finds on a page."""

from playwright.sync_api import Page

from tests.factories import ROOT

SCRIPT = ROOT / "services" / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")


def violations(page: Page) -> list[str]:
    """Every grave violation of what it checks by default (WCAG 2.2 A and AA, and best practices), and where."""
    page.evaluate(SCRIPT.read_text(encoding="utf-8"))
    found = page.evaluate("() => axe.run()")
    return [
        f"{violation['id']}: {violation['help']}: {node['target']}"
        for violation in found["violations"]
        if violation["impact"] in GRAVE
        for node in violation["nodes"]
    ]
