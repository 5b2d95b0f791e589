"""Names that Athena and Hive give to what has none."""

CATALOG = "awsdatacatalog"
"""The catalog of Glue, as queries call it."""
NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
"""The value of a partition key that is NULL."""
