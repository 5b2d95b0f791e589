"""File formats that are written: their classes in Glue, their compression, their file names."""

from collections.abc import Mapping
from dataclasses import dataclass

from datalfred.local.aws.athena.failures import StatementError, not_supported

PARQUET_SERDE = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
JSON_SERDE = "org.apache.hive.hcatalog.data.JsonSerDe"
TEXT_SERDE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
CSV_SERDE = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
_TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
_TEXT_OUTPUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
_PARQUET_INPUT = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
_PARQUET_OUTPUT = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"
_UNWRITTEN = ("ORC", "AVRO", "ION", "RCBINARY", "RCTEXT", "SEQUENCEFILE", "CSV")
_COMPRESSIONS = {
    "parquet": ("GZIP", "SNAPPY", "ZSTD", "NONE", "UNCOMPRESSED"),
    "json": ("GZIP", "NONE", "UNCOMPRESSED"),
    "text": ("GZIP", "NONE", "UNCOMPRESSED"),
    "opencsv": ("GZIP", "NONE", "UNCOMPRESSED"),
}
DEFAULT_COMPRESSION = (
    "GZIP"  # https://docs.aws.amazon.com/athena/latest/ug/compression-formats.html
)


@dataclass(frozen=True)
class Format:
    """How the files of a table are written.

    Attributes:
        kind: ``parquet``, ``json``, ``text`` or ``opencsv``.
        serde: the class in Glue.
        input: the input format's class.
        output: the output format's class.
        compression: ``GZIP``, ``SNAPPY``, ``ZSTD`` or ``NONE``.
        options: the parameters of the SerDe.
        header: whether a file starts with the names of its columns.
    """

    kind: str
    serde: str
    input: str
    output: str
    compression: str
    options: Mapping[str, str]
    header: bool = False

    @property
    def ending(self) -> str:
        """What a file's name ends with: text is compressed as a whole."""
        return ".gz" if self.kind != "parquet" and self.compression == "GZIP" else ""

    @property
    def packed(self) -> bool:
        """Whether a file of text is compressed as a whole."""
        return bool(self.ending)


def named(
    word: str, compression: str, delimiter: str | None, *, what: str = "table property"
) -> Format:
    """The format that a statement names.

    Args:
        word: such as ``PARQUET``.
        compression: as asked for; empty for Athena's default.
        delimiter: of text; None for Hive's.
        what: how the statement calls the choice, for messages.

    Raises:
        StatementError: no format of Athena, or one that is not written here.
    """
    wanted = word.upper()
    if wanted in _UNWRITTEN:
        hint = "; TEXTFILE with field_delimiter = ',' is written" if wanted == "CSV" else ""
        raise not_supported(f"Writing the format {wanted}{hint}")
    kinds = {"PARQUET": "parquet", "JSON": "json", "TEXTFILE": "text"}
    if wanted not in kinds:
        raise StatementError(
            "INVALID_TABLE_PROPERTY", f"Unable to set {what} 'format' to ['{word}']"
        )
    if delimiter is not None and wanted != "TEXTFILE":
        raise StatementError(
            "INVALID_TABLE_PROPERTY",
            f"Cannot specify field_delimiter {what} for storage format: {wanted}",
        )
    if delimiter is not None and len(delimiter) != 1:
        raise StatementError(
            "INVALID_TABLE_PROPERTY",
            f"field_delimiter must be a single-character string, but was: '{delimiter}'",
        )
    kind = kinds[wanted]
    return _format(kind, compression or DEFAULT_COMPRESSION, delimiter)


def _format(kind: str, compression: str, delimiter: str | None) -> Format:
    written = checked_compression(kind, compression)
    if kind == "parquet":
        return Format(kind, PARQUET_SERDE, _PARQUET_INPUT, _PARQUET_OUTPUT, written, {})
    options = {}
    if delimiter is not None:
        options = {"field.delim": delimiter, "serialization.format": delimiter}
    serde = JSON_SERDE if kind == "json" else TEXT_SERDE
    return Format(kind, serde, _TEXT_INPUT, _TEXT_OUTPUT, written, options)


def checked_compression(kind: str, compression: str) -> str:
    """The compression, if it is written here.

    Raises:
        StatementError: another one.
    """
    wanted = compression.upper()
    if wanted not in _COMPRESSIONS[kind]:
        raise not_supported(f"Writing {kind} with the compression {compression}")
    return "NONE" if wanted == "UNCOMPRESSED" else wanted


def of_table(
    serde: tuple[str, Mapping[str, str]], output: str, properties: Mapping[str, str]
) -> Format:
    """The format in which INSERT writes to a table.

    Args:
        serde: its class and parameters.
        output: class of its output format.
        properties: the table's parameters.

    Raises:
        StatementError: Athena writes no such table.
    """
    library, options = serde
    kinds = {PARQUET_SERDE: "parquet", JSON_SERDE: "json"}
    kinds.update({TEXT_SERDE: "text", CSV_SERDE: "opencsv"})
    kind = kinds.get(library)
    if kind is None:
        raise StatementError(
            "HIVE_UNSUPPORTED_FORMAT",
            f"Output format {output or _TEXT_OUTPUT} with SerDe {library} is not supported",
        )
    asked = properties.get("write.compression") or properties.get("parquet.compression")
    compression = checked_compression(kind, asked or DEFAULT_COMPRESSION)
    lines = properties.get("skip.header.line.count") or options.get("skip.header.line.count")
    header = int(lines or 0)
    if header > 1:
        raise StatementError(
            "NOT_SUPPORTED",
            "Inserting into Hive table with value of skip.header.line.count property greater "
            "than 1 is not supported",
        )
    return Format(kind, library, "", output, compression, options, header == 1)


def stored_as(word: str) -> tuple[str, str, str]:
    """SerDe, input and output format of Hive's ``STORED AS``.

    Raises:
        StatementError: a format that is not read here.
    """
    known = {
        "PARQUET": (PARQUET_SERDE, _PARQUET_INPUT, _PARQUET_OUTPUT),
        "TEXTFILE": (TEXT_SERDE, _TEXT_INPUT, _TEXT_OUTPUT),
        "JSONFILE": (JSON_SERDE, _TEXT_INPUT, _TEXT_OUTPUT),
    }
    if word not in known:
        raise not_supported(f"STORED AS {word}")
    return known[word]
