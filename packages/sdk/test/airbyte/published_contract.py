"""
Prints the jobs of Airbyte's public API as an OpenAPI document, read out of Airbyte's own client, whose code is generated from the
description that Airbyte publishes. Prose is left out.
"""

import ast
import importlib.metadata
import inspect
import json
import textwrap
import typing

from airbyte_api import models
from airbyte_api.jobs import Jobs
from airbyte_api.types import BaseModel
from airbyte_api.utils import FieldMetadata
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

SCHEMAS = "#/components/schemas/"
# Of every answer; what is left of an answer's model is its body.
HTTP_FIELDS = {"content_type", "status_code", "raw_response"}


class OnTheWire(GenerateJsonSchema):
    """`Optional` is how the client's code says that a field may be missing, not that it may be null."""

    def nullable_schema(self, schema):
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema):
        return {key: value for key, value in super().default_schema(schema).items() if (key, value) != ("default", None)}

    def field_title_should_be_set(self, schema):
        return False


def model_of(hint):
    [model] = [each for each in typing.get_args(hint) or [hint] if inspect.isclass(each) and issubclass(each, BaseModel)]
    return model


def constant(node):
    return ast.literal_eval(node) if isinstance(node, (ast.Constant, ast.List)) else None


def calls(method, name):
    """The constant arguments of each call of a function in a method's code: those by place, and those by keyword."""
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(method)))):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == name:
            yield [constant(each) for each in node.args], {each.arg: constant(each.value) for each in node.keywords}


def place_of(field):
    """`path`, `query`, or None: a field of a body."""
    [metadata] = [each for each in field.metadata if isinstance(each, FieldMetadata)] or [FieldMetadata()]
    return next((place for place in ("path", "query") if getattr(metadata, place)), None)


def body_of(model):
    return {"application/json": {"schema": {"$ref": SCHEMAS + model.__name__}}}


def answers_of(method, model):
    for (_, codes, media), _ in calls(method, "match_response"):
        content = {"content": body_of(model)} if media == "application/json" else {}
        for code in [codes] if isinstance(codes, str) else codes:
            yield code, {"description": "", **content}


def is_operation(member):
    return inspect.isfunction(member) and "request" in inspect.signature(member).parameters and not inspect.iscoroutinefunction(member)


operations = []
for name, method in inspect.getmembers(Jobs, is_operation):
    if name.startswith("_") or name.startswith("do_"):
        continue
    hints = typing.get_type_hints(method)
    [answer] = [field for each, field in hints["return"].model_fields.items() if each not in HTTP_FIELDS]
    operations.append((method, model_of(hints["request"]), model_of(answer.annotation)))

used = {model.__name__: (model, "validation") for _, *models_ in operations for model in models_}
_, definitions = models_json_schema([used[name] for name in sorted(used)], ref_template=SCHEMAS + "{model}", schema_generator=OnTheWire)
schemas = definitions["$defs"]
for schema in schemas.values():
    schema.pop("title", None)
    schema.pop("description", None)

paths = {}
for method, asked, answered in operations:
    [(_, request)] = calls(method, "_build_request")
    [(_, hook)] = calls(method, "HookContext")
    operation = {"operationId": hook["operation_id"]}
    fields = {field.alias or name: field for name, field in asked.model_fields.items()}
    if all(map(place_of, fields.values())):
        properties = schemas.pop(asked.__name__)["properties"]
        operation["parameters"] = [
            {"name": name, "in": place_of(field), "required": field.is_required(), "schema": properties[name]}
            for name, field in fields.items()
        ]
    else:
        operation["requestBody"] = {"required": request["request_body_required"], "content": body_of(asked)}
    operation["responses"] = dict(answers_of(method, answered))
    paths.setdefault(request["path"], {})[request["method"].lower()] = operation

token_url = models.SchemeClientCredentials.model_fields["token_url"].default
flows = {"clientCredentials": {"tokenUrl": token_url, "scopes": {}}}
contract = {
    "openapi": "3.1.0",
    "info": {"title": "Jobs of Airbyte's public API", "version": f"airbyte-api {importlib.metadata.version('airbyte-api')}"},
    "security": [{"clientCredentials": []}],
    "paths": paths,
    "components": {"securitySchemes": {"clientCredentials": {"type": "oauth2", "flows": flows}}, "schemas": schemas},
}
print(json.dumps(contract))
