"""Pages: review and correct masks, look at models. Needs the extra `web`."""

from cleanplate.errors import require

require("starlette", "web")
require("uvicorn", "web")

from cleanplate.web.export import export_accepted  # noqa: E402 - the check comes first
from cleanplate.web.review import serve_review  # noqa: E402
from cleanplate.web.view import serve_view  # noqa: E402

__all__ = ["export_accepted", "serve_review", "serve_view"]
