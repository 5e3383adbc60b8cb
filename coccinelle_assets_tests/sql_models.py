"""The .sql models as text, their placeholders filled in as the steps do."""

from __future__ import annotations

from coccinelle_assets.resolution.contacts import SPELLINGS, WITHOUT_A_REGION
from coccinelle_assets.resolution.customers import EDITABLE
from coccinelle_assets.resolution.model import model
from coccinelle_assets.resolution.spellings import texts_of
from coccinelle_assets.tables import LINKED_TABLES

# Models that are written once for e-mails and phones.
READINGS = ("remembered_readings", "waiting_spellings", "kept_readings")
FRAGMENTS = {
    "customers_with": {"identifier": "email"},
    "left_records": {"left": "TRUE"},
    "mailbox": {"nicknamed": "gmail.com", "same_mailbox": "TRUE"},
    "prospect_ties": {"max_people": "5"},
    "records": {
        f"{kind}_region": model("region_prefix", column=f"raw_{kind}", unless=unless)
        for kind, unless in WITHOUT_A_REGION.items()
    },
}


def model_text(name: str) -> str:
    """A model with its fragments filled in, as the steps do."""
    if name == "links":
        table, links = next(iter(LINKED_TABLES.items()))
        return model(name, links=links, source_table=table)
    if name == "customers":
        columns = {
            column: model("survivorship_column", column=column, otherwise=otherwise)
            for column, otherwise in EDITABLE.items()
        }
        return model(name, **columns)
    if name in READINGS:
        spelled, normalized, _ = SPELLINGS["email_spellings"]
        return model(name, **texts_of("email_spellings", spelled, normalized))
    return model(name, **FRAGMENTS.get(name, {}))
