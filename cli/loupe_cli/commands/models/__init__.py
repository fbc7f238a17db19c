"""``loupe models``: which versions there are, and which of them answers."""

from loupe_cli.commands.models import changing, compare, looking, register

HELP = """Look at the versions of models, and say which of them answers.

MODEL is a name, such as efficientnet-lite0, and VERSION a number; `loupe models list` shows them."""

COMMANDS = (
    ("list", looking.list_models, looking.LIST_EXAMPLES),
    ("show", looking.show, looking.SHOW_EXAMPLES),
    ("register", register.register, register.EXAMPLES),
    ("promote", changing.promote, changing.PROMOTE_EXAMPLES),
    ("canary", changing.canary, changing.CANARY_EXAMPLES),
    ("shadow", changing.shadow, changing.SHADOW_EXAMPLES),
    ("compare", compare.compare, compare.EXAMPLES),
    ("rollback", changing.rollback, changing.ROLLBACK_EXAMPLES),
)
