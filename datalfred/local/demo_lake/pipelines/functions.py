"""The Lambda functions of the demo pipelines, by the handler strings of :data:`HANDLERS`.

They do no work: they say what such a function would say. What they return depends on the day alone.
"""

import logging
import random
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from datalfred import settings
from datalfred.local.aws.compute.origin import current

TOKEN_EXPIRY = "CRM_TOKEN_EXPIRES_AT"  # noqa: S105 -- the name of a variable
"""Variable of ``crm-push``: when the token in the secret ``crm/api-token`` expires, ISO 8601."""

logger = logging.getLogger("lambda.demo")

Event = Mapping[str, Any]

_SALES_OF_DAY = (
    "SELECT country, count(*) AS orders, sum(amount) AS revenue FROM sales.orders "
    "WHERE month = '{month}' AND CAST(ordered_at AS date) = DATE '{day}' "
    "GROUP BY country ORDER BY revenue DESC"
)


class AccessDeniedException(Exception):  # noqa: N818 -- its name on AWS
    """The CRM refused the token."""


class InvalidInputError(ValueError):
    """The ad platform's bill does not hold what it should."""


def orders_list_files(event: Event, _context: object) -> dict[str, Any]:
    """How many order files arrived for the day."""
    count, size = 24, _number(event["day"], "bytes", 4_000_000, 7_000_000)
    logger.info("found %s files, %s bytes, for %s", count, size, event["day"])
    return {"count": count, "bytes": size}


def orders_register_partition(event: Event, _context: object) -> dict[str, Any]:
    """Registers the month's partition."""
    partition = f"month={event['day'][:7]}"
    logger.info("partition %s of sales.orders is up to date", partition)
    return {"partition": partition}


def customer_export(event: Event, _context: object) -> dict[str, Any]:
    """Exports one table of the shop's database."""
    rows = _number(event["day"], event["table"], 9_000, 12_000)
    logger.info("exported %s rows of %s", rows, event["table"])
    return {"rows": rows}


def customer_refresh_segments(event: Event, _context: object) -> dict[str, Any]:
    """Assigns customers to segments."""
    logger.info("segments refreshed for %s", event["day"])
    return {}


def clicks_count_events(event: Event, _context: object) -> dict[str, Any]:
    """How many clicks arrived for the day."""
    events = _number(event["day"], "clicks", 80_000, 120_000)
    logger.info("%s events for %s", events, event["day"])
    return {"events": events}


def clicks_check_sessions(event: Event, _context: object) -> dict[str, Any]:
    """How many sessions the day has."""
    sessions = _number(event["day"], "sessions", 350, 520)
    logger.info("%s sessions for %s", sessions, event["day"])
    return {"sessions": sessions}


def report_write_query(event: Event, _context: object) -> dict[str, Any]:
    """The SQL that adds up the day's sales."""
    return {
        "sql": _SALES_OF_DAY.replace("{month}", event["day"][:7]).replace("{day}", event["day"])
    }


def report_send(event: Event, _context: object) -> dict[str, Any]:
    """Sends one country's report."""
    address = f"sales-lead-{event['country'].lower()}@example.com"
    logger.info("report of %s sent for %s", event["day"], event["country"])
    return {"sent_to": address}


def campaign_validate(event: Event, _context: object) -> dict[str, Any]:
    """Reads one platform's bill; its spend must be a number.

    Raises:
        InvalidInputError: it is not.
    """
    cost = event["cost"]
    logger.info("validating %s for %s", cost["platform"], event["day"])
    try:
        spend = float(cost["spend"])
    except ValueError:
        logger.warning("bill of %s has spend %r", cost["platform"], cost["spend"])
        raise InvalidInputError(
            f"invalid input: spend of {cost['platform']} is {cost['spend']!r}, "
            "which is not a valid number; expected a decimal point"
        ) from None
    return {"platform": cost["platform"], "spend": spend}


def returns_compare_totals(event: Event, _context: object) -> dict[str, Any]:
    """Compares the refunds loaded with the warehouse's total."""
    logger.info("refunds of %s agree with the warehouse", event["day"])
    return {"difference": 0}


def crm_collect_segments(event: Event, _context: object) -> dict[str, Any]:
    """How many customers changed their segment."""
    customers = _number(event["day"], "changed", 120, 480)
    logger.info("%s customers changed their segment by %s", customers, event["day"])
    return {"customers": customers}


def crm_push(event: Event, _context: object) -> dict[str, Any]:
    """Hands customers to the CRM.

    Raises:
        AccessDeniedException: the token has expired.
    """
    expires = settings.environment()[TOKEN_EXPIRY]
    logger.info("read secret crm/api-token, version of 90 days ago")
    if current().clock.now() >= datetime.fromisoformat(expires):
        logger.warning("POST https://crm.example.com/v2/segments answered 401 Unauthorized")
        raise AccessDeniedException(
            "The CRM answered 401 Unauthorized: the token in the secret crm/api-token expired at "
            f"{expires}"
        )
    logger.info("CRM accepted %s customers", event["customers"])
    return {"accepted": event["customers"]}


def catalog_read_feeds(event: Event, _context: object) -> dict[str, Any]:
    """Reads the suppliers' feeds."""
    feeds = [
        {"supplier": supplier, "products": _number(event["day"], supplier, 90, 140)}
        for supplier in ("northwind", "contoso", "fabrikam")
    ]
    logger.info("read %s feeds", len(feeds))
    return {"feeds": feeds}


def tickets_request_export(event: Event, _context: object) -> dict[str, Any]:
    """Asks the help desk for an export; it calls back with the token when that is ready."""
    logger.info("asked the help desk for the tickets of %s; waiting for its call", event["day"])
    return {}


def _number(day: str, what: str, low: int, high: int) -> int:
    """A number of that day, the same in every process."""
    return random.Random(f"{day} {what}").randint(low, high)  # noqa: S311 -- a plausible number, no secret


HANDLERS: Mapping[str, str] = {
    handler.__name__.replace("_", "-"): f"{__name__}.{handler.__name__}"
    for handler in (
        orders_list_files,
        orders_register_partition,
        customer_export,
        customer_refresh_segments,
        clicks_count_events,
        clicks_check_sessions,
        report_write_query,
        report_send,
        campaign_validate,
        returns_compare_totals,
        crm_collect_segments,
        crm_push,
        catalog_read_feeds,
        tickets_request_export,
    )
}
"""Handler strings by the names of the functions."""
