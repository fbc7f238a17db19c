"""Who calls."""

from collections.abc import Callable

import httpx2

Authorize = Callable[[httpx2.Request], httpx2.Request]


def credentials(api_key: str | None, token: Callable[[], str] | None) -> Authorize | None:
    """What makes requests say who calls; nothing if the API is open.

    Args:
        api_key: for all requests.
        token: gives an access token for each.
    """
    if api_key is None and token is None:
        return None
    if api_key is not None and token is not None:
        raise ValueError("either an API key or a token says who calls")

    def authorize(request: httpx2.Request) -> httpx2.Request:
        request.headers["Authorization"] = f"Bearer {token() if token else api_key}"
        return request

    return authorize
