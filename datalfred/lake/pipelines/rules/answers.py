"""What other systems answer: HTTP refusals, quotas, pools that are empty, TLS that fails.

A bare number is no status: it must stand where a client library or a log puts one. The words are
those of requests, urllib, aiohttp, axios, the Java clients, Google's and Salesforce's APIs.
"""

from datalfred.lake.pipelines.rules.shape import Rule, words

_MORE_SAID = r"(for|from|when|while|on|at|after|in|by|with|and|error|client|response|status)\b"
_COUNTED = rf"(?!\d|[.,]\d|\ +(?!{_MORE_SAID})(?-i:[a-z]))"
"""What must not follow: more digits, or what was counted, as in ``422 customers``."""


def _status(codes: str) -> str:
    """A pattern for an HTTP status, as the clients of HTTP write it."""
    return (
        rf"\b({codes})\ (client\ error|server\ error)"
        rf"|\b(status|code|HTTP(/\d(\.\d)?)?|HttpError|answered|returned|responded|got|received"
        rf"|response|Error)(\ ?code)?(\ with)?\W{{1,3}}({codes}){_COUNTED}"
        rf"|<Response\ \[({codes})\]>"
    )


ANSWERS: tuple[Rule, ...] = (
    Rule(
        "bad_data",
        words(
            r"\bunprocessable\b | \bunsupported\ media\ type | request\ entity\ too\ large"
            r" | payload\ too\ large | \b400\ Bad\ Request"
            # A service of AWS says "Status Code: 400" whatever it refuses, with its own code.
            rf" | (?<!service:\ )(?!.*Error\ Code:)(?:{_status('400|406|413|415|422')})"
        ),
        "data",
        "Another system refused what the run sent it: its shape, or a value in it.",
        "Read what its answer complains of; correct the data or what builds the request, then "
        "redrive.",
        weight=1,
        instead_of=frozenset({"schema_changed"}),
    ),
    Rule(
        "secret_expired",
        words(rf"\b401\W{{1,3}}unauthorized | {_status('401|407')}"),
        "access",
        "A secret or token that the run signs in with has expired or is no longer accepted.",
        "Renew the secret where the run reads it from; then redrive.",
        weight=2,
    ),
    Rule(
        "permission_denied",
        words(rf"\b403\W{{1,3}}forbidden | {_status('403|451')}"),
        "access",
        "The run's role or user lacks a permission.",
        "Allow the denied action in the role or user that the message names; then redrive.",
        weight=1,
    ),
    Rule(
        "permission_denied",
        words(
            r"""(could\ not|cannot|can't|unable\ to|failed\ to|not\ (allowed|able|permitted)\ to)
              \ (be\ )?assumed?\b
            | (error|failed|failure|denied)\ .{0,20}\bassum(ing|e)\ (the\ )?\S{0,40}\ ?role
            | \brole\ .{0,120}(cannot|can't|could\ not|unable|not)\ .{0,20}\bassumed?\b
            | trust\ (policy|relationship) | assume[- ]role\ permission
            | AssumeRole\w*\W.{0,80}(denied|not\ (allowed|permitted))
            | InvalidIdentityToken | no\ OpenIDConnect\ provider"""
        ),
        "access",
        "The role may not be assumed by what was to use it: its trust policy does not let it.",
        "Compare the role's trust policy with the service or account that the message names; "
        "then redrive.",
        weight=4,
        instead_of=frozenset(
            {"resource_missing", "secret_missing", "image_missing", "bad_input", "network"}
        ),
    ),
    Rule(
        "switched_off",
        words(
            r"""\b402\W{1,3}payment\ required | payment\ required
            | (account|subscription|api|plan|license|licence)\ .{0,40}\b(is|was|has|been)\b
              .{0,20}\b(suspended|disabled|deactivated|blocked|closed|not\ enabled)"""
        ),
        "resource",
        "What the run calls was switched off, or is no longer paid for.",
        "Ask whose account it is and have it opened again; then redrive.",
        weight=4,
        instead_of=frozenset({"permission_denied"}),
    ),
    Rule(
        "resource_missing",
        words(_status("404|405|410")),
        "resource",
        "What the run calls in another system is not there, at least not under that address.",
        "Restore it or mend the address; a mended definition needs a new execution.",
        weight=0,
    ),
    Rule(
        "conflict",
        words(rf"\b409\W{{1,3}}conflict | {_status('409|412|423')}"),
        "nothing",
        "Another run wrote there at the same moment, and this one gave way.",
        "Look what is there; redrive when nothing else writes there.",
        weight=2,
    ),
    Rule(
        "throttled",
        words(
            rf"{_status('429')}"
            r""" | (?<!disk\ )\bquota\b.{0,80}\b(quer(y|ies)|requests?|calls?|units?|metric|credits?
              |per\ (second|minute|hour|day|user|project|month)|daily|hourly)\b
            | \b(daily|hourly|monthly|api|request|call|query|usage|rate)s?\b.{0,30}
              \b(quota|allowance|limit)s?\b.{0,40}
              \b(exceeded|exhausted|reached|used\ up|hit|depleted|consumed)
            | \b(exceed(s|ed|ing)?|exhausted|reached|used\ up|hit)\b.{0,40}
              \b(daily|hourly|monthly|api|request|call|query|usage|rate)s?\ .{0,20}
              (quota|allowance|limit)
            | (?<!disk\ )\bquota\ (was\ |is\ |has\ been\ )?exceeded | exceeded\ .{0,40}\bquota
            | RESOURCE_EXHAUSTED | RESOURCE_TEMPORARILY_EXHAUSTED
            | (credits?|units|tokens)\ .{0,20}(used\ up|exhausted)
            | too\ many\ (api\ )?(calls|queries\ per) | calls?\ per\ (second|minute|hour|day)
            | rate[ _-]?limit(ed|ing)?\b | slow\ your\ requests"""
        ),
        "nothing",
        "A service asked for fewer calls: a rate or a quota of calls is used up.",
        "Redrive when the quota is there again, or less is running; lasting: a Retry with backoff, "
        "fewer calls, or a higher quota.",
        weight=3,
        instead_of=frozenset({"permission_denied", "image_missing", "bad_data", "secret_expired"}),
    ),
    Rule(
        "concurrency_limit",
        words(
            r"""\w*pool\b(?!.{0,80}discarding).{0,60}
              (exhausted|limit|reached|depleted|no\ (more|free|available|idle))
            | (no|unable\ to|cannot|could\ not|failed\ to|timeout|timed\ out)\ .{0,60}
              (connection|session|object|resource)s?\ .{0,20}(from|in|left\ in)\ (the\ )?\w*\ ?pool
            | pool\S*\ -\ Connection\ is\ not\ available
            | max(imum)?[ _](\w+[ _]){0,3}(connections|sessions|clients|processes|cursors|slots)
              (_?\S+)?\ .{0,40}(exceeded|reached|hit)
            | exceeded\ .{0,30}max_\w*connections
            | (connection|session|worker|login|cursor)s?\ (count\ )?limit\b.{0,60}
              \b(reached|exceeded|hit|is\ \d+)
            | (connection|session)\ limit\ exceeded | exceeded\ .{0,30}\bconnection\ limit
            | too\ many\ (open\ )?(clients|connections|sessions|cursors|logins)
            | ORA-(00018|00020|01000|12516|12519|12520)
            | no\ (more|free|available)\ (connections|sessions|slots)
            | (all|no)\ .{0,20}(connection\ slots|connections\ are\ in\ use)
            | (number|count)\ of\ .{0,60}\b(statement|connection|session|quer(y|ie)|run|execution
              |task|cursor)s?\ .{0,20}(exceed(s|ed)|reached)
            | has\ exceeded\ the\ .{0,40}\ resource\ \(current | remaining\ connection\ slots"""
        ),
        "nothing",
        "All connections or sessions were in use: a pool or a limit of parallel use was reached.",
        "Look who holds them, and redrive when they are free; lasting: fewer at once, connections "
        "that are given back, or a higher limit.",
        weight=5,
        instead_of=frozenset({"network", "time_limit", "throttled", "no_capacity"}),
    ),
    Rule(
        "certificate",
        words(
            r"""ALERT[ _](CERTIFICATE|BAD_CERTIFICATE|UNKNOWN[ _]CA)\w*
            | alert\ (number\ )?.{0,20}(certificate|unknown\ ca) | tlsv?\w*\ alert\ unknown\ ca
            | (received\ fatal\ alert:\ )(bad|unsupported|certificate|unknown_ca)\w*
            | hostname\ .{0,60}(mismatch|doesn't\ match|does\ not\ match)
            | (certificate|cert)\ .{0,80}(not\ (yet\ )?valid|revoked|unknown|untrusted|required)
            | unable\ to\ (get|verify)\ .{0,40}(certificate|issuer)
            | not\ match\ .{0,20}certificate | altnames?\b | CERT_ALTNAME
            | DEPTH_ZERO_SELF_SIGNED | CERT_HAS_EXPIRED | CertPath | No\ subject\ alternative"""
        ),
        "access",
        "A certificate on the way to another system is missing, has expired or is not trusted.",
        "Look whose certificate it is and have it renewed, or renew the trust store; then redrive.",
        weight=5,
        instead_of=frozenset({"secret_expired", "network", "permission_denied"}),
    ),
    Rule(
        "network",
        words(
            r"""\[SSL(:|\]) | \(_ssl\.c: | \b(SSL|TLS)\w*\ ?(error|exception|alert|routines|connect)
            | (SSL|TLS)V?[\d_.]*_(ALERT|UNSUPPORTED|WRONG|UNEXPECTED)\w* | EPROTO
            | WRONG_VERSION_NUMBER | UNSUPPORTED_PROTOCOL | alert\ (protocol|handshake|internal)
            | fatal\ alert: | (ssl|tls)\ (handshake|protocol|version|negotiation)
            | no\ (protocols|ciphers?|cipher\ suites?)\ in\ common | handshake_failure
            | (protocol|cipher)\ (is\ )?(disabled|not\ (supported|enabled)).{0,40}(ssl|tls)
            | (ssl|tls)v?[\d.]*\ .{0,60}not\ (supported|enabled|accepted)"""
        ),
        "connection",
        "Another system was reached, but no secure connection (TLS) with it came about.",
        "Compare the TLS versions and ciphers that both sides allow, and look at what is between "
        "them; then redrive.",
        weight=3,
        instead_of=frozenset({"throttled", "time_limit"}),
    ),
)
"""The rules of this kind."""
