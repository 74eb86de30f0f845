"""Masks under review: each change is atomic, recorded, and can be taken back; a stale one is refused.

<folder>/masks/<view>.png            the mask that counts
<folder>/review/review.jsonl         the journal
<folder>/review/history/<sha256>.png every mask that was ever there
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from cleanplate.capture import View
from cleanplate.errors import CleanplateError, ImageError
from cleanplate.files import write_bytes
from cleanplate.image import check_size, read_mask, write_mask
from cleanplate.report.products import Product
from cleanplate.state import exclusive
from cleanplate.types import Mask
from cleanplate.web.journal import ACTIONS, Edit, Entry, Journal


class StaleMask(CleanplateError):
    """Somebody changed the mask since it was read.

    Attributes:
        current: SHA-256 of the mask that is there now, None if there is none.
    """

    def __init__(self, message: str, current: str | None) -> None:
        self.current = current
        super().__init__(message)


@dataclass(frozen=True)
class State:
    """How far a view's review is.

    Attributes:
        status: "open", "edited", "accepted" or "flagged".
        seconds: active time that people spent on the mask.
        accepted: the journal's line of the acceptance that still holds.
    """

    status: str = "open"
    seconds: float = 0.0
    accepted: Entry | None = None


class MaskStore:
    """The masks of one product."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.folder = product.folder / "review"
        self.journal = Journal(self.folder)

    def sha256(self, view: View) -> str | None:
        """Return the digest of the mask's file; None where there is no mask."""
        try:
            return hashlib.sha256(self.product.mask_path(view).read_bytes()).hexdigest()
        except FileNotFoundError:
            return None

    def read(self, view: View) -> tuple[Mask, str | None]:
        """Return a view's mask, empty where there is none, and its digest.

        Raises:
            ImageError: it cannot be read, or has another size than the view's pictures.
        """
        camera, sha = self.product.capture.camera_of(view), self.sha256(view)
        if sha is None:
            return np.zeros((camera.height, camera.width), bool), None
        path = self.product.mask_path(view)
        mask = read_mask(path)
        check_size(path, "mask", mask.shape[::-1], (camera.width, camera.height))
        return mask, sha

    def save(self, view: View, mask: Mask, expected: str | None, edit: Edit) -> str:
        """Replace a view's mask and return its new digest; saving what is there already is no conflict.

        Args:
            mask: of the size of the view's pictures.
            expected: digest of the mask that the change was made from.

        Raises:
            StaleMask: another mask is there now.
            CleanplateError: a run is writing there.
            OSError: the disk refuses.
        """
        path = self.product.mask_path(view)
        with self._held():
            before = self.sha256(view)
            if before != expected:
                if before is not None and np.array_equal(self.read(view)[0], mask):
                    return before
                raise StaleMask(f"{path}: the mask was changed by someone else since it was opened", before)
            self._keep(path.read_bytes() if before else None)
            write_mask(path, mask)
            after = self._keep(path.read_bytes())
            self.journal.append(view.id, "save", after, before, edit)
        return str(after)

    def mark(self, view: View, action: str, expected: str | None, edit: Edit) -> None:
        """Record that a mask was accepted, flagged or reopened.

        Raises:
            StaleMask: another mask is there than the one that was judged.
            CleanplateError: no such action, or nothing to accept.
        """
        if action not in ACTIONS[1:]:
            raise CleanplateError(f"unknown action {action!r}; use one of {', '.join(ACTIONS[1:])}")
        with self._held():
            sha = self.sha256(view)
            if sha != expected:
                raise StaleMask(f"view {view.id}: the mask was changed by someone else since it was opened", sha)
            if action == "accept":
                if sha is None:
                    raise CleanplateError(f"view {view.id}: there is no mask to accept; save one first")
                self._keep(self.product.mask_path(view).read_bytes())
            self.journal.append(view.id, action, sha, sha, edit)

    def states(self) -> dict[str, State]:
        """Return the state of every view that the journal knows."""
        states: dict[str, State] = {}
        shas = {view.id: view for view in self.product.capture.views}
        for entry in self.journal.entries():
            status = {"save": "edited", "accept": "accepted", "flag": "flagged"}.get(entry.action, "open")
            accepted = entry if status == "accepted" else None
            seconds = states.get(entry.view, State()).seconds + entry.seconds
            states[entry.view] = State(status, seconds, accepted)
        for id, state in states.items():
            # An accepted mask that a tool or a run replaced is not what was accepted.
            if state.accepted and id in shas and self.sha256(shas[id]) != state.accepted.sha256:
                states[id] = State("edited", state.seconds)
        return states

    def versions(self, view: View) -> list[Entry]:
        """Return the saves of a view, newest first."""
        return [e for e in reversed(self.journal.entries()) if e.view == view.id and e.action == "save"]

    def version(self, view: View, sha256: str) -> Mask:
        """Return an earlier mask of a view.

        Raises:
            ImageError: the view never had that mask, or it cannot be read.
        """
        known = {sha for entry in self.versions(view) for sha in (entry.sha256, entry.before)}
        if sha256 not in known:
            raise ImageError(f"view {view.id}: it never had a mask {sha256!r}; see its history")
        return read_mask(self.folder / "history" / f"{sha256}.png")

    def _keep(self, data: bytes | None) -> str | None:
        """Put a mask's file into the history and return its digest."""
        if data is None:
            return None
        sha = hashlib.sha256(data).hexdigest()
        kept = self.folder / "history" / f"{sha}.png"
        if not kept.is_file():
            write_bytes(kept, data)
        return sha

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Keep other pages out for a moment, and a run that might write the same mask."""
        self.folder.mkdir(parents=True, exist_ok=True)
        held = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
        with os.fdopen(held) as stream:  # nothing that a link leads to is touched, and nothing emptied
            fcntl.flock(stream, fcntl.LOCK_EX)
            if self.product.run is None:
                yield
                return
            with exclusive(self.product.run):
                yield
