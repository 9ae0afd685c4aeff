"""Access key ids: which account a key id says it belongs to. A hint for asking, never proof: the account looks the key up.

Ten characters after the prefix hold the account; https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html
answers the same question. The layout is the one that LocalStack's own services decode, so that both agree.
"""

import base64
import re
from functools import lru_cache

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_HALF = len(_ALPHABET) // 2
_OFFSET = int.from_bytes(base64.b32decode("QAAAAAAA"))
_TAIL = 7
_KEY_ID = re.compile(r"(?:AKIA|ASIA)[A-Z2-7]{16}")


def new_key_id(prefix: str, account_id: str, tail: bytes) -> str:
    """A key id of `account_id`; `prefix` is AKIA or ASIA, `tail` eight random bytes."""
    number = int(account_id)
    account = base64.b32encode((number // 2 + _OFFSET).to_bytes(5)).decode()
    drawn = [_ALPHABET[byte % len(_ALPHABET)] for byte in tail]
    parity = _ALPHABET[_HALF * (number % 2) + tail[0] % _HALF]
    return prefix + account + parity + "".join(drawn[1 : _TAIL + 1])


def is_key_id(text: str) -> bool:
    """Whether the text has the form of a key id: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes."""
    return _KEY_ID.fullmatch(text) is not None


@lru_cache(maxsize=1024)
def account_of(key_id: str) -> str:
    """The account that a well-formed key id names; may be one that does not exist."""
    half = int.from_bytes(base64.b32decode(key_id[4:12])) - _OFFSET
    odd = _ALPHABET.index(key_id[12]) >= _HALF
    return f"{2 * half + odd:012d}"
