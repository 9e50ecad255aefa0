"""Transcripts for people that are tests, too: Markdown with what is typed and read, and what a text must look like. tests/newcomer/README.md
has the notation."""
import dataclasses
import re

FENCE = re.compile(r"^```(.*)$")
CAPTURE = re.compile(r"<([a-z]+)>|(\.\.\.)")


@dataclasses.dataclass
class Block:
    """A fenced block, and the line of prose that leads to it."""
    kind: str
    prose: str
    text: str
    line: int


def blocks_of(text):
    """All fenced blocks, in order."""
    found, inside, prose, start = [], None, "", 0
    for number, line in enumerate(text.splitlines(), 1):
        fence = FENCE.match(line)
        if inside is None and fence:
            kind, inside, start = fence[1].strip(), [], number
        elif inside is not None and line == "```":
            found.append(Block(kind, prose, "".join(each + "\n" for each in inside), start))
            inside, prose = None, ""
        elif inside is not None:
            inside.append(line)
        elif line.strip():
            prose = line.strip()
    if inside is not None:
        raise ValueError(f"the block of line {start} has no end")
    return found


@dataclasses.dataclass
class Command:
    """What is typed, what is read, what is typed meanwhile, and how it ends."""
    typed: str
    expected: list
    exits: int = 0

    @property
    def background(self):
        return self.typed.endswith(" &")

    @property
    def talks(self):
        return any(line.startswith("[types] ") for line in self.expected)


def commands_of(block):
    commands = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            typed, _, exits = line[2:].partition("  # exits ")
            commands.append(Command(typed, [], int(exits or 0)))
        elif not commands:
            raise ValueError(f"line {block.line}: a block of commands begins with one")
        else:
            commands[-1].expected.append(line)
    return commands


class Names:
    """What `<run>` and its like stand for, from the first time that they are read."""

    def __init__(self):
        self.known = {}

    def put_into(self, text):
        return CAPTURE.sub(lambda match: self.known.get(match[1], match[0]), text)

    def pattern(self, lines, whole=True):
        """`...` on a line of its own is any number of lines, within one any text; `<name>` is what has no blank in it."""
        made, seen = [], set()
        for line in lines:
            if line == "...":
                made.append(r"(?:.*\n)*?")
                continue
            made.append(self._line(line, seen) + r"[ \t]*\n")
        return re.compile("".join(made) + ("" if whole else r"(?s:.*)"))

    def _line(self, line, seen):
        made, end = [], 0
        for match in CAPTURE.finditer(line):
            made.append(re.escape(line[end:match.start()]))
            end = match.end()
            name = match[1]
            if name is None:
                made.append(".*?")
            elif name in self.known:
                made.append(re.escape(self.known[name]))
            elif name in seen:
                made.append(f"(?P={name})")
            else:
                seen.add(name)
                made.append(rf"(?P<{name}>[^\s\",<>]+)")
        return "".join(made) + re.escape(line[end:])

    def match(self, lines, text, whole=True):
        """Whether the text looks so; then the names are known."""
        found = self.pattern(lines, whole).fullmatch(text if text.endswith("\n") or not text else text + "\n")
        if found is None:
            return False
        self.known.update(found.groupdict())
        return True


# Where things are found ----------------------------------------------------------------------------------------------------------

LINK = re.compile(r"^- \[[^\]]*\]\(([^)#\s]+)(?:#([^)\s]+))?\)(?:: (.*))?$", re.M)


def slug(heading):
    """As GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def section(text, wanted):
    """What stands below a heading, deeper headings included; None where there is no such heading."""
    found, depth, fenced = None, 0, False
    for line in text.splitlines():
        fenced ^= line.startswith("```")
        heading = None if fenced else re.match(r"(#+) (.*)", line)
        if heading and found is not None and len(heading[1]) <= depth:
            break
        if heading and found is None and slug(heading[2]) == wanted:
            found, depth = [], len(heading[1])
        if found is not None:
            found.append(line)
    return None if found is None else "\n".join(found)


def verbs_of(text):
    """The verbs of the program that are typed."""
    verbs = set()
    for block in blocks_of(text):
        for command in commands_of(block) if block.kind.startswith("console") else []:
            for words in re.findall(r"\bmillrace ((?:-C \S+ )?[a-z][a-z-]*)", command.typed):
                verbs.add(words.split(" ")[-1])
    return verbs


def missing_from_docs(file, text):
    """What the pages that a transcript names do not hold, as sentences."""
    wrong, pages = [], ""
    named = LINK.findall(text)
    for target, heading, words in named:
        page = (file.parent / target).resolve()
        if not page.is_file():
            wrong.append(f"{target} is not there")
            continue
        holds = section(page.read_text(), heading) if heading else page.read_text()
        if holds is None:
            wrong.append(f"{target} has no section #{heading}")
            continue
        pages += holds
        wrong += [f"{target}#{heading} does not say `{word}`" for word in re.findall(r"`([^`]+)`", words) if word not in holds]
    if not named:
        wrong.append("it names no page")
    return wrong + [f"no page that it names speaks of `millrace {verb}`" for verb in sorted(verbs_of(text)) if not re.search(rf"(?<!\w){verb}(?!\w)", pages)]
