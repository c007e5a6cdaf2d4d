"""The published schemas of post-mortems: true to what is written, and false to what is not."""

import copy
import json
import pathlib
import re

import pytest
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt

ROOT = pathlib.Path(__file__).parents[2]
GOLDEN = sorted((ROOT / "Tests" / "Golden" / "postmortems").glob("*.json"))
SCHEMAS = {
    name: json.loads((ROOT / "docs" / "schemas" / f"{name}.schema.json").read_text())
    for name in ["postmortem", "addendum"]
}

# What is one of a few words, a hash, a time or a name of ours: another spelling of it is another thing.
EXACT = re.compile(
    r"^(schema|form|source|severity|outcome|began|opened|ended|hash|root_cause_category|category|onset|kind|at|plan|state"
    r"|action|verdict|fate|stage|digest|incident|document|previous|follows|supersedes|basis)$"
)


def schema_of(path):
    return SCHEMAS["addendum" if path.name.startswith("addendum") else "postmortem"]


def places(value, path=()):
    """Every place in a document; of a long list the first and the last."""
    yield path, value
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*path, key))
    elif isinstance(value, list):
        for index in sorted({0, len(value) - 1} & set(range(len(value)))):
            yield from places(value[index], (*path, index))


def changed(document, path, value):
    other = copy.deepcopy(document)
    if not path:
        return value
    holder = other
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return other


def without(document, path):
    other = copy.deepcopy(document)
    holder = other
    for step in path[:-1]:
        holder = holder[step]
    del holder[path[-1]]
    return other


def mutations(document):
    """Every single field: gone, of another type, out of range, spelt otherwise, cited wrongly, or one too many."""
    for path, value in places(document):
        key = path[-1] if path else None
        if isinstance(key, str):
            yield "dropped", path, without(document, path)
        if isinstance(value, dict):
            yield "extra", path, changed(document, path, {**value, "more": 1})
            yield "type", path, changed(document, path, [])
        elif isinstance(value, list):
            yield "type", path, changed(document, path, {})
            yield "type", path, changed(document, path, None)
            if key == "entries" and value and isinstance(value[0], int):
                for cited in [[], [0], [-1], value + value, ["1"], [1.5], [10**9]]:
                    yield "citation", path, changed(document, path, cited)
        elif isinstance(value, bool):
            yield "type", path, changed(document, path, "yes")
            yield "type", path, changed(document, path, 1)
        elif isinstance(value, (int, float)):
            yield "type", path, changed(document, path, str(value))
            yield "type", path, changed(document, path, [value])
            yield "range", path, changed(document, path, -1)
            yield "range", path, changed(document, path, 10**30)
        elif isinstance(value, str):
            yield "type", path, changed(document, path, 7)
            yield "type", path, changed(document, path, {"text": value})
            yield "emptied", path, changed(document, path, "")
            if isinstance(key, str) and EXACT.match(key):
                yield "spelling", path, changed(document, path, value + "x")
                yield "spelling", path, changed(document, path, value.upper() if value != value.upper() else value[:-1])
        else:
            yield "type", path, changed(document, path, {})
            yield "type", path, changed(document, path, True)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_one(name):
    Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["$id"] == f"urn:kintsugi:schema:{name}:1"


def test_there_are_documents():
    names = {path.stem for path in GOLDEN}
    assert {"helped", "agreed", "rejected", "rolled-back", "escalated", "suppressed", "addendum-score"} <= names


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_what_is_written_is_valid(path):
    errors = list(Draft202012Validator(schema_of(path)).iter_errors(json.loads(path.read_text())))
    assert not errors, [f"{error.json_path}: {error.message[:200]}" for error in errors[:5]]


def test_what_is_changed_in_one_field_is_refused(capsys):
    made, refused, passed = {}, {}, set()
    for path in GOLDEN:
        document = json.loads(path.read_text())
        # What is in it in base64 is long, and the same for every entry.
        context = document.get("simulation_context")
        if context:
            context["entries"] = context["entries"][:1]
        validator = Draft202012Validator(schema_of(path))
        assert validator.is_valid(document)
        for kind, place, other in mutations(document):
            if other == document:
                continue
            made[kind] = made.get(kind, 0) + 1
            if validator.is_valid(other):
                passed.add((kind, ".".join(str(step) for step in place if isinstance(step, str))))
            else:
                refused[kind] = refused.get(kind, 0) + 1
    share = sum(refused.values()) / sum(made.values())
    with capsys.disabled():
        print(f"\n{sum(refused.values())} of {sum(made.values())} changes of one field are refused ({share:.2%})")
        for kind in sorted(made):
            print(f"    {kind}: {refused.get(kind, 0)} of {made[kind]}")
    assert sum(made.values()) > 1000
    assert share >= 0.95, sorted(passed)


@pytest.mark.parametrize("path", sorted((ROOT / "Tests" / "Golden" / "postmortems").glob("*.md")), ids=lambda path: path.stem)
def test_what_people_wrote_does_nothing_in_markdown(path):
    tokens = MarkdownIt("commonmark").enable("table").parse(path.read_text())
    inline = [child for token in tokens for child in token.children or []]
    kinds = {token.type for token in tokens} | {child.type for child in inline}
    assert not kinds & {"html_block", "html_inline", "link_open", "image", "blockquote_open", "strong_open", "em_open"}
    headings = [tokens[i + 1].content for i, token in enumerate(tokens) if token.type == "heading_open"]
    assert headings[1:] == [text for text in headings[1:] if re.fullmatch(r"[A-Z][a-z -]+", text)]
