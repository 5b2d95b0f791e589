"""Functions that Trino has and the embedded Athena does not evaluate, each with the reason.

The names are those of https://trino.io/docs/current/functions/list.html and of the refused methods
of Athena engine version 3; a name that stands here and is evaluated after all is not refused.
"""

_BY_REASON = {
    "its result is an estimate that another engine estimates differently": (
        "approx_most_frequent approx_set cardinality_of_set empty_approx_set hash_counts "
        "intersection_cardinality jaccard_index make_set_digest merge merge_set_digest "
        "numeric_histogram qdigest_agg quantile_at_value tdigest_agg value_at_quantile "
        "values_at_quantiles"
    ),
    "DuckDB has no spatial functions here": (
        "bing_tile bing_tile_at bing_tile_coordinates bing_tile_polygon bing_tile_quadkey "
        "bing_tile_zoom_level bing_tiles_around convex_hull_agg from_encoded_polyline "
        "from_geojson_geometry geometry_from_hadoop_shape geometry_invalid_reason "
        "geometry_nearest_points geometry_to_bing_tiles geometry_union geometry_union_agg "
        "great_circle_distance line_interpolate_point line_interpolate_points line_locate_point "
        "simplify_geometry spatial_partitioning spatial_partitions st_area st_asbinary st_astext "
        "st_boundary st_buffer st_centroid st_contains st_convexhull st_coorddim st_crosses "
        "st_difference st_dimension st_disjoint st_distance st_endpoint st_envelope "
        "st_envelopeaspts st_equals st_exteriorring st_geometries st_geometryfromtext st_geometryn "
        "st_geometrytype st_geomfrombinary st_geomfromkml st_interiorringn st_interiorrings "
        "st_intersection st_intersects st_isclosed st_isempty st_isring st_issimple st_isvalid "
        "st_length st_linefromtext st_linestring st_multipoint st_numgeometries st_numinteriorring "
        "st_numpoints st_overlaps st_point st_pointn st_points st_polygon st_relate st_startpoint "
        "st_symdifference st_touches st_union st_within st_x st_xmax st_xmin st_y st_ymax st_ymin "
        "to_encoded_polyline to_geojson_geometry to_geometry to_spherical_geography"
    ),
    "DuckDB has no such hash": (
        "checksum crc32 hmac_md5 hmac_sha1 hmac_sha256 hmac_sha512 murmur3 sha512 "
        "spooky_hash_v2_32 spooky_hash_v2_64 xxhash64 from_base32 to_base32"
    ),
    "its last digits depend on the library that computes it": (
        "beta_cdf inverse_beta_cdf inverse_normal_cdf normal_cdf t_cdf t_pdf entropy kurtosis "
        "skewness"
    ),
    "it belongs to a library of models": (
        "classify evaluate_classifier_predictions features learn_classifier learn_regressor "
        "regress learn_libsvm_classifier learn_libsvm_regressor word_stem"
    ),
    "its type has no like in DuckDB": (
        "color current_groups ip_prefix ip_prefix_subnets render rgb bar is_subnet_of "
        "ip_subnet_max ip_subnet_min ip_subnet_range"
    ),
    "its values have more digits than DuckDB keeps": (
        "from_iso8601_timestamp_nanos from_unixtime_nanos"
    ),
    "it has a syntax of its own that is not read here": ("json_array json_object json_table"),
    "DuckDB's lists have nothing of the kind": "reduce_agg map_union shuffle",
    "it speaks of the session": "current_catalog current_schema current_user",
    "it is rarely called, and not written yet": (
        "char2hexint date_bin format_number from_ieee754_32 from_ieee754_64 index "
        "array_histogram json_array_get parse_data_size parse_presto_data_size to_char to_date "
        "to_ieee754_32 to_ieee754_64 to_timestamp version wilson_interval_lower "
        "wilson_interval_upper bitwise_xor_agg regr_avgx regr_avgy regr_count regr_r2 regr_sxx "
        "regr_sxy regr_syy"
    ),
}

REFUSED: dict[str, str] = {
    name: reason for reason, names in _BY_REASON.items() for name in names.split()
}
"""Name of a function to why it is refused."""
