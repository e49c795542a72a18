"""Patches that take a rule out of the sources, and files in which all of them stand behind a number."""

import re


class Failure(Exception):
    pass


class Rule:
    def __init__(self, path):
        self.name = path.stem
        self.clause = self.without = self.unfound = self.options = ""
        self.hunks = {}
        keys = {"Clause": "clause", "Without": "without", "Options": "options", "Not found": "unfound"}
        file = None
        hunk = None
        for line in path.read_text().splitlines():
            if line.startswith(("--- ", "diff ", "index ")):
                hunk = None
            elif line.startswith("+++ "):
                file = line[4:].split("\t")[0].removeprefix("b/")
                self.hunks.setdefault(file, [])
            elif line.startswith("@@"):
                hunk = ([], [])
                self.hunks[file].append(hunk)
            elif hunk is None:
                key, colon, value = line.partition(":")
                if key not in keys or not colon:
                    raise Failure(f"{self.name}: '{line}' is neither of the header nor of a diff")
                setattr(self, keys[key], value.strip())
            elif not line.startswith("\\"):
                if line[:1] in ("", " ", "-"):
                    hunk[0].append(line[1:])
                if line[:1] in ("", " ", "+"):
                    hunk[1].append(line[1:])
        if not (self.clause and self.without and self.hunks):
            raise Failure(f"{self.name}: needs 'Clause:', 'Without:' and a diff")

    def apply(self, file, lines):
        for old, new in self.hunks[file]:
            places = [n for n in range(len(lines)) if lines[n : n + len(old)] == old]
            if len(places) != 1:
                what = "nowhere" if not places else f"{len(places)} times"
                raise Failure(f"these lines occur {what} in {file}:\n" + "\n".join(old))
            lines = lines[: places[0]] + new + lines[places[0] + len(old) :]
        return lines


modifiers = r"(?:(?:@\w+(?:\([^)]*\))?|[a-z]+(?:\([a-z]+\))?)\s+)*"
declaration = re.compile(r"^( *)" + modifiers + r"(func|init|deinit|subscript|var|get|set|didSet|willSet)\b")


class Body:
    """The body of a function, an initializer, a computed property or an accessor."""

    def __init__(self, header, lines, indent):
        self.header = header
        self.lines = lines
        self.indent = indent

    @property
    def has_result(self):
        text = " ".join(self.header)
        kind = declaration.match(self.header[0]).group(2)
        return kind in ("var", "get") or (kind in ("func", "subscript") and "->" in text and "-> Void" not in text)

    def text(self):
        return self.header + self.lines + [self.indent + "}"]


def read_header(lines, start, indent):
    """The lines from a declaration to the brace that opens its body; nil where it has none."""
    end = start
    depth = 0
    while True:
        depth += sum(lines[end].count(c) for c in "([") - sum(lines[end].count(c) for c in ")]")
        if depth > 0:
            end += 1
        elif lines[end].endswith("{"):
            return lines[start : end + 1]
        elif end + 1 < len(lines) and re.match(r" *(->|where\b|throws\b|async\b|\{$)", lines[end + 1]):
            end += 1
        else:
            return None


def parse(lines):
    """A file's parts: lines between bodies as text, and bodies."""
    parts = []
    n = 0
    while n < len(lines):
        line = lines[n]
        match = declaration.match(line)
        if not match or (match.group(2) == "var" and re.search(r" = ", line.split("{")[0])):
            parts.append(line)
            n += 1
            continue
        indent, kind = match.group(1), match.group(2)
        single = re.match(r"^(.*?\{) (.*) \}$", line)
        if single:
            parts.append(Body([single.group(1)], [indent + "    " + single.group(2)], indent))
            n += 1
            continue
        header = read_header(lines, n, indent)
        first = lines[n + len(header)].strip() if header else ""
        if header is None or (kind == "var" and re.match(r"(mutating )?(get|set|didSet|willSet|_read|@)\b", first)):
            parts.append(line)
            n += 1
            continue
        start = n + len(header)
        end = next((m for m in range(start, len(lines)) if lines[m] == indent + "}"), None)
        if end is None:
            raise Failure(f"there is no end of '{line.strip()}'")
        parts.append(Body(header, lines[start:end], indent))
        n = end + 1
    return parts


def case(body, result):
    """A body's lines as those of a switch's case."""
    lines = list(body)
    words = [n for n in range(len(lines)) if lines[n].strip() and not lines[n].strip().startswith("//")]
    if not words:
        return lines + ["break"]
    code = "\n".join(lines[n] for n in words)
    first = lines[words[0]].strip()
    # What has a result and no return is one expression.
    if result and not re.search(r"\breturn\b", code) and not re.match(r"(throw|preconditionFailure)\b", first):
        lines[words[0]] = lines[words[0]].replace(first, "return " + first)
    return lines


def merge(file, lines, rules):
    """The file with the bodies of all rules that change it."""
    original = parse(lines)
    variants = [[] for _ in original]
    for number, rule in rules:
        try:
            patched = parse(rule.apply(file, lines))
        except Failure as failure:
            raise Failure(f"{rule.name}: {failure}")
        frame = [p if isinstance(p, str) else p.header for p in original]
        if [p if isinstance(p, str) else p.header for p in patched] != frame:
            raise Failure(f"{rule.name}: changes more than bodies in {file}")
        for place, (old, new) in enumerate(zip(original, patched)):
            if isinstance(old, Body) and old.lines != new.lines:
                variants[place].append((number, rule, new))
    merged = []
    for part, changed in zip(original, variants):
        if isinstance(part, str):
            merged.append(part)
        elif not changed:
            merged += part.text()
        else:
            merged += part.header + [part.indent + "    switch Rules.off {"]
            for number, rule, body in changed:
                merged += [f"{part.indent}    case {number}:  // {rule.name}"] + case(body.lines, part.has_result)
            merged += [part.indent + "    default:"] + case(part.lines, part.has_result)
            merged += [part.indent + "    }", part.indent + "}"]
    return merged
