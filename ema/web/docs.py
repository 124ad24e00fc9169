"""The API in plain HTML, made from its own OpenAPI document: no script, nothing from another server."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from ema.web.pages import page

router = APIRouter(include_in_schema=False)


@router.get("/docs")
def docs(request: Request) -> HTMLResponse:
    document = request.app.openapi()
    schemas = document.get("components", {}).get("schemas", {})
    operations = [
        {
            "method": method.upper(),
            "path": path,
            "summary": operation.get("summary", ""),
            "description": operation.get("description", ""),
            "parameters": operation.get("parameters", []),
            "answer": _answer(operation),
        }
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    shapes = {
        name: [
            (field, _type(about), field in schema.get("required", ()), about.get("description", ""))
            for field, about in schema.get("properties", {}).items()
        ]
        for name, schema in schemas.items()
        if "properties" in schema
    }
    return page(request, "docs.html", about=document["info"], operations=operations, shapes=shapes)


def _answer(operation: dict[str, Any]) -> str:
    content = operation["responses"].get("200", {}).get("content", {})
    return ", ".join(_type(body.get("schema", {})) or kind for kind, body in content.items())


def _type(schema: dict[str, Any]) -> str:
    """A schema in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    return str(schema.get("format") or schema.get("type", ""))
