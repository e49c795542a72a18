#!/usr/bin/env python3
"""Puts every patch of this directory into one copy of the sources, behind a number chosen at run time.

usage: generate.py check              do all patches still apply, and does the table have their rows?
       generate.py list [--findable]  the names of the rules, or of those that a run can find, one a line
       generate.py options NAME       the options of `veche-simulate` that a rule's patch asks for
       generate.py make DIRECTORY     make the copy, a package that builds `veche-simulate --without NAME`
       generate.py table PRINTED      write what runs printed into the table in Sources/ARCHITECTURE.md

A patch is a unified diff below a few lines of header:

    Clause: b.3
    Without: what a node does that lacks the rule, in words
    Options: options for veche-simulate beside the usual ones (may be left out)
    Not found: why no run comes to the state that the rule guards (may be left out)

To write one, make the mistake in the sources, put what `git diff` says below a header, and take the mistake
back. Then `Deploy/rules.sh table NAME` runs the rule and writes its row.

A patch changes bodies of functions, initializers and computed properties, and nothing between them. Line numbers
do not count: each hunk's old lines must occur once in the file. In the copy a changed body becomes a switch
over the number, with one case for each patch that changes it and the original as default. What a body does is
therefore compiled as its patch says it, whatever kind of statement or expression was changed.
"""

import pathlib
import re
import sys

from patches import Failure, Rule, merge

here = pathlib.Path(__file__).resolve().parent
top = here.parents[2]
table = top / "Sources/ARCHITECTURE.md"


def read_rules():
    return [Rule(path) for path in sorted(here.glob("*.patch"))]


def merged_sources(rules):
    """The files that any rule changes, with all of them in."""
    by_file = {}
    for number, rule in enumerate(rules, 1):
        for file in rule.hunks:
            by_file.setdefault(file, []).append((number, rule))
    merged = {}
    for file, changes in sorted(by_file.items()):
        if not (top / file).is_file():
            raise Failure(f"{changes[0][1].name}: there is no {file}")
        merged[file] = merge(file, (top / file).read_text().splitlines(), changes)
    return merged


def manifest(files):
    folders = sorted({"/".join(file.split("/")[:3]) for file in files} | {"Sources/Testing/veche-simulate"})
    text = (top / "Package.swift").read_text()
    # A body without what a rule needs may leave a variable unused, and the number is a global variable.
    text = text.replace(".treatAllWarnings(as: .error),", "").replace(".strictMemorySafety(),", "")
    fetched = sorted(path.name for path in (top / ".build/checkouts").glob("*"))
    trimming = trimmed.replace("FOLDERS", quoted(folders)).replace("CHECKOUTS", quoted(fetched))
    return text + trimming.replace("TOP", str(top))


def quoted(names):
    return ", ".join(f'"{name}"' for name in names)


# Only what veche-simulate needs: nothing else is fetched or built.
trimmed = """
for target in package.targets where [FOLDERS].contains(target.path ?? "") {
    target.dependencies.append("RuleSwitch")
}
package.targets.append(.target(name: "RuleSwitch", path: "RuleSwitch"))
for target in package.targets where target.name == "Hashing" {
    target.dependencies.removeAll { if case .productItem = $0 { true } else { false } }
}

var needed: Set = ["veche-simulate"]
var packages: Set<String> = []
var open = needed
while let name = open.popFirst() {
    for dependency in package.targets.first(where: { $0.name == name })?.dependencies ?? [] {
        switch dependency {
        case .productItem(_, let package, _, _): packages.insert(package ?? "")
        case .targetItem(let name, _), .byNameItem(let name, _):
            if needed.insert(name).inserted { open.insert(name) }
        @unknown default: break
        }
    }
}
package.targets.removeAll { !needed.contains($0.name) }
package.products.removeAll { !needed.contains($0.name) }
// What was fetched for the real package is not fetched again.
let checkouts: Set<String> = [CHECKOUTS]
package.dependencies = package.dependencies.compactMap { dependency in
    guard case .sourceControl(_, let location, _) = dependency.kind else { return dependency }
    let name = String(location.split(separator: "/").last ?? "")
    guard packages.contains(name) else { return nil }
    return checkouts.contains(name) ? .package(path: "TOP/.build/checkouts/\\(name)") : dependency
}
"""


def switch(rules):
    names = "".join(f'        "{rule.name}",\n' for rule in rules)
    return f"""/// Which rule is off.
package enum Rules {{
    /// The number of the rule that is off, 0 for none: set before a run.
    nonisolated(unsafe) package static var off = 0
    /// What happens where a precondition fails: set before a run.
    nonisolated(unsafe) package static var trapped: (String) -> Never = {{ fatalError($0) }}
    /// The rules' names: the first one has number 1.
    package static let names: [String] = [
{names}    ]
}}

// In place of the standard library's, whose failures nobody can note.
package func precondition(
    _ condition: @autoclosure () -> Bool, _ message: @autoclosure () -> String = String(),
    file: StaticString = #file, line: UInt = #line
) {{
    if !condition() {{ Rules.trapped(message()) }}
}}

package func preconditionFailure(
    _ message: @autoclosure () -> String = String(), file: StaticString = #file, line: UInt = #line
) -> Never {{
    Rules.trapped(message())
}}
"""


