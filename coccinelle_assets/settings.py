"""Every setting, declared once: environment variables, flags and Dagster resources share these.

The groups are plain pydantic models. `Settings` joins them and reads `COCCINELLE_*`;
`resources/` makes a Dagster resource of each group.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import phonenumbers
from pydantic import BaseModel, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from coccinelle_assets.errors import CoccinelleError
from coccinelle_assets.location import HOMES, Location, locate

# Beyond these a value is a slip, and more than the engines take.
LARGEST_COUNT = 100_000_000
LONGEST_SECONDS = 10_000_000


class IdentityRules(BaseModel):
    """How records become customers."""

    default_region: str = Field(
        default="FR",
        description="Two-letter region of phone numbers written without a country code.",
    )
    max_people_per_identifier: int = Field(
        default=5,
        ge=1,
        le=LARGEST_COUNT,
        description="An e-mail or phone used under more distinct names than this ties nobody.",
    )
    shared_lines: Literal["by_name", "always"] = Field(
        default="by_name",
        description="A role's address (info@...) or a landline that several people use ties only "
        "records whose names agree or are missing, or always.",
    )
    same_mailbox: bool = Field(
        default=True,
        description="Whether addresses that lead to one mailbox tie: googlemail.com, dots of "
        "gmail.com, jean+anything where the server delivers it to jean.",
    )
    tenant_regions: Annotated[dict[str, str], NoDecode] = Field(
        default_factory=dict,
        description="Regions of tenants other than the default one, as TENANT=BE, separated by "
        "commas; else the country of the tenant's row or own phone decides.",
    )
    placeholders: Annotated[list[str], NoDecode] = Field(
        default_factory=list,
        description="Placeholder e-mails or phones beyond the shipped list, * for any text; "
        "separated by commas in the environment.",
    )

    deleted_customers: Literal["recreate", "leave"] = Field(
        default="recreate",
        description="A customer that the application deleted while its records are still there: "
        "recreate it under the same id, or leave its records without a customer.",
    )

    @field_validator("default_region")
    @classmethod
    def known_region(cls, value: str) -> str:
        """Refuse a region that the phone metadata does not know."""
        if value.upper() not in phonenumbers.SUPPORTED_REGIONS:
            raise ValueError(f"{value!r} is no region: use a two-letter code such as FR or BE")
        return value.upper()

    @field_validator("tenant_regions", mode="before")
    @classmethod
    def split_pairs(cls, value: object) -> object:
        """Accept TENANT=REGION pairs, as an environment variable gives them."""
        if isinstance(value, str):
            pairs = (part.rpartition("=") for part in value.split(",") if part.strip())
            return {tenant.strip(): region.strip() for tenant, _, region in pairs}
        return value

    @field_validator("tenant_regions")
    @classmethod
    def known_regions(cls, value: dict[str, str]) -> dict[str, str]:
        """Refuse a pair without a tenant, or of a region that the phone metadata does not know."""
        for tenant, region in value.items():
            if not tenant or region.upper() not in phonenumbers.SUPPORTED_REGIONS:
                raise ValueError(f"{tenant}={region}: write TENANT=BE with a two-letter code")
        return {tenant: region.upper() for tenant, region in value.items()}

    @field_validator("placeholders", mode="before")
    @classmethod
    def split_commas(cls, value: object) -> object:
        """Accept one comma-separated text, as an environment variable gives it."""
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        return value


class GateThresholds(BaseModel):
    """What the asset checks let pass."""

    max_customer_drift: float = Field(
        default=0.2,
        ge=0,
        description="Share of the live customers that a run after the first may add or lose; "
        "1000 lets anything pass.",
    )
    drift_tolerance: int = Field(
        default=100,
        ge=0,
        le=LARGEST_COUNT,
        description="Customers that a run may add or lose whatever the share.",
    )
    max_rejected_share: float = Field(
        default=0.1, ge=0, le=1, description="Warn when more of the identifiers are unusable."
    )
    max_unlinked_share: float = Field(
        default=0.1, ge=0, le=1, description="Warn when more of the records stay unlinked."
    )
    max_merged_customers: int = Field(
        default=100,
        ge=0,
        le=LARGEST_COUNT,
        description="Warn when a run merges more live customers than this.",
    )
    max_split_customers: int = Field(
        default=100,
        ge=0,
        le=LARGEST_COUNT,
        description="Warn when a run splits more live customers than this.",
    )
    max_cluster_records: int = Field(
        default=200,
        ge=1,
        le=LARGEST_COUNT,
        description="Warn of customers with more records than this.",
    )
    min_name_similarity: float = Field(
        default=50,
        ge=0,
        le=100,
        description="Warn of customers under whose names the least alike pair scores lower.",
    )


class PromotionOptions(BaseModel):
    """How the live database is treated."""

    busy_timeout_seconds: float = Field(
        default=30,
        ge=0,
        le=LONGEST_SECONDS,
        description="How long to wait for another writer's lock, in seconds.",
    )
    max_lock_seconds: float | None = Field(
        default=None,
        gt=0,
        le=LONGEST_SECONDS,
        description="About how long a promotion may keep other writers waiting, in seconds: a "
        "database that takes longer is promoted by ranges of tenants, each a run of its own.",
    )
    backups_kept: int = Field(
        default=5,
        ge=1,
        le=LARGEST_COUNT,
        description="How many backups to keep.",
    )
    reports_kept: int = Field(
        default=20,
        ge=0,
        le=LARGEST_COUNT,
        description="How many reports of runs to keep; 0 writes none.",
    )


class D1Options(BaseModel):
    """Where a Cloudflare D1 database is; a SQLite file has no use for these."""

    d1_remote: bool | None = Field(
        default=None,
        description="For d1:NAME: true is the database at Cloudflare, false wrangler's local one.",
    )
    wrangler_dir: Path = Field(
        default=Path(), description="For d1:NAME: the folder that holds wrangler.toml."
    )
    d1_env: str | None = Field(
        default=None, description="For d1:NAME: the environment of wrangler.toml, [env.NAME]."
    )
    d1_config: Path | None = Field(
        default=None, description="For d1:NAME: a configuration of wrangler's of another name."
    )
    d1_persist_to: Path | None = Field(
        default=None, description="For d1:NAME: where wrangler keeps local databases."
    )


class ScheduleOptions(BaseModel):
    """What runs by itself, and when."""

    migration_scheduled: bool = Field(
        default=False, description="Whether the nightly migration runs without being switched on."
    )
    migration_cron: str = Field(
        # Summer time begins at 2:00 and ends at 3:00: this hour is there once in every night.
        default="30 3 * * *",
        description="When the migration runs, as a cron expression.",
    )
    verification_scheduled: bool = Field(
        default=True, description="Whether the live database is verified by schedule."
    )
    verification_cron: str = Field(
        default="0 * * * *", description="When it is verified, as a cron expression."
    )
    schedule_timezone: str = Field(
        default="Europe/Paris", description="The time zone of the cron expressions."
    )

    @field_validator("schedule_timezone")
    @classmethod
    def known_timezone(cls, value: str) -> str:
        """Refuse a time zone that the system's database does not have."""
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"{value!r} is no time zone: use one such as Europe/Paris") from error
        return value


