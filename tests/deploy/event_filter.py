# SPDX-License-Identifier: MIT
"""Which records an event source's filter lets through: as much of the rules of Lambda's event filtering
as the template uses, which is equality and prefixes."""


def fits(rule, value):
    if not isinstance(rule, dict):
        return rule == value
    if rule.keys() != {"prefix"}:
        raise ValueError(f"there is no rule {sorted(rule)} here")
    return isinstance(value, str) and value.startswith(rule["prefix"])


def passes(pattern, record):
    """Every key of the pattern has to be there, with one of the values that its list allows."""
    if not isinstance(record, dict):
        return False
    for name, rules in pattern.items():
        if isinstance(rules, dict):
            if not passes(rules, record.get(name)):
                return False
        elif name not in record or not any(fits(rule, record[name]) for rule in rules):
            return False
    return True
