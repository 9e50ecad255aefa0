"""What the pages of docs/ show: their examples, their tables of expressions, their links, and the commands that they name.

An example is a fenced block, and the word behind its fence says what it is and so how it is tried (examples_test.py has it). The sentence
before it may end in the name of a file (`workflows/greet.yaml`:), which is then what the block is the content of. In what a command prints
`...` stands for anything: alone on a line for any number of lines, else for the rest of what stands there. Times, days and names of runs
are other ones each time.
"""
import pathlib
import re
from typing import NamedTuple

source = pathlib.Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^( *)(`{3,}|~{3,})(.*)$")
NAMED = re.compile(r"`([\w./-]+\.\w+|Makefile|\w+/Makefile)`:$")


class Block(NamedTuple):
    line: int
    kind: str
    file: str  # what the sentence before it names, or nothing
    text: str


class Table(NamedTuple):
    line: int
    rows: list  # [(expression, what it gives)]


def all_pages():
    """Each page that people write. Those that script/docs makes out of the program are tried where they are made."""
    pages = [source / "README.md", source / "sandbox" / "README.md", *sorted((source / "docs").glob("*.md"))]
    return [page for page in pages if "script/docs" not in page.read_text()[:600]]


def examples(text):
    """The blocks and the tables of expressions, in the order of the page; whatever is neither here nor there is an error."""
    found, before, inside = [], "", None
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        fence = FENCE.match(line)
        if inside:
            if fence and fence[2] == inside[0] and not fence[3]:
                found.append(Block(inside[1], inside[2], inside[3], "".join(row + "\n" for row in inside[4])))
                inside, before = None, ""
            else:
                inside[4].append(line)
        elif fence:
            if fence[1]:
                raise ValueError(f"line {number}: a fence stands at the beginning of its line")
            named = NAMED.search(before)
            inside = (fence[2], number, fence[3].strip(), named[1] if named else "", [])
        elif line.startswith("    ") and not lines[number - 2].strip() and not before.startswith(("-", "*", "1")):
            raise ValueError(f"line {number}: an example stands between fences, with a word that says what it is")
        else:
            if re.match(r"\| *expression *\| *gives *\|", line):
                rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in table_below(lines, number)]
                found.append(Table(number, [(code(row[0]), code(row[1])) for row in rows]))
            if line.strip():
                before = line if not before else before + " " + line.strip()
            elif not (number < len(lines) and lines[number].startswith(("```", "    "))):
                before = ""
    if inside:
        raise ValueError(f"line {inside[1]}: the block does not end")
    return found


def table_below(lines, head):
    for line in lines[head + 1:]:
        if not line.startswith("|"):
            return
        yield line


def code(cell):
    return cell.strip("`").replace("\\|", "|") if cell.startswith("`") else cell


def prose(text):
    """The page without its blocks, line by line."""
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            inside = not inside
        elif not inside:
            yield number, line


def anchors(text):
    """What a link into the page may end in, as GitHub makes it of the headings."""
    made = []
    for _, line in prose(text):
        if line.startswith("#"):
            title = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", line.lstrip("#").strip()).lower()
            slug = re.sub(r"[^\w\- ]", "", title).replace(" ", "-")
            made.append(slug if slug not in made else f"{slug}-{made.count(slug)}")
    return made


def links(text):
    """The places of the project that the page leads to: (line, path, anchor)."""
    for number, line in prose(text):
        for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", line)):
            if not re.match(r"\w+:", target):
                path, _, anchor = target.partition("#")
                yield number, path, anchor


def named_commands(text):
    """The commands of Millrace that sentences and tables name: (line, words)."""
    for number, line in prose(text):
        for words in re.findall(r"`(?:build/)?millrace ([^`]+)`", line):
            yield number, words
