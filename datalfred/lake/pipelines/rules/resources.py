"""Limits and stops: memory, disk, time, capacity, quotas."""

from datalfred.lake.pipelines.rules.shape import Rule, words

RESOURCES: tuple[Rule, ...] = (
    Rule(
        "out_of_memory",
        words(
            r"""out[ ]?of[ ]?memory | exit\ (code|status):?(\ is)?\ 137
            | memory\ limit | MemoryError
            | java\ heap\ space | GC\ overhead | cannot\ allocate\ memory | signal:\ killed
            | due\ to\ memory\ usage
            | exceeding\ .{0,20}memory\ limits | exhausted\ resources\ at\ this\ scale
            | EXCEEDED_\w*MEMORY_LIMIT | CLUSTER_OUT_OF_MEMORY | heap\ limit
            | maxResultSize | Kryo\ serialization\ failed | OOMKilled"""
        ),
        "size",
        "The run needed more memory than it was given, and was killed.",
        "Give the task, job or function more memory, or smaller pieces of work; then redrive.",
        weight=4,
        instead_of=frozenset({"capacity_lost"}),
    ),
    Rule(
        "disk_full",
        words(r"""no\ space\ left | disk\ (is\ )?(full|quota\ exceeded) | EXCEEDED_SPILL_LIMIT
            | (?<!provisioning\ )(?<!waiting\ for\ )ephemeral\ storage"""),
        "size",
        "The run filled its disk.",
        "Give it more ephemeral storage, or let it write less; then redrive.",
        weight=3,
        instead_of=frozenset({"out_of_memory"}),
    ),
    Rule(
        "capacity_lost",
        words(
            r"""Spot\ ?Interruption | spot\ task\ was\ interrupted | terminated\ due\ to\ spot
            | released\ on\ a\ \*?lost\*?\ node | exit\ (code|status):?\ -100\b
            | host\ ec2\ .{0,40}terminated | TerminationNotice"""
        ),
        "nothing",
        "AWS took the capacity away while the run was working.",
        "Redrive; lasting: allow other instance types or on-demand capacity.",
        weight=3,
        instead_of=frozenset({"cluster_gone"}),
    ),
    Rule(
        "no_capacity",
        words(
            r"""capacity\ is\ (un|not\ )available | INSUFFICIENT_CAPACITY
            | InsufficientInstanceCapacity | insufficient\ (instance\ )?capacity | FLEET_TIMEOUT
            | exceeded\ (its\ )?maximum\ capacity
            | MaxCapacityExceeded | RESOURCE:(MEMORY|CPU|ENI|GPU)
            | could\ not\ be\ allocated | ServiceQuotaExceeded
            | (vCPU|instance|worker|DPU|memory|capacity|application|account)s?\b.{0,40}
              \bquota\ (was\ |is\ |has\ been\ )?exceeded
            | NO_NODES_AVAILABLE | GENERIC_INSUFFICIENT_RESOURCES | EphemeralStorage\ provisioning
            | enough\ free\ addresses
            | exceeds?\ your\ (?!.{0,40}(rate|request|call|api)\b).{0,60}(quota|limit)"""
        ),
        "nothing",
        "There was no capacity to run it.",
        "Redrive when less is running; lasting: a higher maximum, other instance types or on- "
        "demand.",
        weight=3,
        instead_of=frozenset({"capacity_lost", "throttled", "cluster_gone"}),
    ),
    Rule(
        "concurrency_limit",
        words(
            r"""ConcurrentRunsExceeded | concurrent\ runs\ exceeded | too\ many\ concurrent
            | maximum\ (number\ of\ )?concurrent | connection\ slots\ are\ reserved
            | too\ many\ (clients|connections) | QUERY_QUEUE_FULL | QUERY_REJECTED"""
        ),
        "nothing",
        "Other runs of the same job were in its way: the limit of parallel runs was reached.",
        "Redrive when the other run is over; lasting: a Retry that waits, or a higher limit.",
        weight=4,
        instead_of=frozenset({"throttled"}),
    ),
    Rule(
        "throttled",
        words(
            r"""throttl | reduce\ your\ request\ rate | TooManyRequests | rate\ exceeded
            | Slow\ ?Down | rate[ _-]?limit | REQUEST_LIMIT_EXCEEDED
            | 429\ (client\ error|too\ many) | too\ many\ requests
            | (status|code|HTTP|answered|returned|got|error)\W{1,3}(code\W{1,3})?429\b
            | ThroughputExceeded | (?<!Data)LimitExceeded | EC2Throttled"""
        ),
        "nothing",
        "A service asked for fewer calls.",
        "Redrive when less is running; lasting: a Retry with backoff, or a higher quota.",
        weight=3,
        instead_of=frozenset({"image_missing", "permission_denied"}),
    ),
    Rule(
        "scan_limit",
        words(
            r"""bytes\ scanned\ limit | BytesScannedCutoff | EXCEEDED_SCAN_LIMIT
            | scan(ned)?\ limit\ (was\ )?exceeded"""
        ),
        "quota",
        "The query would have read more bytes than its workgroup allows.",
        "Let the query read fewer partitions or columns, or raise the limit of the workgroup.",
        weight=5,
        instead_of=frozenset({"stopped_from_outside", "throttled"}),
    ),
    Rule(
        "time_limit",
        words(
            r"""Task\ timed\ out\ after | Sandbox\.Timedout | Query\ timeout | (?-i:\bTIMEOUT\b)
            | TIMED_OUT | \b(its|the)\ (own\ )?(timeout|time\ limit)\b | EXCEEDED_TIME_LIMIT
            | (job|run|step|query|execution|build)\ (has\ )?(timed\ out|timeout)
            | statement\ timeout | exceeded\ .{0,20}(time|execution)\ limit
            | could\ not\ execute\ .{0,40}\ in\ \d+\ sec | took\ longer\ than"""
        ),
        "time",
        "It took longer than its timeout allows.",
        "Find out what made it slow (more data, a scan without a partition filter); shorten the "
        "work or raise the timeout in the definition. A redrive keeps the original timeout.",
        weight=2,
    ),
    Rule(
        "time_limit",
        words(r"""States\.Timeout"""),
        "time",
        "It took longer than its timeout allows.",
        "Find out what made it slow (more data, a scan without a partition filter); shorten the "
        "work or raise the timeout in the definition. A redrive keeps the original timeout.",
        weight=9,
    ),
    Rule(
        "heartbeat_missed",
        words(r"""States\.HeartbeatTimeout"""),
        "time",
        "The worker that had taken the task was not heard of again.",
        "Look whether the worker still runs, and at its own log; then redrive.",
        weight=9,
        instead_of=frozenset({"time_limit"}),
    ),
    Rule(
        "callback_missing",
        words(r"""nobody\ called\ back\ with"""),
        "time",
        "Whoever was to call back with the task's token did not do so in time.",
        "Ask the one that was to report (a partner, a worker, a person) whether it got the token; "
        "then redrive, which hands out a new one.",
        weight=12,
    ),
    Rule(
        "stopped_from_outside",
        words(
            r"""cancel+ed\ by\ (a\ |the\ )?user | stopped\ by\ user | UserInitiated
            | ServiceSchedulerInitiated | terminated\ by\ user | USER_REQUEST
            | scaling\ activity\ initiated | service\ .{0,60}deployment
            | killed\ by\ user | step\ was\ cancel | due\ to\ user\ request | administrator\ command
            | USER_CANCELED | ADMINISTRATIVELY_(KILLED|PREEMPTED)"""
        ),
        "nothing",
        "Somebody, or a deployment, stopped the run while it worked.",
        "Ask who stopped it and why; then redrive.",
        weight=4,
        instead_of=frozenset({"out_of_memory", "time_limit"}),
    ),
)
"""The rules of this kind."""
