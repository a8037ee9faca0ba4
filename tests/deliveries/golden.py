"""Every mail as it was agreed on: `python -m tests.deliveries.golden` writes them anew."""

from __future__ import annotations

from pathlib import Path

from portal.deliveries.mail import render
from portal.pages.mail_samples import samples
from tests.templates.view import seller

FOLDER = Path(__file__).parent / "golden"


def written() -> dict[str, str]:
    """Render every sample as text, under its subject, and as HTML: by the file's name."""
    site = seller(str, "#3b5bdb")
    found: dict[str, str] = {}
    for sample in samples():
        context = {"site": site, "home": "https://join.example/"} | dict(sample.context)
        mail = render(sample.template, context, "en")
        found[f"{sample.name}.txt"] = f"Subject: {mail.subject}\n\n{mail.text.rstrip()}\n"
        found[f"{sample.name}.html"] = mail.html.rstrip() + "\n"
    return found


def looks() -> dict[str, str]:
    """Return the HTML of every sample, by its name."""
    end = ".html"
    return {name.removesuffix(end): html for name, html in written().items() if name.endswith(end)}


def agreed() -> dict[str, str]:
    """Read the golden files, by name."""
    return {file.name: file.read_text() for file in sorted(FOLDER.iterdir())}


def write_anew() -> None:
    """Make what the templates say now what was agreed on."""
    FOLDER.mkdir(exist_ok=True)
    for file in FOLDER.iterdir():
        file.unlink()
    for name, text in written().items():
        (FOLDER / name).write_text(text)


if __name__ == "__main__":
    write_anew()
