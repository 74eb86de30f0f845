"""The verdict as one page."""

from pathlib import Path

from cleanplate.evaluate.asset.check import Verdict
from cleanplate.files import sha256_file, write_bytes


def write_certificate(path: Path, verdict: Verdict, judged: Path) -> None:
    """Write the verdict as one HTML page without scripts, atomically; `judged` is the file, for its digest."""
    from jinja2 import Environment, FileSystemLoader

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    page = environment.get_template("certificate.html.j2").render(verdict=verdict, digest=sha256_file(judged))
    write_bytes(path, page.encode())