def make(rules, directory):
    """Makes the copy. What is as it was keeps its time, so that it is not compiled again."""
    files = {}
    for path in sorted((top / "Sources").rglob("*")):
        if path.is_file() and path.suffix != ".md":
            files[str(path.relative_to(top))] = path.read_bytes()
    # In the form of the browser's module hashing needs no package: the copy builds in a minute.
    for file, content in files.items():
        if file.startswith("Sources/Base/Hashing/"):
            files[file] = content.replace(b"hasFeature(Embedded)", b"true")
    merged = merged_sources(rules)
    folders = {file.rsplit("/", 1)[0] for file in merged}
    for file, lines in merged.items():
        files[file] = ("\n".join(lines) + "\n").encode()
    # A changed body needs the number, and a trap in the same module is noted.
    for file, content in files.items():
        if file in merged or (file.rsplit("/", 1)[0] in folders and b"precondition" in content):
            files[file] = b"import RuleSwitch\n" + content
    program = "Sources/Testing/veche-simulate"
    main = f"{program}/VecheSimulate.swift"
    text = files[main].decode()
    if text.count("@main\n") != 1:
        raise Failure(f"{main} is no main program")
    files[main] = text.replace("@main\n", "").encode()
    files[f"{program}/Without.swift"] = (here / "Without.swift").read_bytes()
    files["RuleSwitch/Rules.swift"] = switch(rules).encode()
    files["Package.swift"] = manifest(merged).encode()
    for folder in ("Sources", "RuleSwitch"):
        for path in (directory / folder).rglob("*"):
            if path.is_file() and str(path.relative_to(directory)) not in files:
                path.unlink()
    for file, content in files.items():
        path = directory / file
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


head = "| Rule | Clause | Without it | Seeds until found | What failed |"


def read_table():
    """The lines before the rows of the table of rules, the rows by rule, and the lines after them."""
    lines = table.read_text().splitlines()
    if lines.count(head) != 1:
        raise Failure(f"{table} has no table of rules")
    start = end = lines.index(head) + 2
    while end < len(lines) and lines[end].startswith("|"):
        end += 1
    return lines[:start], {row.split("`")[1]: row for row in lines[start:end]}, lines[end:]


def first_columns(rule):
    name = f"`{rule.name}`" + (f" (`{rule.options}`)" if rule.options else "")
    return f"| {name} | {rule.clause} | {rule.without} | "


def check_table(rules):
    _, rows, _ = read_table()
    for rule in rules:
        if not rows.pop(rule.name, "").startswith(first_columns(rule)):
            raise Failure(f"{rule.name}: the table has another row or none; run Deploy/rules.sh table {rule.name}")
    for name in rows:
        raise Failure(f"{name}: the table has a row, and there is no patch")


def write_table(rules, printed):
    """Puts what runs printed into the table; other rows stay as they are."""
    before, rows, after = read_table()
    found = dict(line.split(" | ", 1) for line in pathlib.Path(printed).read_text().splitlines())
    written = []
    for rule in sorted(rules, key=lambda rule: (order(rule.clause), rule.name)):
        if rule.name not in found:
            if rule.name not in rows:
                raise Failure(f"{rule.name}: it has no row and was not run")
            written.append(rows[rule.name])
            continue
        seeds, invariant, detail = found[rule.name].split(" | ", 2)
        result = f"{seeds} | {invariant}: {plain(detail)} |"
        if invariant == "-":
            if not rule.unfound:
                raise Failure(f"{rule.name}: not found in {seeds} seeds, and its patch does not say why")
            result = f"not found | {rule.unfound} |"
        written.append(first_columns(rule) + result)
    table.write_text("\n".join(before + written + after) + "\n")


def order(clause):
    """Clauses in the order of their numbers."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", clause)]


def plain(detail):
    """What broke, without the numbers of its run."""
    detail = re.split(": |, by a vote", re.sub(r"^node \d+: ", "", detail))[0]
    detail = re.sub(r"\bnode \d+", "a node", detail)
    detail = re.sub(r"\bhonest \d+", "an honest one", detail)
    detail = re.sub(r" (in|to) (epoch \d+, view \d+|height \d+)$", "", detail)
    return re.sub(r"\bepoch \d+, view \d+", "a view", re.sub(r" [0-9a-f]{64}", "", detail))


def main(arguments):
    rules = read_rules()
    match arguments:
        case ["check"]:
            merged_sources(rules)
            check_table(rules)
            print(f"{len(rules)} patches apply")
        case ["list"]:
            print("\n".join(rule.name for rule in rules))
        case ["list", "--findable"]:
            print("\n".join(rule.name for rule in rules if not rule.unfound))
        case ["options", name]:
            rule = next((rule for rule in rules if rule.name == name), None)
            if rule is None:
                raise Failure(f"There is no rule '{name}'.")
            print(rule.options)
        case ["make", directory]:
            make(rules, pathlib.Path(directory))
        case ["table", printed]:
            write_table(rules, printed)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Failure as failure:
        sys.exit(str(failure))
