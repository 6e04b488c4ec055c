"""Write one page for each finding code, and their index, from the catalogue of messages.

What belongs here: how an entry of `pipelines/contracts/messages/*.yaml` reads as a page. What does
not: any text about a code; that is written in the catalogue, once. `make docs` runs this.
"""

from pathlib import Path

from pipelines.contracts.codes import GATES, OWNERS, SEVERITIES, of_any
from pipelines.contracts.findings import Message, catalogue
from pipelines.contracts.text import LANGS, Text

FOLDER = Path(__file__).parent / "findings"
INDEX = "index.md"
MARK = "*{}*"
"""How a place that a finding fills in is shown."""

APPROVAL = {
    True: Text(
        es="[puede dejarse pasar](../commands.md#opendata-approve)",
        en="[can be let through](../commands.md#opendata-approve)",
    ),
    False: Text(es="no puede dejarse pasar: hay que corregirlo", en="cannot be let through: it must be mended"),
}
HEADINGS = {
    "es": ("Español", "Qué pasa", "Qué hacer", "Por qué importa"),
    "en": ("English", "What is wrong", "What to do", "Why it matters"),
}


def pages() -> dict[str, str]:
    """The text of every page by file name, the index among them."""
    codes = catalogue()
    out = {f"{code}.md": page(code, message) for code, message in codes.items()}
    out[INDEX] = index(codes)
    return out


def page(code: str, message: Message) -> str:
    """The page of one code, in both languages."""
    facts = [
        ("Puerta · Gate", GATES[message.gate]),
        ("Gravedad · Severity", SEVERITIES[message.severity]),
        ("Quién actúa · Who acts", OWNERS[message.owner]),
        ("Aprobación · Approval", APPROVAL[message.approvable]),
    ]
    lines = [f"# {code}", "", "| | Español | English |", "|---|---|---|"]
    lines += [f"| {name} | {text.es} | {text.en} |" for name, text in facts]
    for lang in LANGS:
        language, *titles = HEADINGS[lang]
        lines += ["", f"## {language}"]
        for title, text in zip(titles, (message.what, message.do, message.why), strict=True):
            lines += ["", f"**{title}.** {of_any(text, lang, MARK)}"]
    lines += ["", f"[Todos los códigos · All codes]({INDEX})", ""]
    return "\n".join(lines)


def index(codes: dict[str, Message]) -> str:
    """The index: the codes of each gate, in the order of the gates."""
    lines = [
        "# Finding codes · Códigos de los hallazgos",
        "",
        "One page for each problem that the gates can find. Una página por cada problema que las puertas pueden",
        "encontrar. A dataset file may give a rule another severity. El fichero de un conjunto puede dar otra gravedad",
        "a una regla. `make docs` writes these pages from `pipelines/contracts/messages/`.",
    ]
    for gate, title in GATES.items():
        members = {code: m for code, m in sorted(codes.items()) if m.gate == gate}
        if not members:
            continue
        lines += ["", f"## {title.en} · {title.es}", "", "| code | severity | español | English |", "|---|---|---|---|"]
        for code, message in members.items():
            texts = " | ".join(of_any(message.what, lang, MARK).replace("|", "\\|") for lang in LANGS)
            lines.append(f"| [{code}]({code}.md) | {message.severity} | {texts} |")
    return "\n".join([*lines, ""])


def write(folder: Path) -> None:
    """Write all pages to `folder` and remove those of codes that are gone."""
    wanted = pages()
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.md"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(FOLDER)
