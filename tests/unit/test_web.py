"""How the web applications are served."""

import socket

from loupe_shared.adapters.web import listen
from loupe_shared.settings import HttpSettings


def test_answers_do_not_wait_for_acknowledgements() -> None:
    with listen(HttpSettings(port=0)) as listener, socket.create_connection(listener.getsockname()):
        connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
