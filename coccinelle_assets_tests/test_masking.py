"""Masking: nobody can be told from what is shown, and what is no personal detail stays."""

from __future__ import annotations

import pytest

from coccinelle_assets.masking import masked


@pytest.mark.parametrize(
    ("column", "value", "shown"),
    [
        ("email", "jean@ex.fr", "j***@ex.fr"),
        ("phone", "+33611478293", "+33***93"),
        ("raw_phone", "06 11 47 82 93", "06 ***93"),
        ("raw_phone", "06\u00a011\u00a047\u00a082\u00a093", "0*\u00a01*\u00a04*\u00a08*\u00a09*"),
        ("first_name", "Jean-Noël", "J***-N***"),
        ("names", "anne morel|zoe quentin", "a*** m****|z** q******"),
        ("raw_email", "Jean Dupont jean@ex.fr", "J*** D***** j***@ex.fr"),
        ("raw_email", "jean@ex.fr 0611478293", "j***@ex.fr 061***93"),
        ("id", "cust_0123", "cust_0123"),
        ("email", None, None),
    ],
)
def test_personal_details_keep_their_ends_only(
    column: str, value: str | None, shown: str | None
) -> None:
    assert masked(column, value) == shown
