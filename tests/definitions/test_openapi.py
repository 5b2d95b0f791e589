from datalfred.definitions.openapi import render, slim

FULL = {
    "openapi": "3.1.0",
    "info": {"title": "glue", "version": "1.0.0", "description": "The catalog.", "extra": 1},
    "servers": [{"url": "/"}],
    "components": {
        "schemas": {
            "Body": {
                "type": "object",
                "title": "Body",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "title": "Name", "description": "A\n  name."},
                    "state": {"$ref": "#/components/schemas/State", "description": "Its state."},
                    "page": {
                        "anyOf": [{"type": "integer"}, {"type": "null"}],
                        "description": "Page.",
                        "default": 1,
                    },
                },
            },
            "State": {"type": "string", "enum": ["OK", "ALARM", ""], "title": "State"},
        }
    },
    "paths": {
        "/list_things": {
            "post": {
                "summary": "POST /list_things",
                "tags": ["x"],
                "operationId": "list_things",
                "description": "Lists\n    things.",
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Body"}}
                    }
                },
                "responses": {"200": {}, "422": {}},
            }
        },
        "/ping": {
            "post": {"operationId": "ping", "description": "Pings.", "responses": {"200": {}}}
        },
    },
}


def test_slim_keeps_the_words_and_drops_what_bedrock_does_not_read():
    document = slim(FULL)

    assert document["openapi"] == "3.0.0"
    assert {"title", "version", "description"} == set(document["info"])
    operation = document["paths"]["/list_things"]["post"]
    assert operation["description"] == "Lists things."
    assert {"operationId", "description", "requestBody", "responses"} == set(operation)
    assert {"200"} == set(operation["responses"])


def test_references_and_optionals_become_plain_scalars_and_values_become_words():
    schema = slim(FULL)["paths"]["/list_things"]["post"]["requestBody"]
    body = schema["content"]["application/json"]["schema"]

    assert body["required"] == ["name"]
    assert body["properties"] == {
        "name": {"type": "string", "description": "A name."},
        "state": {"type": "string", "description": "Its state. One of: OK, ALARM."},
        "page": {"type": "integer", "description": "Page.", "default": 1},
    }


def test_an_operation_without_parameters_has_no_body():
    assert "requestBody" not in slim(FULL)["paths"]["/ping"]["post"]


def test_rendering_ends_with_a_newline_and_keeps_letters_readable():
    assert render({"a": "é"}) == '{\n  "a": "é"\n}\n'
