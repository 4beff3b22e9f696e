#!/usr/bin/env python3
"""Whether script/sbom says what ldd, dpkg and the two lists of packages say."""
import base64
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("STEELYARD_BINARY", str(ROOT / "build/release/steelyard"))
# What CycloneDX 1.5 says of the parts that are used here.
HASHES = {"type": "array", "items": {
    "type": "object", "required": ["alg", "content"], "additionalProperties": False,
    "properties": {"alg": {"enum": ["SHA-256", "SHA-512"]},
                   "content": {"pattern": "^([a-f0-9]{64}|[a-f0-9]{128})$"}}}}
COMPONENT = {
    "type": "object", "required": ["type", "name"], "additionalProperties": False,
    "properties": {
        "type": {"enum": ["application", "library", "file"]}, "name": {"type": "string"},
        "version": {"type": "string"}, "bom-ref": {"type": "string", "minLength": 1},
        "purl": {"pattern": "^pkg:(deb/debian|npm)/[^ ]+@[^ ]+$"},
        "scope": {"enum": ["required", "optional", "excluded"]}, "hashes": HASHES,
        "components": {"type": "array", "items": {"$ref": "#/$defs/component"}},
        "properties": {"type": "array", "items": {
            "type": "object", "additionalProperties": False,
            "properties": {"name": {"type": "string"}, "value": {"type": "string"}}}}}}
SCHEMA = {
    "type": "object", "required": ["bomFormat", "specVersion", "version"], "additionalProperties": False,
    "$defs": {"component": COMPONENT},
    "properties": {
        "bomFormat": {"const": "CycloneDX"}, "specVersion": {"const": "1.5"}, "version": {"const": 1},
        "metadata": {"type": "object", "additionalProperties": False,
                     "properties": {"timestamp": {"type": "string"}, "component": {"$ref": "#/$defs/component"}}},
        "components": {"type": "array", "uniqueItems": True, "items": {"$ref": "#/$defs/component"}},
        "dependencies": {"type": "array", "items": {"type": "object", "required": ["ref"]}}}}
findings = []


def expect(found, wanted, what):
    if found != wanted:
        findings.append(f"{what}: {found!r} is not {wanted!r}")


def run(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, **more)


def sbom(**environment):
    clean = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    with tempfile.TemporaryDirectory() as elsewhere:
        ran = run(str(ROOT / "script/sbom"), os.path.abspath(PROGRAM), cwd=elsewhere,
                  env={**clean, **environment})
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def words_of(name):
    return [line.split() for line in (ROOT / "script" / name).read_text(encoding="utf-8").splitlines()
            if line and not line.startswith("#")]


def use_of(component):
    return next(each["value"] for each in component["properties"] if each["name"] == "steelyard:use")


def check_libraries(components):
    """Each library that the loader takes is a file of one package, with its hash; and no other is."""
    linked = {}
    for path in re.findall(r"(/\S+) \(0x", run("ldd", PROGRAM).stdout):
        content = pathlib.Path(path).resolve()
        linked[content.name] = hashlib.sha256(content.read_bytes()).hexdigest()
    named = {file["name"]: file["hashes"][0]["content"]
             for each in components.values() for file in each.get("components", [])}
    expect(named, linked, "linked libraries")
    assert len(linked) > 5
    for component in components.values():
        expect(use_of(component) == "runtime", "components" in component, component["name"])
        for file in component.get("components", []):
            if component["purl"].startswith("pkg:deb/"):
                listed = run("dpkg-query", "-L", component["name"]).stdout
                expect(f"/{file['name']}\n" in listed, True, f"{component['name']} has {file['name']}")


def check_packages(components):
    used = set()
    for use, package, *_ in words_of("packages.txt"):
        version = run("dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}\n", package).stdout.split()
        component = components.get(("deb", package))
        if version[:1] != ["installed"]:
            expect(component, None, f"{package}, which is not installed")
            continue
        expect(component and component["version"], version[1], f"the version of {package}")
        if component:
            used.add(("deb", package))
            expect(use_of(component) in (use, "runtime"), True, f"the use of {package}")
            expect(component["scope"] == "excluded", use_of(component) == "test", f"the scope of {package}")
    for use, package, version, integrity, *_ in words_of("npm-packages.txt"):
        component = components[("npm", package)]
        used.add(("npm", package))
        expect(component["version"], version, package)
        expect(bytes.fromhex(component["hashes"][0]["content"]),
               base64.b64decode(integrity.removeprefix("sha512-")), f"the hash of {package}")
    for key in set(components) - used:
        expect(use_of(components[key]), "runtime", f"{key}, which no list names")


def main():
    text = sbom()
    document = json.loads(text)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    components = {(each["purl"].split(":")[1].split("/")[0], each["name"]): each for each in document["components"]}
    expect(len(components), len(document["components"]), "components of one name")
    check_libraries(components)
    check_packages(components)
    expect(document["metadata"]["component"]["hashes"][0]["content"],
           hashlib.sha256(pathlib.Path(PROGRAM).read_bytes()).hexdigest(), "the program's hash")
    expect(sorted(document["dependencies"][0]["dependsOn"]),
           sorted(each["bom-ref"] for each in components.values() if use_of(each) == "runtime"), "dependencies")
    expect(sbom(LANG="de_DE.UTF-8", TZ="Asia/Shanghai", PYTHONHASHSEED="7"), text, "the same again")
    dated = json.loads(sbom(SOURCE_DATE_EPOCH="1795000000"))
    expect(dated["metadata"].pop("timestamp"), "2026-11-18T11:06:40Z", "SOURCE_DATE_EPOCH")
    expect(dated, document, "all else of it")
    ran = run(str(ROOT / "script/sbom"), "/nowhere/steelyard")
    expect((ran.returncode, ran.stdout), (1, ""), "a program that is not there")
    expect(run(str(ROOT / "script/sbom"), "--help").stdout.startswith("Writes what"), True, "--help")
    print("\n".join(findings) or f"script/sbom names {len(components)} packages as they are")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
