"""The driver as an identity provider: it signs the web identity tokens of its launch, whatever issuer they name."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

from harness.keys import ISSUER_ALGORITHM

AUDIENCE = "sts.amazonaws.com"


def web_identity_token(
    key: str,
    *,
    now: float,
    issuer: str,
    subject: str,
    audience: str | Sequence[str],
    lifetime: float,
    claims: Mapping[str, Any],
) -> str:
    """A signed token that is valid for `lifetime` seconds from `now`; a negative one gives a token that has ended."""
    ends = int(now + lifetime)
    standard = {"iss": issuer, "sub": subject, "aud": audience, "iat": min(int(now), ends), "exp": ends}
    signing = RSAKey.import_key(json.loads(key))
    return jwt.encode({"alg": ISSUER_ALGORITHM, "kid": signing.kid}, {**standard, **claims}, signing)