class AlertOptions(BaseModel):
    """Who is told of failed checks, crashes and silence."""

    alert_urls: SecretStr = Field(
        default=SecretStr(""),
        description="Apprise URLs that alerts are sent to, any number, separated by commas.",
    )
    dead_man_hours: float = Field(
        default=26,
        ge=0,
        le=LONGEST_SECONDS,
        description="Alert when no promotion or verification succeeded for so long; 0: never.",
    )
    ui_url: str = Field(
        default="http://127.0.0.1:3000", description="The address of the Dagster UI, for links."
    )


class Settings(
    IdentityRules,
    GateThresholds,
    PromotionOptions,
    D1Options,
    ScheduleOptions,
    AlertOptions,
    BaseSettings,
):
    """All settings; each is read from `COCCINELLE_<NAME>` and may be overridden by a flag."""

    model_config = SettingsConfigDict(
        env_prefix="COCCINELLE_", env_ignore_empty=True, allow_inf_nan=False
    )

    database: Path = Field(
        default=Path("app.db"),
        description="The live database of the application: a SQLite file, or d1:NAME.",
    )
    home: Path | None = Field(
        default=None,
        description="Where warehouse, backups and run history live; "
        "default: .coccinelle/NAME beside the database, for d1:NAME .coccinelle/d1-NAME-ID-local "
        "or -remote in the wrangler folder, ID being the first of the database's id.",
    )
    memory_limit_mb: int | None = Field(
        default=None,
        ge=100,
        le=LARGEST_COUNT,
        description="Memory that the warehouse's engine may use, in MB; "
        "default: 500 and half the database's size, 900 where that is not known.",
    )

    @property
    def location(self) -> Location:
        """Where the live database is."""
        return locate(
            self.database,
            self.wrangler_dir,
            self.d1_remote,
            self.d1_env,
            self.d1_config,
            self.d1_persist_to,
        )

    @property
    def warehouse_memory_mb(self) -> int:
        """Memory for the warehouse's engine: what is set, or what the database's size asks for."""
        if self.memory_limit_mb is not None:
            return self.memory_limit_mb
        file = Path(self.location.spelling)
        if self.location.d1 is not None or not file.is_file():
            return 900
        return 500 + file.stat().st_size // 2_000_000

    @property
    def home_directory(self) -> Path:
        """The directory of everything that the project keeps beside the live database."""
        if self.home is not None:
            return self.home.absolute()
        location = self.location
        name = location.d1.home_name if location.d1 else Path(location.spelling).name
        return (location.directory / HOMES / name).absolute()

    @property
    def dagster_home(self) -> Path:
        """The Dagster home: DAGSTER_HOME when set, else one inside `home_directory`."""
        return Path(os.environ.get("DAGSTER_HOME") or self.home_directory / "dagster").absolute()


def load_settings(**overrides: Any) -> Settings:
    """Settings from the environment, with every override that is not None on top.

    Raises CoccinelleError naming each setting that has an unusable value.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        problems = "; ".join(
            f"setting {'.'.join(map(str, item['loc']))} "
            f"(COCCINELLE_{str(item['loc'][0]).upper()}): {item['msg']}"
            for item in error.errors()
        )
        raise CoccinelleError(problems) from None
