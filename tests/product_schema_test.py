#!/usr/bin/env python3
"""Validates product files with docs/reference/product.schema.json, by a validator that is not ours.

The shipped files and the examples of the reference page must pass; slips must not.
"""
import json
import pathlib
import re
import sys

import jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCHEMA = json.loads((ROOT / "docs/reference/product.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
SLIPS = [
    "{product: p}",
    "{product: p, name: P, itmes: []}",
    "{product: p, name: P, meters: {m: {kind: guage}}}",
    "{product: p, name: P, items: [{item: p/a, unit: u, measure: {sum: m}}]}",
    "{product: p, name: P, items: [{item: p/a, unit: u, measure: {summ: m}, price: {CNY: 1}}]}",
    "{product: p, name: P, items: [{item: p/a, unit: u, measure: {sum: m}, price: {CNY: cheap}}]}",
    "{product: p, name: P, items: [{item: p/a, unit: u, measure: {sum: m}, price: {CYN: 1}}]}",
    "{product: p, name: P, items: [{item: p/a, unit: u, measure: {sum: m}, price: {CNY: 1},"
    " shape: [{scale: 2, at_most: 3}]}]}",
    "{product: p, name: P, items: [{item: p/a, unit: u, measure: {sum: m}, price: {CNY: 1},"
    " from: soon}]}",
    "{product: p, name: P, plans: [{plan: p/b, unit: u, reset: year, covers: []}]}",
]


class Yaml12Loader(yaml.SafeLoader):
    """What an editor sees: numbers and booleans, but dates and times of day as they stand."""


Yaml12Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers
            if tag not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:int")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Yaml12Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[-+]?[0-9]+$"),
                                   list("-+0123456789"))


def with_text_keys(value):
    if isinstance(value, dict):
        return {str(key): with_text_keys(each) for key, each in value.items()}
    if isinstance(value, list):
        return [with_text_keys(each) for each in value]
    return value


def errors_of(text):
    for loader in (yaml.BaseLoader, Yaml12Loader):
        document = with_text_keys(yaml.load(text, loader))
        for error in VALIDATOR.iter_errors(document):
            place = "/".join(str(each) for each in error.absolute_path)
            yield f"{place}: {jsonschema.exceptions.best_match([error]).message[:200]}"


def examples():
    """The file that the examples of the reference page are together."""
    page = (ROOT / "docs/reference/product-files.md").read_text(encoding="utf-8")
    sections = {"items": [], "discounts": [], "orders": [], "plans": []}
    head = ""
    for block in re.finditer(r"([^\n]*):\n\n```yaml\n(.*?)```\n", page, re.DOTALL):
        title, text = block.groups()
        section = re.search(r"\(`([^`]*)`\)$", title)
        if text.startswith("product:"):
            head = text
        elif section is None:
            sections["items"].append(text)
        elif section.group(1) in sections:
            sections[section.group(1)].append(text)
    assert head and all(sections.values())
    return head + "".join(f"{name}:\n{''.join(texts)}" for name, texts in sections.items())


def main():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    findings = []
    files = sorted(ROOT.glob("pricebooks/*/products/*.yaml"))
    assert files
    texts = [(str(file.relative_to(ROOT)), file.read_text(encoding="utf-8")) for file in files]
    texts.append(("docs/reference/product-files.md", examples()))
    for name, text in texts:
        findings += [f"{name}: {error}" for error in errors_of(text)]
    for slip in SLIPS:
        if not list(errors_of(slip)):
            findings.append(f"the schema lets a slip through: {slip}")
    print("\n".join(findings) if findings else f"{len(texts)} product files fit the schema")
    return 1 if findings else 0


sys.exit(main())
