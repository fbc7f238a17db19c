"""Loupe from the command line: ``loupe``.

    __main__ ─► app ─► commands ─┬─► loupe_client    asks
                                 ├─► uploading, checkup
                                 └─► views           show

Commands only translate: options into calls of the client, answers into views. A view makes text of results and asks
nobody. What takes long to import (the client, rich's tables) is imported by the command that needs it, so that
``--help`` and completion are quick.
"""
