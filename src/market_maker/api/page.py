"""/docs: the description as a page that any browser shows, without scripts, from this process
alone: an exchange's operations network often reaches nothing else."""

import base64
import hashlib
from collections.abc import Iterable
from html import escape
from typing import Any

Document = dict[str, Any]

STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
code, .method { font-family: ui-monospace, monospace; }
details { border: 1px solid #8885; border-radius: 6px; margin: .4rem 0; padding: .4rem .8rem; }
summary { cursor: pointer; }
summary code { font-weight: 600; }
.method { display: inline-block; min-width: 4.5rem; font-weight: 700; }
.words { opacity: .75; }
table { border-collapse: collapse; margin: .6rem 0; width: 100%; }
td, th { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0; }
th { font-weight: 600; border-bottom: 1px solid #8885; }
"""
STYLE_HASH = "sha256-" + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
"""What the page's policy lets in, and nothing else."""


def page(document: Document) -> str:
    """The whole page."""
    info = document["info"]
    families = "".join(_family(document, tag) for tag in document["tags"])
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(info['title'])} API</title><style>{STYLE}</style></head><body>"
        f"<h1>{escape(info['title'])} API {escape(info['version'])}</h1>"
        f"<p>{escape(info['description'])}</p>"
        '<p>For programs: <a href="/openapi.json">openapi.json</a>.</p>'
        f"{families}</body></html>"
    )


def _family(document: Document, tag: Document) -> str:
    operations = [
        _operation(document, method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if tag["name"] in operation["tags"]
    ]
    head = f"<h2>{escape(tag['name'])}</h2><p>{escape(tag['description'])}</p>"
    return head + "".join(operations)


def _operation(document: Document, method: str, path: str, operation: Document) -> str:
    return (
        f'<details><summary><span class="method">{method.upper()}</span>'
        f'<code>{escape(path)}</code> <span class="words">{escape(operation["summary"])}</span>'
        f"</summary><p>{escape(operation['description'])}</p>"
        f"{_parameters(operation)}{_body(document, operation)}{_answers(operation)}</details>"
    )


def _parameters(operation: Document) -> str:
    rows = [
        (each["name"], each["in"], each.get("description", "") or _kind(each["schema"]))
        for each in operation["parameters"]
    ]
    return _table(("parameter", "in", ""), rows)


def _body(document: Document, operation: Document) -> str:
    body = operation.get("requestBody")
    if body is None:
        return ""
    name = body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    schema = document["components"]["schemas"][name]
    wanted = schema.get("required", ())
    rows = [
        (field, "required" if field in wanted else "optional", _kind(each))
        for field, each in schema["properties"].items()
    ]
    return _table(("field", "", ""), rows)


def _answers(operation: Document) -> str:
    rows = [
        (status, answer["description"], ", ".join(answer["content"]))
        for status, answer in sorted(operation["responses"].items())
    ]
    return _table(("status", "", ""), rows)


def _kind(schema: Document) -> str:
    """What may stand there, in a few words."""
    if "description" in schema:
        return str(schema["description"])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    choices = [_kind(each) for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    return " or ".join(choices) or str(schema.get("type", "any"))


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    if not lines:
        return ""
    head = "".join(f"<th>{escape(cell)}</th>" for cell in heads)
    return f"<table><tr>{head}</tr>{lines}</table>"
