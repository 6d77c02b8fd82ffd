"""Options of requests for exceptions."""

from __future__ import annotations

from dataclasses import dataclass, field

from webhook.errors import ConfigError


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """Who may ask for exceptions, and for how long."""

    max_days: int = field(default=90, metadata={"help": "Days that an exception may be asked for, at most."})
    type: str = field(
        default="",
        metadata={"help": "Assessment type that an approval gives; empty: the first type of the mildest action."},
    )
    accounts: tuple[str, ...] = field(
        default=(),
        metadata={
            "help": "ServiceAccounts that may ask for people, such as system:serviceaccount:ci:deployer; they never "
            "approve."
        },
    )
    required: bool = field(
        default=False,
        metadata={
            "help": "Whether what loosens takes another person: Assessment objects count only once somebody has "
            "approved them, and console, API and command line refuse it."
        },
    )
    allow_self: bool = field(
        default=False,
        metadata={
            "help": "For one machine: whether its user may approve on the command line and in the console, and even "
            "what they asked for themselves."
        },
    )

    def check(self) -> None:
        """Refuse what cannot work.

        Raises:
            ConfigError: requests could not be made at all.
        """
        if not 1 <= self.max_days <= 3650:
            raise ConfigError(f"requests.maxDays cannot be {self.max_days}", remedy="Write a number from 1 to 3650.")
