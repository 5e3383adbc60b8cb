"""`python -m coccinelle_assets.api`: the contract as JSON, which is docs/openapi.json."""

import json

from coccinelle_assets.api.app import contract_app

if __name__ == "__main__":
    print(json.dumps(contract_app().openapi(), indent=2, ensure_ascii=False))
