"""What a run needs around it: images, secrets, permissions, networks, other systems."""

from datalfred.lake.pipelines.rules.shape import Rule, words

SURROUNDINGS: tuple[Rule, ...] = (
    Rule(
        "image_missing",
        words(
            r"""CannotPullContainer | ImagePull | manifest\ unknown | failed\ to\ pull\ image
            | image\ .{0,80}\ (not\ found|does\ not\ exist)"""
        ),
        "image",
        "The container's image could not be pulled, so nothing ran.",
        "Check that the image and tag exist and the execution role may pull them; then redrive.",
        weight=4,
    ),
    Rule(
        "image_wrong",
        words(
            r"""exec\ format\ error | exit\ (code|status):?\ 126\b | exec\ user\ process\ caused
            | no\ matching\ manifest | (OCI\ runtime|runc)\ create\ failed | CannotStartContainer
            | unable\ to\ start\ container\ process | executable\ file\ not\ found"""
        ),
        "image",
        "The image was built for another kind of processor, or its entry point is no program.",
        "Build the image for the processor that the task asks for; then redrive.",
        weight=4,
        instead_of=frozenset(
            {"image_missing", "code_error", "permission_denied", "code_missing", "data_missing"}
        ),
    ),
    Rule(
        "secret_missing",
        words(
            r"""can't\ find\ the\ specified\ secret | ParameterNotFound | invalid\ ssm\ parameters
            | retrieve\ secrets?\ from.{0,200}(ResourceNotFound|not\ found|does\ not\ exist)
            | secret\ .{0,60}(not\ found|does\ not\ exist)"""
        ),
        "access",
        "The secret or parameter that the run reads does not exist under that name.",
        "Restore the secret, or mend the name in the definition of the task or function; then "
        "redrive.",
        weight=5,
        instead_of=frozenset(
            {"network", "data_missing", "resource_missing", "image_missing", "secret_expired"}
        ),
    ),
    Rule(
        "certificate",
        words(
            r"""certificate\ (verify\ failed|has\ expired|expired) | SSLCertVerification
            | PKIX\ path | local\ issuer\ certificate | self[- ]signed\ certificate | x509:
            | SSLHandshakeException | CERTIFICATE_VERIFY_FAILED"""
        ),
        "access",
        "A certificate on the way to another system has expired or is not trusted.",
        "Look whose certificate it is and have it renewed, or renew the trust store; then redrive.",
        weight=5,
        instead_of=frozenset({"secret_expired", "network", "permission_denied"}),
    ),
    Rule(
        "secret_expired",
        words(
            r"""\bexpired\b | ExpiredToken | rotat(ed|ion)\ .{0,40}(secret|credential)
            | (secret|credential|password|token)s?\ .{0,60}(revoked|invalid|no\ longer\ valid)
            | (incorrect|invalid|wrong|bad)\ (user\ ?name|password|credential) | login\ failed
            | ORA-01017 | authentication\ failed | invalid_(grant|client) | 401\ Unauthorized
            | UnrecognizedClient | InvalidSignature | SignatureDoesNotMatch | InvalidClientTokenId
            | InvalidAccessKeyId | AuthFailure
            | access\ denied\ for\ user\ .{0,80}using\ password"""
        ),
        "access",
        "A secret or token that the run signs in with has expired or is no longer accepted.",
        "Renew the secret where the run reads it from; then redrive.",
        weight=4,
        instead_of=frozenset({"permission_denied", "network"}),
    ),
    Rule(
        "permission_denied",
        words(
            r"""(?<!pull\ )Access\ ?Denied | not\ authorized\ to\ perform | KMS\ is\ not\ allowed
            | unable\ to\ assume\ the\ role | assume\ role\ permission | trust\ relationship
            | Unauthorized(Operation|Exception) | 403\ (Client\ Error|Forbidden)
            | permission\ denied | PERMISSION_DENIED | pg_hba\.conf | command\ denied\ to\ user
            | must\ be\ owner\ of
            | insufficient\ (privileges|permissions)"""
        ),
        "access",
        "The run's role or user lacks a permission.",
        "Allow the denied action in the role that the message names; then redrive.",
        weight=2,
        instead_of=frozenset({"image_missing", "secret_missing", "network"}),
    ),
    Rule(
        "log_destination",
        words(
            r"""validate\ logger\ args | create\ Cloudwatch\ log\ stream
            | log\ driver\ .{0,60}fail"""
        ),
        "resource",
        "The run could not start because its log cannot be written: the log group is missing or "
        "closed.",
        "Create the log group, or allow the execution role to write to it; then redrive.",
        weight=5,
        instead_of=frozenset(
            {"network", "data_missing", "resource_missing", "secret_missing", "permission_denied"}
        ),
    ),
    Rule(
        "cluster_gone",
        words(
            r"""shutting\ down,\ terminating,\ or\ finished | cluster\ \S+\ is\ TERMINAT
            | cluster\ (was\ )?terminated"""
        ),
        "resource",
        "The cluster that the step needs has ended.",
        "Start the cluster again; an execution whose input names the old one needs a new "
        "execution.",
        weight=5,
        instead_of=frozenset({"bad_input", "stopped_from_outside", "resource_missing"}),
    ),
    Rule(
        "bootstrap_failed",
        words(r"""BOOTSTRAP_FAILURE | bootstrap\ (action|failure)"""),
        "code",
        "The cluster never began: one of its bootstrap actions failed.",
        "Read the bootstrap action's log in the cluster's log folder (node, bootstrap-actions), "
        "mend the script, then redrive.",
        weight=6,
        instead_of=frozenset({"cluster_gone", "bad_input"}),
    ),
    Rule(
        "code_missing",
        words(
            r"""error\ downloading\ from\ S3 | can't\ open\ file\ \S+\.py\b
            | exit\ (code|status):?\ 127\b
            | (script|jar)\ .{0,80}(not\ found|does\ not\ exist)
            | (no\ such\ file\ or\ directory|does\ not\ exist|FileNotFoundException):?\ ['"]?
              \S+\.(py|jar|whl|zip)\b
            | (\S+\.(py|jar|whl)|x\.(sql|deployed))\b(?!['"]?,\ line).{0,160}
              (NoSuchKey|not\ found|does\ not\ exist|no\ such\ file)
            | (NoSuchKey|not\ found|does\ not\ exist|no\ such\ file).{0,160}
              (\S+\.(py|jar|whl)|x\.(sql|deployed))\b(?!['"]?,\ line)"""
        ),
        "resource",
        "The script or archive that the job runs is not where the job looks for it.",
        "Deploy the script again; then redrive.",
        weight=5,
        instead_of=frozenset({"data_missing", "resource_missing"}),
    ),
    Rule(
        "resource_missing",
        words(
            r"""EntityNotFound(?!.{0,60}partition) | ResourceNotFound
            | NonExistentQueue | queue\ does\ not\ exist
            | log\ group\ does\ not\ exist | missing\ metadata | function\ not\ found
            | (?-i:\b(DB\w+|Queue|Topic|Function|Cluster|Stream|Repository|Index)NotFound)
            | invalid\ (instance\ ?profile|service\ ?role|subnet|security\ ?group|key\ ?pair)
            | NoSuchEntity | database\ \S+\ does\ not\ exist | NoSuchBucket
            | specified\ bucket\ does\ not\ exist
            | StateMachineDoesNotExist | ClusterNotFound | \bjob\ \S+\ not\ found"""
        ),
        "resource",
        "A resource that the state calls does not exist, at least not under that name.",
        "Restore it or mend its name; a mended definition needs a new execution, not a redrive.",
        weight=3,
        instead_of=frozenset({"data_missing"}),
    ),
    Rule(
        "switched_off",
        words(
            r"""(work\ ?group|function|rule|job|trigger|stream|queue|key|secret|endpoint)\ \S+\ is
              \ (currently\ )?(disabled|paused|inactive|suspended|pending\ deletion)
            | KMS\.?DisabledException | marked\ for\ deletion"""
        ),
        "resource",
        "What the state calls was switched off.",
        "Ask who switched it off and why; when it is on again, redrive.",
        weight=4,
        instead_of=frozenset({"bad_input", "resource_missing"}),
    ),
    Rule(
        "network",
        words(
            r"""connection\ (was\ )?(refused|reset|timed\ out) | could\ not\ connect
            | (unable|failed)\ to\ connect | can't\ connect\ to
            | name\ or\ service\ not\ known | name\ resolution | ECONNREFUSED
            | i/o\ timeout | no\ route\ to\ host | TLS\ handshake | (?-i:TimeoutError)
            | (connect(ion)?|read|socket|client|endpoint|request|login)[ ._-]?(timeout|timed\ out)
            | timeout\ (waiting\ for\ (network|a?\ ?connection)
              |reading|connecting|while\ connecting)
            | awaiting\ headers | deadline\ exceeded | ETIMEDOUT | ENOTFOUND | EAI_AGAIN
            | communications?\ link\ failure | connection\ (aborted|closed) | network\ adapter
            | getaddrinfo | UnknownHost | SocketTimeout | NoRouteToHost | ConnectException
            | (server\ )?closed\ the\ connection | broken\ pipe | server\ has\ gone\ away
            | lost\ connection\ to | connection\ issue | connection\ has\ been\ closed
            | EndpointConnectionError | nodename\ nor\ servname
            | find\ S3\ endpoint | endpoint\ validation\ failed"""
        ),
        "nothing",
        "The run could not reach a system that it depends on.",
        "Check that the system is up and the network lets the run through; then redrive.",
        weight=2,
        instead_of=frozenset({"time_limit", "image_missing"}),
    ),
    Rule(
        "dependency_down",
        words(
            r"""\b50[0234]\ Server\ Error | bad\ gateway | service\ ?unavailable
            | InternalFailure | REMOTE_(TASK_ERROR|HOST_GONE) | PAGE_TRANSPORT_\w+
            | SERVER_(SHUTTING_DOWN|STARTING_UP) | WORKER_RESTARTED | TOO_MANY_REQUESTS_FAILED
            | database\ system\ is\ (starting|shutting|in\ recovery)
            | INTERNAL_ERROR_QUERY_ENGINE | experienced\ an\ internal\ error | gateway\ time-?out
            | internal\ ?server\ ?(error|exception) | HTTP\ 50[0234]"""
        ),
        "nothing",
        "A system that the run depends on failed or was down.",
        "Look whether that system is up again; then redrive.",
        weight=3,
        instead_of=frozenset({"time_limit", "network"}),
    ),
)
"""The rules of this kind."""
