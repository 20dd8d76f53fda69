"""The official Adaptive Card schema, where a copy of it is at hand; its absence is said, never passed over."""

from functools import cache

from jsonschema import Draft6Validator

from tests.contracts import source


@cache
def validator() -> Draft6Validator:
    schema = source.published(source.CARDS)
    Draft6Validator.check_schema(schema)
    return Draft6Validator(schema)
