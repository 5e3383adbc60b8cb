"""One e-mail, phone or date that somebody gives: read as a run reads it."""

from __future__ import annotations

from pydantic import ValidationError

from coccinelle_assets.api import contract
from coccinelle_assets.api.problems import invalid
from coccinelle_assets.api.tenants import Tenant
from coccinelle_assets.resolution.normalize.details import Detail
from coccinelle_assets.resolution.one_record import Given, RecordReader


def moment(text: str, field: str) -> str:
    """A filter's date as UTC text. Raises ProblemError, naming `field`, when it is none."""
    try:
        return contract.MOMENTS.validate_python(text)
    except ValidationError:
        raise invalid(field, "not a date, or a date and a time") from None


def one_detail(
    reader: RecordReader, kind: str, spelling: str, tenant: Tenant, field: str
) -> Detail:
    """The one detail of a text. Raises ProblemError, naming `field`, when it holds none or several.

    Anything that a run takes for nobody's (a placeholder) is none.
    """
    given = Given(email=spelling) if kind == "email" else Given(phone=spelling)
    person = reader.read(given, tenant.region)
    if person.rejected and person.rejected[0].reason == "placeholder":
        raise invalid(field, "a placeholder, which is nobody's")
    details = [detail for detail in person.details if detail.kind == kind]
    if len(details) != 1 or len(person.details) != 1:
        said = "e-mail address" if kind == "email" else "phone number"
        raise invalid(field, f"not one valid {said}")
    return details[0]
