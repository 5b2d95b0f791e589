"""What a run reads and does: schemas, data, queries, inputs, its own code."""

from datalfred.lake.pipelines.rules.shape import Rule, words

CONTENTS: tuple[Rule, ...] = (
    Rule(
        "schema_changed",
        words(
            r"""column\ .{0,80}\ (cannot\ be\ resolved|does\ not\ exist|not\ found|is\ missing)
            | (missing|unknown|unexpected|no\ such)\ (required\ )?column
            | AnalysisException(?!.{0,40}path) | COLUMN_NOT_FOUND | UNRESOLVED_COLUMN
            | cannot\ resolve\ .{0,80}\ given\ input
            | HIVE_BAD_DATA(?=.{0,200}incompatible)
            | HIVE_(PARTITION_SCHEMA_MISMATCH|INVALID_METADATA)
            | HIVE_CURSOR_ERROR(?!.{0,80}request\ rate)
            | UndefinedColumn | ORA-00904 | VIEW_IS_STALE
            | HIVE_COLUMN_ORDER_MISMATCH | ICEBERG_INVALID_METADATA
            | incompatible\ (data\ types|schema) | schema\ (change|mismatch|has\ changed)
            | TYPE_MISMATCH | DATATYPE_MISMATCH | COLUMN_ALREADY_EXISTS | DUPLICATE_COLUMN_NAME
            | (column|field)s?\ .{0,60}already\ exists? | UNRESOLVED_FIELD | FIELD_NOT_FOUND
            | INCOMPATIBLE_(DATA|COLUMN)\w* | (NUM_COLUMNS|ARITY)_MISMATCH | CANNOT_MERGE_SCHEMAS
            | COLUMN_DATA_TYPE_MISMATCH | column\ cannot\ be\ converted | unknown\ column
            | cannot\ cast\ .{0,60}\ to\ | UnsupportedOperationException:.{0,60}Dictionary"""
        ),
        "data",
        "The schema of the source changed: a column that the run relies on is missing or differs.",
        "Compare the table's columns with the source's, mend the job or the table, then redrive.",
        weight=3,
        instead_of=frozenset({"query_wrong", "permission_denied", "conflict"}),
    ),
    Rule(
        "bad_data",
        words(
            r"""HIVE_BAD_DATA(?!.{0,200}incompatible) | is\ not\ a\ parquet\ file
            | magic\ (number|bytes) | \bcorrupt | bad\ CRC | not\ in\ gzip | unexpected\ end
            | truncated\ (file|input|gzip|stream|data) | error\ tokenizing
            | expected\ \d+\ (fields|columns) | JSONDecodeError | corrupt(ed)?\ (record|file|block)
            | malformed\ (csv|json|record|line|row) | BadRecord | UnicodeDecodeError
            | (FAILED|CANNOT)_READ_FILE(?!\w*\.(FILE_NOT_EXIST|PARQUET_COLUMN)) | ICEBERG_BAD_DATA
            | MALFORMED_\w+ | CAST_(INVALID_INPUT|OVERFLOW) | INVALID_CAST_ARGUMENT
            | CANNOT_PARSE_\w+ | NUMERIC_VALUE_OUT_OF_RANGE | ARITHMETIC_OVERFLOW
            | DIVI(SION|DE)_BY_ZERO
            | HIVE_(INVALID_(PARTITION_VALUE|BUCKET_FILES)|UNSUPPORTED_FORMAT)
            | invalid\ input\ syntax | value\ too\ long | data\ too\ long | field\ overflow
            | invalid\ literal\ for | out\ of\ range\ value | incorrect\ .{0,30}\ value:
            | (violates\ )?not-null\ constraint | (foreign\ key|check)\ constraint
            | cannot\ be\ null | NullConstraint | unterminated\ string | EOFError | BadZipFile
            | not\ a\ gzip | invalid\ (utf|byte\ sequence) | codec\ can't\ decode
            | (stl|sys)_load_error | load\ into\ table\ .{0,40}failed | NumberFormatException
            | could\ not\ convert | error\ parsing"""
        ),
        "data",
        "The data that the run reads is damaged, or not of the format that it expects.",
        "Find the file or row that the message names, have it delivered again, then redrive.",
        weight=4,
        instead_of=frozenset({"schema_changed", "bad_input"}),
    ),
    Rule(
        "data_missing",
        words(
            r"""TABLE_OR_VIEW_NOT_FOUND | (TABLE|SCHEMA)_NOT_FOUND | NoSuchTable
            | (?<!of\ )(table|relation|view)\ \S+\ (does\ not|doesn't)\ exist
            | HIVE_TABLE_DROPPED | ICEBERG_MISSING_METADATA"""
        ),
        "data",
        "The table that the run reads does not exist.",
        "Look who dropped or renamed the table; when it is there again, redrive.",
        weight=4,
        instead_of=frozenset({"schema_changed", "query_wrong"}),
    ),
    Rule(
        "data_missing",
        words(
            r"""NoSuchKey | (input\ )?path\ does\ not\ exist | PATH_NOT_FOUND
            | FileNotFound | no\ such\ file | (missing|no)\ partition
            | partition\ .{0,80}(not\ found|does\ not\ exist|is\ missing|has\ no)
            | cannot\ find\ partition | \(404\)\ .{0,40}(Head|Get)Object
            | ha(s|ve|d)\ not\ (yet\ )?(been\ (updated|written|loaded|delivered)|arrived|finished)
            | (is|are|was|were)\ not\ (yet\ )?(there|available|ready|complete)\ yet
            | (?<!'\ )(is|are)\ stale\b | newest\ (day|partition|file|row)\ (is\ )?\d{4}
            | not\ yet\ (there|available|ready|complete|arrived|finished)
            | HIVE_(FILE_NOT_FOUND|MISSING_DATA|PARTITION_DROPPED\w*) | ICEBERG_MISSING_DATA
            | FILE_NOT_EXIST | specified\ key\ does\ not\ exist
            | no\ (input\ )?files\ (found|match)"""
        ),
        "data",
        "The data that the run reads is not there: a partition or file has not arrived.",
        "Look whether the upstream load ran and wrote that partition; when it is there, redrive.",
        weight=3,
    ),
    Rule(
        "data_missing",
        words(r"""InvalidObjectState | not\ valid\ for\ the\ object's\ storage\ class"""),
        "data",
        "The data that the run reads was archived, and cannot be read before it is restored.",
        "Restore the objects from the archive, or leave them out; then redrive.",
        weight=5,
        instead_of=frozenset({"permission_denied"}),
    ),
    Rule(
        "query_too_big",
        words(
            r"""TOO_MANY_(OPEN_)?PARTITIONS | EXCEEDED_(CPU|PARTITION)_LIMIT
            | HIVE_EXCEEDED_PARTITION_LIMIT | limit\ of\ \d+\ open\ writers
            | QUERY_TOO_(LARGE|LONG)"""
        ),
        "definition",
        "The query asks for more than Athena does at once.",
        "Let it write or read less at a time; a mended query needs a new execution.",
        weight=4,
        instead_of=frozenset({"throttled"}),
    ),
    Rule(
        "query_wrong",
        words(
            r"""SYNTAX_ERROR | mismatched\ input | FUNCTION_NOT_FOUND | ParseException
            | extraneous\ input | PARSE_SYNTAX_ERROR | UNRESOLVED_ROUTINE
            | AMBIGUOUS_(NAME|REFERENCE)
            | EXPRESSION_NOT_(AGGREGATE|SCALAR) | MISSING_(GROUP_BY|AGGREGATION|COLUMN_NAME)
            | INVALID_FUNCTION_ARGUMENT | SUBQUERY_MULTIPLE_ROWS | NOT_SUPPORTED:
            | error\ in\ your\ SQL\ syntax | syntax\ error\ at\ or\ near"""
        ),
        "definition",
        "The text of the query is wrong.",
        "Mend the query where it is written; a mended definition needs a new execution.",
        weight=4,
        instead_of=frozenset({"bad_input"}),
    ),
    Rule(
        "bookmark",
        words(r"""JobBookmark | job\ bookmark"""),
        "data",
        "The bookmark of the job, which says what it has read, could not be used.",
        "Reset or rewind the bookmark of the job; then redrive.",
        weight=4,
        instead_of=frozenset({"data_missing", "conflict"}),
    ),
    Rule(
        "conflict",
        words(
            r"""ConditionalCheckFailed | conditional\ request\ failed | TransactionCanceled
            | duplicate\ key | unique\ constraint | already\ exists
            | duplicate\ entry | AlreadyExistsException | ALREADY_EXISTS?\b | PreconditionFailed"""
        ),
        "data",
        "Somebody else, often another run, had written there already.",
        "Look what is there; remove the marker if it is wrong, else nothing has to be done.",
        weight=3,
        instead_of=frozenset({"bad_input", "code_error"}),
    ),
    Rule(
        "conflict",
        words(
            r"""CommitFailedException | ConcurrentAppend | ConflictingWrite | deadlock
            | ConcurrentModification | CONCURRENT_MODIFICATION | ICEBERG_COMMIT_ERROR
            | concurrent\ (update|append|write|transaction) | could\ not\ serialize
            | lock\ (wait\ )?timeout | TransactionConflict | ConflictException | ResourceInUse
            | OperationAborted | conditional\ operation\ is\ currently
            | metadata\ location\ .{0,80}(has\ changed|is\ not\ same)"""
        ),
        "nothing",
        "Another run wrote there at the same moment, and this one gave way.",
        "Redrive when the other run is over; lasting: a Retry, or not both at the same time.",
        weight=4,
        instead_of=frozenset({"bad_input", "code_error"}),
    ),
    Rule(
        "result_too_large",
        words(
            r"""DataLimitExceeded | size\ exceeding\ the\ maximum\ number\ of\ bytes
            | payload\ size\ exceeded | response\ payload\ size"""
        ),
        "definition",
        "A state gave a larger result than Step Functions or Lambda carries.",
        "Write the result to S3 and pass its address; that needs a new execution.",
        weight=4,
        instead_of=frozenset({"bad_input", "throttled", "out_of_memory"}),
    ),
    Rule(
        "bad_input",
        words(
            r"""States\.(Runtime|ParameterPathFailure|IntrinsicFailure|DataLimitExceeded
            |ResultPathMatchFailure|QueryEvaluationError|NoChoiceMatched)
            | Validation(Error|Exception) | JSONPath | bad\ input | invalid\ input
            | InvalidInput | (missing|required)\ (field|key|property|parameter|argument)
            | is\ a\ required\ (property|field) | malformed | ValueError
            | not\ a\ valid\ (date|number|value)"""
        ),
        "input",
        "The input does not have the shape or values that the state expects.",
        "Correct the input and start a new execution: a redrive runs the original input again.",
        weight=2,
    ),
    Rule(
        "import_error",
        words(
            r"""no\ module\ named | ImportModuleError | ModuleNotFoundError | \bImportError
            | HandlerNotFound | Handler\ \S+\ missing\ on\ module
            | cannot\ (import\ name|find\ module) | error\ loading\ shared\ librar
            | version\ \S+\ not\ found\ \(required\ by | NoSuchMethodError | UnsupportedClassVersion
            | ClassNotFound | NoClassDefFound"""
        ),
        "code",
        "What was deployed lacks a module that the code imports.",
        "Mend the image, layer or package and deploy it; then redrive.",
        weight=4,
        instead_of=frozenset({"code_error", "bad_input", "code_missing"}),
    ),
    Rule(
        "crashed",
        words(
            r"""segmentation\ fault | core\ dumped | SIGSEGV | SIGABRT
            | double\ free | stack\ smashing"""
        ),
        "code",
        "The program crashed inside native code.",
        "Look for a changed library or image; run it with the one before.",
        weight=4,
        instead_of=frozenset({"code_error"}),
    ),
    Rule(
        "crashed",
        # How it ended; where the log says why, that is the better cause.
        words(r"""exit\ (code|status):?(\ is)?\ 13[49]"""),
        "code",
        "The program crashed inside native code.",
        "Look for a changed library or image; run it with the one before.",
        weight=-2,
    ),
    Rule(
        "code_error",
        words(
            r"""\b(Key|Attribute|Type|Index|Name|Assertion|ZeroDivision|UnboundLocal|NotImplemented)Error
            | \b(Recursion|Reference|Syntax|Indentation|Overflow)Error
            | NullPointerException | division\ by\ zero | ClassCastException | IndexOutOfBounds
            | IllegalStateException | unhandled\ exception"""
        ),
        "code",
        "The code failed on something that it does not expect: a fault of the program, or of its "
        "data.",
        "Read the lines of the log; mend the code or what it was given, deploy, then redrive.",
        weight=2,
    ),
)
"""The rules of this kind."""
