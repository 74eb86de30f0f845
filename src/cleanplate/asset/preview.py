"""Drawing a model as a camera of the capture would see it: its base colour, under the set's light if that is known."""

import numpy as np
from jaxtyping import Float

from cleanplate.asset.model import Model
from cleanplate.asset.observe import Light
from cleanplate.geometry import Camera, Mesh, Pose, pixel_centres, pixels_to_directions
from cleanplate.geometry.raster import rasterise
from cleanplate.image.colour import to_linear, to_srgb
from cleanplate.types import Image, Mask


def preview(model: Model, camera: Camera, pose: Pose, light: Light | None = None) -> tuple[Image, Mask]:
    """Draw a model that is still in the world's axes.

    Args:
        light: of the set, which the base colour was freed of; None for none.

    Returns:
        The picture, white where the model is not, and the model's silhouette.
    """
    depth, face = rasterise(Mesh(model.vertices, model.faces), camera, pose)
    hit = face >= 0
    corners = model.faces[face[hit]]
    directions = pixels_to_directions(camera, pixel_centres(camera.width, camera.height)[hit])
    points = pose.to_world(directions * depth[hit][:, None])
    weights = _barycentric(points, *(model.vertices[corners[:, k]] for k in range(3)))
    image = np.full((camera.height, camera.width, 3), 255, np.uint8)
    if model.uv is not None and model.texture is not None:
        colours = _sample(model.texture, np.einsum("nk,nkc->nc", weights, model.uv[corners]))
    elif model.colours is not None:
        colours = np.einsum("nk,nkc->nc", weights, model.colours[corners].astype(float))
    else:
        colours = np.full((len(corners), 3), 128.0)
    if light is not None:
        normals = np.einsum("nk,nkc->nc", weights, model.normals[corners])
        azimuth = float(np.arctan2(pose.centre[1], pose.centre[0]))
        lit = to_linear(np.clip(colours, 0, 255) / 255.0) * light.shading(normals, azimuth)[:, None]
        colours = 255.0 * to_srgb(np.clip(lit, 0.0, 1.0))
    image[hit] = np.clip(np.rint(colours), 0, 255).astype(np.uint8)
    return image, hit


def _barycentric(
    p: Float[np.ndarray, "n 3"], a: Float[np.ndarray, "n 3"], b: Float[np.ndarray, "n 3"], c: Float[np.ndarray, "n 3"]
) -> Float[np.ndarray, "n 3"]:
    normal = np.cross(b - a, c - a)
    area = np.maximum((normal * normal).sum(axis=1), 1e-300)
    u = (np.cross(b - p, c - p) * normal).sum(axis=1) / area
    v = (np.cross(c - p, a - p) * normal).sum(axis=1) / area
    return np.stack([u, v, 1 - u - v], axis=1)


def _sample(texture: Image, uv: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 3"]:
    """Look up a texture bilinearly; v is up."""
    from scipy.ndimage import map_coordinates

    height, width = texture.shape[:2]
    places = [(1 - uv[:, 1]) * height - 0.5, uv[:, 0] * width - 0.5]
    channels = [map_coordinates(texture[..., k].astype(np.float32), places, order=1, mode="nearest") for k in range(3)]
    return np.stack(channels, axis=1).astype(float)
