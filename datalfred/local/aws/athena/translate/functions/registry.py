"""Every function by its name, and what is said about a name that is none."""

from collections.abc import Callable
from functools import cache

from datalfred.local.aws.athena.failures import StatementError, not_supported
from datalfred.local.aws.athena.translate.functions import (
    collections,
    conditions,
    documents,
    moments,
    numbers,
    text,
)
from datalfred.local.aws.athena.translate.functions.calls import Call
from datalfred.local.aws.athena.translate.functions.signatures import Signature, choose, parse
from datalfred.local.aws.athena.translate.typed import Typed

_ROOMS = (text, numbers, moments, collections, documents)

# Functions of Trino that the embedded Athena does not have.
# https://trino.io/docs/current/functions/list.html
_UNSUPPORTED = frozenset(
    line_name
    for line in (
        "approx_most_frequent approx_set array_first array_histogram array_last beta_cdf",
        "bing_tile bing_tiles_around bitwise_left_shift bitwise_right_shift",
        "bitwise_right_shift_arithmetic char2hexint checksum classify color combinations",
        "contains_sequence convex_hull_agg cosine_similarity crc32 current_groups day_name",
        "dot_product empty_approx_set entropy evaluate_classifier_predictions features",
        "format_number from_base32 from_base64url from_big_endian_32 from_big_endian_64",
        "from_encoded_polyline from_geojson_geometry from_ieee754_32 from_ieee754_64",
        "from_iso8601_timestamp_nanos from_unixtime_nanos geometry_from_hadoop_shape",
        "geometry_union great_circle_distance hash_counts hmac_md5 hmac_sha1 hmac_sha256",
        "hmac_sha512 human_readable_seconds index inverse_beta_cdf inverse_normal_cdf",
        "intersection_cardinality jaccard_index json_array json_array_get json_exists",
        "json_object json_query json_table json_value kurtosis learn_classifier",
        "learn_regressor line_locate_point luhn_check make_set_digest map_union merge",
        "merge_set_digest mod_inverse multimap_from_entries murmur3 normal_cdf now_nanos",
        "numeric_histogram parse_data_size parse_duration parse_presto_data_size qdigest_agg",
        "quantile_at_value reduce_agg regexp_position regress render rgb sha512 shuffle",
        "skewness soundex spatial_partitioning split_to_multimap spooky_hash_v2_32",
        "spooky_hash_v2_64 st_area st_asbinary st_astext st_contains st_distance",
        "st_geometryfromtext st_intersects st_point st_x st_y tdigest_agg timezone",
        "timezone_hour timezone_minute to_base32 to_base64url to_big_endian_32",
        "to_big_endian_64 to_char to_date to_encoded_polyline to_geojson_geometry to_geometry",
        "to_ieee754_32 to_ieee754_64 to_spherical_geography to_timestamp",
        "transform_keys_and_values trim_left try_function value_at_quantile",
        "values_at_quantiles wilson_interval_lower wilson_interval_upper word_stem xxhash64",
    )
    for line_name in line.split()
)


@cache
def _known() -> tuple[dict[str, list[Signature]], dict[str, Callable[[Call], Typed]]]:
    signatures: dict[str, list[Signature]] = {}
    builders: dict[str, Callable[[Call], Typed]] = dict(conditions.BUILDERS)
    for room in _ROOMS:
        for name, lines in parse(room.SIGNATURES).items():
            signatures.setdefault(name, []).extend(lines)
        builders.update(room.BUILDERS)
    return signatures, builders


def call_function(call: Call) -> Typed:
    """The scalar function call as DuckDB's text.

    Raises:
        StatementError: FUNCTION_NOT_FOUND, or a function that is not supported here.
    """
    signatures, builders = _known()
    if call.name in builders:
        return builders[call.name](call)
    if call.name in signatures:
        arguments = call.arguments()
        found = choose(signatures[call.name], arguments)
        if found is None:
            raise call.unexpected(arguments)
        return found
    raise unknown_function(call.name, call.at)


def unknown_function(name: str, at: tuple[int, int]) -> StatementError:
    """The failure of a call to a function that Trino, or only the embedded Athena, lacks."""
    if name in _UNSUPPORTED:
        return not_supported(f"The function {name}", at=at)
    return StatementError("FUNCTION_NOT_FOUND", f"Function '{name}' not registered", at=at)
