"""The files that a mesh names: pictures, buffers and libraries, from its own folder alone."""

from copy import copy
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from trimesh.resolvers import FilePathResolver

BYTE_LIMIT = 1 << 30
"""Of all files that a mesh names together."""


class Beside(FilePathResolver):
    """Opens what a mesh names; trimesh goes on without what it cannot get, so refusals are kept.

    Attributes:
        refused: a reason for each name that could not be opened.
        sizes: of what was opened, bytes.
    """

    def __init__(self, mesh: Path) -> None:
        super().__init__(str(mesh))
        self.refused: list[str] = []
        self.sizes: list[int] = []

    def namespaced(self, namespace: str) -> "Beside":
        """Return a resolver for a folder below, which counts and refuses into the same lists."""
        below = copy(self)
        below.parent = str(self.absolute(namespace))
        return below

    def get(self, name: str) -> bytes:
        """Return the contents of a regular file inside the mesh's folder.

        Raises:
            OSError: there is none of that name, or it is a pipe, a folder or a device, or too large.
        """
        try:
            # Addresses in glTF write a space as %20; exporters of other machines name folders that are not here.
            names = (name, unquote(name), PurePosixPath(name).name)
            path = next((each for each in map(self.absolute, names) if each.exists()), None)
            if path is None:
                raise FileNotFoundError("is missing; put it beside the mesh")
            if not path.is_file():  # a pipe would never end
                raise OSError("is a folder or a device; put a file there")
            self.sizes.append(path.stat().st_size)
            if sum(self.sizes) > BYTE_LIMIT:
                raise OSError(f"is too large: the limit for all that a mesh names is {BYTE_LIMIT} bytes")
            return path.read_bytes()
        except ValueError:
            self.refused.append(f"{name:.80} lies outside of the mesh's folder; put it beside the mesh")
            raise OSError(self.refused[-1]) from None
        except OSError as error:
            self.refused.append(f"{name:.80} {error.strerror or error}")
            raise
