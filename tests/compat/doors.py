"""Write docs/doors from the rows of the doors: make doors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from portal.compat.documents import DOCUMENTS
from portal.compat.rows import Document, Row

FOLDER = Path(__file__).parent.parent.parent / "docs" / "doors"
WORDS = (
    "Written by `make doors` from `portal/compat/*_rows.py`; change those. *As documented*: so it "
    "is. *Mapped*: done, but otherwise than by its letter. *Refused*: with the error named. "
    "*Not here*: nothing that can be called."
)


def pages() -> dict[str, str]:
    """Return each page of docs/doors by its file's name."""
    written = {f"{document.number}.md": page(document) for document in DOCUMENTS}
    return {"README.md": index()} | written


def index() -> str:
    """Write the list of the documents."""
    lines = ["# Doors that speak as others do", "", WORDS, "", "| document | door | rows |"]
    lines.append("|---|---|---|")
    for document in DOCUMENTS:
        counted = Counter(row.how for row in document.rows)
        rows = ", ".join(f"{count} {how}" for how, count in counted.most_common())
        link = f"[{document.number}: {document.title}]({document.number}.md)"
        lines.append(f"| {link} | `{document.path}` | {rows} |")
    return "\n".join(lines) + "\n"


def page(document: Document) -> str:
    """Write the page of one document: a line for each of its rows."""
    head = [f"# Document {document.number}: {document.title}", "", f"`{document.path}`", "", WORDS]
    table = ["", "| row | the document says | here | how, or with what error | proved by |"]
    return "\n".join([*head, *table, "|---|---|---|---|---|", *_lines(document.rows)]) + "\n"


def _lines(rows: tuple[Row, ...]) -> Iterator[str]:
    for row in rows:
        cells = (row.id, row.item, row.how, row.to, f"`{row.test}`")
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def main() -> None:
    """Write every page."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
