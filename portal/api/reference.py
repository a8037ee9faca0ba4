"""Turn the document into what the pages show of it: rows, and a request to copy."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from portal.api.value_kinds import Json, kind_of, single

_DEEPEST = 3
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Named:
    """An operation in the list."""

    name: str
    method: str
    path: str
    summary: str


@dataclass(frozen=True, slots=True)
class Row:
    """One value that is taken or answered; address.line1 is a part of address."""

    name: str
    kind: str
    is_needed: bool
    said: str


@dataclass(frozen=True, slots=True)
class Part:
    """What is said of one answer: its status, its values, or its codes."""

    status: str
    phrase: str
    rows: tuple[Row, ...]
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A page about one operation."""

    named: Named
    scopes: tuple[str, ...]
    said: str
    parameters: tuple[Row, ...]
    body: tuple[Row, ...]
    media: str
    answers: tuple[Part, ...]
    refusals: tuple[Part, ...]
    command: str


def groups_of(document: Json) -> dict[str, list[Named]]:
    """List the operations by what they are about, in the order of the document."""
    groups: dict[str, list[Named]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            groups[said["tags"][0]].append(_named(method, path, said))
    return groups


def codes_of(document: Json) -> dict[str, list[str]]:
    """Return every code with the statuses it comes with."""
    found: dict[str, set[str]] = {}
    for methods in document["paths"].values():
        for said in methods.values():
            for status, answer in said["responses"].items():
                for code in _codes(answer):
                    found.setdefault(code, set()).add(status)
    return {code: sorted(found[code]) for code in sorted(found)}


def page_of(document: Json, name: str) -> Shown | None:
    """Return the page about the operation of this name, if the document has it."""
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            if said["operationId"] == name:
                return _shown(document, method, path, said)
    return None


def _named(method: str, path: str, said: Json) -> Named:
    return Named(said["operationId"], method.upper(), path, said["summary"])


def _shown(document: Json, method: str, path: str, said: Json) -> Shown:
    schemas = document["components"]["schemas"]
    media, body = _body(said)
    parts = [_part(status, answer, schemas) for status, answer in said["responses"].items()]
    return Shown(
        named=_named(method, path, said),
        scopes=tuple(scope for scheme in said["security"][:1] for scope in scheme["secret_key"]),
        said=said.get("description", ""),
        parameters=tuple(
            Row(
                one["name"],
                kind_of(one["schema"], schemas),
                one["required"],
                one.get("description", ""),
            )
            for one in said["parameters"]
        ),
        body=tuple(_rows(body.get("schema", {}), schemas)),
        media=media,
        answers=tuple(part for part in parts if not part.codes and part.status < "400"),
        refusals=tuple(part for part in parts if part.status >= "400"),
        command=_command(document["servers"][0]["url"] + path, method.upper(), media, body),
    )


def _body(said: Json) -> tuple[str, Json]:
    """Return how a body is sent, and what: as JSON or as a form, whichever comes first."""
    content: Json = said.get("requestBody", {}).get("content", {})
    for media, sent in content.items():
        return media, sent
    return "", {}


def _part(status: str, answer: Json, schemas: Json) -> Part:
    rows = () if status >= "400" else tuple(_rows(_answered(answer), schemas))
    return Part(status, answer["description"], rows, _codes(answer))


def _answered(answer: Json) -> Json:
    content: Json = answer.get("content", {})
    for sent in content.values():
        schema: Json = sent["schema"]
        return schema
    return {}


def _codes(answer: Json) -> tuple[str, ...]:
    return tuple(_answered(answer).get("properties", {}).get("code", {}).get("enum", ()))


def _rows(schema: Json, schemas: Json, before: str = "", deep: int = 0) -> Iterator[Row]:
    """Give a row for each value; those of a thing inside follow it, below its name."""
    whole = single(schema, schemas)
    required = whole.get("required", ())
    members = {**whole.get("properties", {}), **whole.get("patternProperties", {})}
    for name, of in members.items():
        shown = name.removeprefix("^").replace("\\", "").replace("[[^[]]+]$", "[…]")
        of_one, one = single(of, schemas), f"{before}{shown}"
        said = of.get("description") or of_one.get("description", "")
        yield Row(one, kind_of(of, schemas), name in required, said if "\n" not in said else "")
        if deep >= _DEEPEST:
            continue
        if "properties" in of_one:
            yield from _rows(of_one, schemas, f"{one}.", deep + 1)
        elif of_one.get("type") == "array":
            yield from _rows(of_one.get("items", {}), schemas, f"{one}[].", deep + 1)


def _command(address: str, method: str, media: str, body: Json) -> str:
    """Write the request as a command for a terminal, with the first example if there is one."""
    lines = [
        f"curl -X {method} {shlex.quote(address)}",
        '-H "Authorization: Bearer $PORTAL_KEY"',
    ]
    examples = [example["value"] for example in body.get("examples", {}).values()]
    if media == _FORM and examples:
        lines += [f"-d {shlex.quote(f'{name}={value}')}" for name, value in examples[0].items()]
    elif media and examples:
        lines.append(f'-H "Content-Type: {media}"')
        lines.append(f"-d {shlex.quote(json.dumps(examples[0], ensure_ascii=False, indent=2))}")
    return " \\\n  ".join(lines)
