"""Materials for drawn foregrounds: a dome over the outline gives normals, these opaque, clear and mirror looks."""

import cv2
import numpy as np
from jaxtyping import Float

from cleanplate.train.shapes import texture

Floats = Float[np.ndarray, "h w 3"]


def dome(alpha: Float[np.ndarray, "h w"], rng: np.random.Generator) -> Floats:
    """Return unit normals (x right, y down, z to the viewer) of a rounded body over the outline."""
    inside = (alpha > 0.5).astype(np.uint8)
    distance = cv2.distanceTransform(inside, cv2.DIST_L2, 3)
    reach = max(2.0, float(distance.max()) * rng.uniform(0.3, 1.0))
    rise = np.clip(distance / reach, 0, 1)
    height = reach * np.sqrt(np.clip(1 - (1 - rise) ** 2, 0, 1))
    height = cv2.GaussianBlur(height.astype(np.float32), (0, 0), 1.0)
    normal = np.stack([-cv2.Sobel(height, -1, 1, 0, scale=0.125), -cv2.Sobel(height, -1, 0, 1, scale=0.125)], 2)
    normal = np.concatenate([normal, np.full((*alpha.shape, 1), rng.uniform(0.3, 1.0), np.float32)], 2)
    return normal / np.linalg.norm(normal, axis=2, keepdims=True)


def opaque(alpha: Float[np.ndarray, "h w"], plate: Floats, rng: np.random.Generator) -> Floats:
    """Return a lit, textured body; a third of them in nearly the plate's own tone."""
    normal = dome(alpha, rng)
    light = _direction(rng)
    diffuse = np.clip(normal @ light, 0, 1)[..., None]
    ambient = rng.uniform(0.3, 0.9)
    colour: np.ndarray = texture(alpha.shape, rng)
    inside = alpha > 0.5
    if rng.random() < 0.35 and inside.any():
        colour = plate[inside].mean(0) * rng.uniform(0.9, 1.1) + 0.3 * (colour - colour.mean((0, 1)))
        ambient = rng.uniform(0.75, 0.97)
    shaded = colour * (ambient + (1 - ambient) * diffuse * 1.2)
    return np.clip(shaded + _highlight(normal, light, rng), 0, 1).astype(np.float32)


def printed(alpha: Float[np.ndarray, "h w"], texture: Floats, rng: np.random.Generator) -> Floats:
    """Return a lit body that wears a texture in 0..1."""
    normal, light = dome(alpha, rng), _direction(rng)
    ambient = rng.uniform(0.5, 0.95)
    diffuse = np.clip(normal @ light, 0, 1)[..., None]
    lit = texture * (ambient + (1 - ambient) * diffuse * 1.2) + _highlight(normal, light, rng)
    return np.clip(lit, 0, 1).astype(np.float32)


def clear(alpha: Float[np.ndarray, "h w"], plate: Floats, rng: np.random.Generator) -> Floats:
    """Return glass: the plate seen displaced, darker or lighter towards the rim, with highlights."""
    normal = dome(alpha, rng)
    seen = _displaced(plate, normal, rng.uniform(2, 40) * rng.choice([-1, 1]))
    rim = np.clip(1 - normal[..., 2:], 0, 1) ** rng.uniform(0.7, 2.5)
    tone = float(rng.choice([rng.uniform(0.0, 0.5), rng.uniform(0.8, 1.0)]))
    strength = rng.uniform(0.1, 0.9)
    tint = 1 - rng.uniform(0, 0.12) * rng.uniform(0, 1, 3)
    colour = seen * tint * (1 - strength * rim) + tone * strength * rim
    return np.clip(colour + _highlight(normal, _direction(rng), rng), 0, 1).astype(np.float32)


def mirror(alpha: Float[np.ndarray, "h w"], plate: Floats, rng: np.random.Generator) -> Floats:
    """Return chrome: surroundings in the plate's tones and some dark bars, seen by reflection."""
    world = cv2.GaussianBlur(plate, (0, 0), 5) * rng.uniform(0.7, 1.0)
    height, width = alpha.shape
    for _ in range(rng.integers(1, 5)):
        ends = (rng.uniform(-0.1, 1.1, (2, 2)) * (width, height)).astype(int)
        tone = float(rng.uniform(0, 0.6))
        cv2.line(world, ends[0].tolist(), ends[1].tolist(), (tone,) * 3, int(rng.integers(2, 14)))
    world = cv2.GaussianBlur(world, (0, 0), rng.uniform(0.5, 4))
    normal = dome(alpha, rng)
    return np.clip(_displaced(world, normal, rng.uniform(0.3, 0.8) * min(height, width)), 0, 1)


MATERIALS = (opaque, opaque, clear, mirror)


def _displaced(picture: Floats, normal: Floats, strength: float) -> Floats:
    height, width = picture.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    moved = normal.astype(np.float32) * np.float32(strength)
    return cv2.remap(picture, x + moved[..., 0], y + moved[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)


def _direction(rng: np.random.Generator) -> np.ndarray:
    light = np.array([rng.normal(0, 0.6), rng.normal(-0.5, 0.5), 1.0])
    return light / np.linalg.norm(light)


def _highlight(normal: Floats, light: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    shine = np.clip(normal @ light, 0, 1) ** rng.choice([8, 40, 200])
    return (rng.choice([0.0, rng.uniform(0, 0.8)]) * shine)[..., None]
