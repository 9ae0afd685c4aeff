"""Canonical user ids."""

import re

from harness.model.canonical_user import canonical_user


def test_each_account_has_its_own_which_never_changes():
    ids = [canonical_user(account) for account in ("111111111111", "222222222222", "111111111111")]

    assert all(re.fullmatch("[0-9a-f]{64}", one) for one in ids)
    assert ids[0] == ids[2] != ids[1]
