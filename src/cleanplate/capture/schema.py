"""capture.json, version 1, as types: the wire format and the source of the published JSON schema."""

from collections import Counter
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from cleanplate.geometry import Camera, folds_back

FORMAT = "cleanplate-capture/1"

ASIN_PATTERN = "^[A-Z0-9]{10}$"
ID_PATTERN = "^[A-Za-z0-9_-][A-Za-z0-9._-]*$"

Row = tuple[float, float, float]
Matrix = tuple[Row, Row, Row]
Size = Annotated[int, Field(gt=0, le=65535)]
FilePath = Annotated[str, Field(max_length=1024)]
Identifier = Annotated[str, Field(pattern=ID_PATTERN, max_length=128)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, allow_inf_nan=False, frozen=True)


class CameraFile(_Strict):
    """Intrinsics in pixels; pixel (0, 0) has its centre at (0.5, 0.5)."""

    width: Size
    height: Size
    K: Matrix
    distortion: tuple[float, float, float, float, float] | None = Field(
        None, description="k1, k2, p1, p2, k3 of OpenCV's model"
    )

    @model_validator(mode="after")
    def _calibration_is_usable(self) -> "CameraFile":
        K = np.array(self.K)
        if K[1, 0] or K[2].tolist() != [0.0, 0.0, 1.0]:
            raise ValueError("K must have the form [[fx, skew, cx], [0, fy, cy], [0, 0, 1]]")
        if K[0, 0] <= 0 or K[1, 1] <= 0:
            raise ValueError(f"K is singular or mirrored: fx = {K[0, 0]:g}, fy = {K[1, 1]:g} must be positive")
        if folds_back(Camera(self.width, self.height, K, np.array(self.distortion or (0.0,) * 5))):
            raise ValueError(
                f"distortion {list(self.distortion or ())} folds back within the picture; calibrate the lens again"
            )
        return self


class ViewFile(_Strict):
    """One photograph; paths are relative to the capture's folder and stay inside it."""

    id: Identifier
    camera: str
    image: FilePath
    plate: FilePath | None = None
    mask: FilePath | None = None
    platen_deg: float | None = None
    R: Matrix | None = Field(None, description="rotation, world to camera")
    t: Row | None = Field(None, description="translation, world to camera, in length_unit")

    @model_validator(mode="after")
    def _pose_is_rigid(self) -> "ViewFile":
        if (self.R is None) != (self.t is None):
            raise ValueError("R and t come together; one of them is missing")
        if self.R is not None:
            R = np.array(self.R)
            if np.abs(R @ R.T - np.eye(3)).max() > 1e-3 or np.linalg.det(R) < 0:
                raise ValueError("R is not a rotation (orthonormal, determinant +1)")
        return self


class CaptureFile(_Strict):
    """The file capture.json."""

    format: Literal["cleanplate-capture/1"]
    asin: Annotated[str, Field(pattern=ASIN_PATTERN, description="ten characters A-Z, 0-9")]
    length_unit: Literal["m", "cm", "mm", "in"] = "m"
    title: Annotated[str, Field(max_length=200, description="the product's name for people")] | None = None
    tags: list[str] = []
    cameras: dict[Identifier, CameraFile]
    views: Annotated[list[ViewFile], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_agree(self) -> "CaptureFile":
        problems = [
            f"view {view.id!r} names camera {view.camera!r}, which is not among cameras"
            for view in self.views
            if view.camera not in self.cameras
        ]
        ids = [view.id for view in self.views]
        problems += [
            f"view id {name!r} occurs {count} times" for name, count in sorted(Counter(ids).items()) if count > 1
        ]
        if problems:
            raise ValueError("; ".join(problems))
        return self


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of capture.json, as published in docs/capture.schema.json."""
    schema = CaptureFile.model_json_schema(mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": FORMAT}
