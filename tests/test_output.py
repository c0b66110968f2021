"""SARIF output against the part of the 2.1.0 schema that it uses.

The whole schema is too large to keep here: below are its definitions of what we write, with every property
that it does not know refused, so that a misspelt one fails.
"""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from symgrad.checking import check_text, output
from symgrad.checking.codes import CODES


def thing(required: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }


TEXT = {"type": "string", "minLength": 1}
MESSAGE = thing("text", text=TEXT)
LEVEL = {"enum": ["none", "note", "warning", "error"]}
FROM_1 = {"type": "integer", "minimum": 1}
RULE = thing(
    "id", id=TEXT, name=TEXT, shortDescription=MESSAGE, fullDescription=MESSAGE,
    defaultConfiguration=thing("", level=LEVEL),
)  # fmt: skip
REGION = thing("startLine", startLine=FROM_1, startColumn=FROM_1, endLine=FROM_1, endColumn=FROM_1)
URI = {"type": "string", "pattern": r"^[\w.~/:%!$&'()*+,;=@-]*$"}
PHYSICAL = thing("artifactLocation", artifactLocation=thing("uri", uri=URI), region=REGION)
RESULT = thing(
    "message", ruleId=TEXT, level=LEVEL, message=MESSAGE,
    locations={"type": "array", "items": thing("", physicalLocation=PHYSICAL)},
)  # fmt: skip
DRIVER = thing("name", name=TEXT, rules={"type": "array", "items": RULE, "uniqueItems": True})
RUN = thing(
    "tool", tool=thing("driver", driver=DRIVER), results={"type": "array", "items": RESULT},
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
)  # fmt: skip
LOG = thing(
    "version runs", version={"const": "2.1.0"}, runs={"type": "array", "items": RUN},
    **{"$schema": {"type": "string", "format": "uri"}},
)  # fmt: skip


def log(text: str, kind: str = "md") -> dict[str, Any]:
    written: dict[str, Any] = json.loads(output.as_sarif([check_text(text, kind)]))
    jsonschema.validate(written, LOG)
    return written


@pytest.mark.parametrize("text", ["", "$$1 + 1 = 3$$", "$$\\foo = 1$$\n\n$$\\frac{d}{dw} J = w$$"])
def test_every_log_is_as_the_schema_says(text: str) -> None:
    written = log(text)
    (run,) = written["runs"]
    known = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert known == list(CODES) and {r["ruleId"] for r in run["results"]} <= set(known)


def test_a_result_says_where() -> None:
    (result,) = log("$$1 + 1 = 3$$")["runs"][0]["results"]
    region = result["locations"][0]["physicalLocation"]["region"]
    assert (region["startLine"], region["startColumn"]) == (1, 9)
    assert (result["ruleId"], result["level"]) == ("SG101", "error")


def test_a_line_of_a_cell_is_no_line_of_the_file() -> None:
    cell = {"cell_type": "markdown", "metadata": {}, "source": "$$1 + 1 = 3$$"}
    written = log(json.dumps({"cells": [cell], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}), "ipynb")
    (result,) = written["runs"][0]["results"]
    assert "region" not in result["locations"][0]["physicalLocation"]
    assert result["message"]["text"].startswith("cell 0, line 1: ")


def test_a_misspelt_property_would_be_seen() -> None:
    written = log("$$1 + 1 = 3$$")
    written["runs"][0]["results"][0]["rule"] = "SG101"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(written, LOG)
