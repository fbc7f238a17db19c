"""What stands for Entra ID: OpenID Connect as its documentation describes it, with one person who agrees to everything.

Authorization code with PKCE (RFC 7636): the code is given to whoever shows what the challenge was made of.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from jwt.algorithms import RSAAlgorithm

TENANT = "8a1f2b3c-4d5e-4f60-8a7b-9c0d1e2f3a4b"
AUDIENCE = "5f6e7d8c-0000-4000-8000-000000000001"
CLIENT = "5f6e7d8c-0000-4000-8000-000000000002"
ANNA = "0d9c8b7a-0000-4000-8000-00000000a22a"
KEY_ID = "now"


class EntraId:
    """The server. A context: on leaving it, it has ended.

    Attributes:
        lifetime_s: of the tokens that it gives out.
    """

    def __init__(self) -> None:
        self.lifetime_s = 3600
        self._key = generate_private_key(public_exponent=65537, key_size=2048)
        self._challenges: dict[str, str] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.get(self)

            def do_POST(self) -> None:
                provider.post(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._issuer = f"{self.url}/{TENANT}/v2.0"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def get(self, request: BaseHTTPRequestHandler) -> None:
        """What it is, its keys, and the page on which people sign in, which leads back at once."""
        address = urlsplit(request.path)
        tenant = f"/{TENANT}"
        if address.path == f"{tenant}/v2.0/.well-known/openid-configuration":
            _answer(request, self._description())
        elif address.path == f"{tenant}/discovery/v2.0/keys":
            key = json.loads(RSAAlgorithm.to_jwk(self._key.public_key()))
            _answer(request, {"keys": [key | {"kid": KEY_ID, "use": "sig"}]})
        elif address.path == f"{tenant}/oauth2/v2.0/authorize":
            asked = {name: values[0] for name, values in parse_qs(address.query).items()}
            assert (asked["client_id"], asked["code_challenge_method"]) == (CLIENT, "S256")
            assert f"{AUDIENCE}/.default" in asked["scope"].split(" ")
            code = secrets.token_urlsafe()
            self._challenges[code] = asked["code_challenge"]
            request.send_response(302)
            request.send_header(
                "Location", f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"
            )
            request.end_headers()
        else:
            request.send_error(404)

    def post(self, request: BaseHTTPRequestHandler) -> None:
        """Tokens for a code."""
        given = parse_qs(request.rfile.read(int(request.headers["Content-Length"])).decode())
        shown = base64.urlsafe_b64encode(hashlib.sha256(given["code_verifier"][0].encode()).digest())
        if self._challenges.pop(given["code"][0], None) != shown.rstrip(b"=").decode():
            request.send_error(400)
            return
        tokens = {
            "token_type": "Bearer",
            "expires_in": self.lifetime_s,
            "access_token": self._token(AUDIENCE, roles=["Loupe.Read"]),
            "id_token": self._token(CLIENT, sub="anna"),
        }
        _answer(request, tokens)

    def _description(self) -> dict[str, Any]:
        tenant = f"{self.url}/{TENANT}"
        return {
            "issuer": self._issuer,
            "authorization_endpoint": f"{tenant}/oauth2/v2.0/authorize",
            "token_endpoint": f"{tenant}/oauth2/v2.0/token",
            "jwks_uri": f"{tenant}/discovery/v2.0/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def _token(self, audience: str, **claims: object) -> str:
        now = int(time.time())
        said = {"aud": audience, "iss": self._issuer, "iat": now, "nbf": now, "exp": now + self.lifetime_s, "oid": ANNA}
        return jwt.encode(said | claims, self._key, algorithm="RS256", headers={"kid": KEY_ID})


def _answer(request: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
    request.send_response(200)
    request.send_header("Content-Type", "application/json")
    request.send_header("Access-Control-Allow-Origin", "*")
    request.end_headers()
    request.wfile.write(json.dumps(body).encode())
