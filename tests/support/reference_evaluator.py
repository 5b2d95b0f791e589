"""IAM's evaluation once more, as its documentation tells it and as slowly as need be.

It shares nothing with the product: wildcards are matched letter by letter, statements are read from
their JSON each time. Sources:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""


def evaluate(policies, action, resource, keys):
    """``allowed``, ``denied`` or ``not allowed``.

    Args:
        policies: documents, as dictionaries.
        action: such as ``s3:GetObject``.
        resource: the ARN, or ``*``.
        keys: condition key in lower case -> list of its values.
    """
    effects = [
        statement["Effect"]
        for policy in policies
        for statement in _listed(policy["Statement"])
        if applies(statement, action, resource, keys)
    ]
    if "Deny" in effects:
        return "denied"
    return "allowed" if "Allow" in effects else "not allowed"


def applies(statement, action, resource, keys):
    """Whether a statement speaks of a call."""
    if "Action" in statement:
        speaks = any(_like(action.lower(), one.lower()) for one in _listed(statement["Action"]))
    else:
        speaks = not any(
            _like(action.lower(), one.lower()) for one in _listed(statement["NotAction"])
        )
    if "Resource" in statement:
        about = any(_arn(resource, one, keys) for one in _listed(statement["Resource"]))
    else:
        about = not any(_arn(resource, one, keys) for one in _listed(statement["NotResource"]))
    return (
        speaks
        and about
        and all(
            _condition(operator, keys.get(key.lower(), []), _listed(wanted), keys)
            for operator, block in statement.get("Condition", {}).items()
            for key, wanted in block.items()
        )
    )


def _condition(operator, given, wanted, keys):
    quantifier, _, plain = operator.rpartition(":")
    if plain == "Null":
        return all((one == "true") == (not given) for one in wanted)
    if_exists = plain.endswith("IfExists")
    plain = plain.removesuffix("IfExists")
    negated = "Not" in plain
    positive = plain.replace("Not", "")
    if not given:
        if if_exists or quantifier == "ForAllValues":
            return True
        return negated and not quantifier
    filled = [text for text in (_filled(one, keys) for one in wanted) if text is not None]

    def matches(value):
        return any(_COMPARE[positive](value, one) for one in filled) != negated

    found = [matches(value) for value in given]
    return all(found) if quantifier == "ForAllValues" else any(found)


def _arn(resource, pattern, keys):
    pattern = _filled(pattern, keys)
    if pattern is None:
        return False
    if pattern == ["*"]:
        return True
    wanted, given = _parts(pattern), _parts(list(resource))
    if len(given) < 6 or len(wanted) < 6:
        return False
    return all(_match(one, other) for one, other in zip(given, wanted, strict=True))


def _parts(characters):
    """The six parts of an ARN, of which the last may have colons."""
    parts = [[]]
    for one in characters:
        if one == ":" and len(parts) < 6:
            parts.append([])
        else:
            parts[-1].append(one)
    return parts


def _filled(text, keys):
    """Characters; one that stands for itself alone is a pair, such as a star out of a value."""
    found, at = [], 0
    while at < len(text):
        end = text.find("}", at) if text.startswith("${", at) else -1
        if end < 0:
            found.append(text[at])
            at += 1
            continue
        name = text[at + 2 : end]
        at = end + 1
        if name in {"*", "?", "$"}:
            found.append(("itself", name))
            continue
        values = keys.get(name.lower(), [])
        if len(values) != 1:
            return None
        found += [("itself", one) if one in "*?" else one for one in values[0]]
    return found


def _like(text, pattern):
    return _match(list(text), list(pattern))


def _match(text, pattern):
    if not pattern:
        return not text
    first, rest = pattern[0], pattern[1:]
    if first == "*":
        return any(_match(text[at:], rest) for at in range(len(text) + 1))
    if not text:
        return False
    return (first == "?" or _itself(first) == _itself(text[0])) and _match(text[1:], rest)


def _itself(one):
    return one[1] if isinstance(one, tuple) else one


def _plain(characters):
    return "".join(_itself(one) for one in characters)


_COMPARE = {
    "StringEquals": lambda given, wanted: given == _plain(wanted),
    "StringEqualsIgnoreCase": lambda given, wanted: given.lower() == _plain(wanted).lower(),
    "StringLike": lambda given, wanted: _match(list(given), wanted),
    "Bool": lambda given, wanted: given.lower() == _plain(wanted).lower(),
    "NumericLessThan": lambda given, wanted: _number(given, _plain(wanted)),
}


def _number(given, wanted):
    try:
        return float(given) < float(wanted)
    except ValueError:
        return False


def _listed(value):
    return value if isinstance(value, list) else [value]
