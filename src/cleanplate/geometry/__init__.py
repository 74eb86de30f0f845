"""Cameras, poses, units: the conventions of `docs/conventions.md` live here, each in one function."""

from cleanplate.geometry.camera import Camera, camera_to_pixels, distort, folds_back, pixels_to_directions, undistort
from cleanplate.geometry.mesh import Mesh, read_mesh, write_mesh
from cleanplate.geometry.pixels import index_to_pixel, pixel_centres, pixel_to_index
from cleanplate.geometry.pose import Pose, elevation, look_at, rotation_z
from cleanplate.geometry.projection import decompose_projection, project, rays, unproject
from cleanplate.geometry.units import to_metres

__all__ = [
    "Camera",
    "Mesh",
    "Pose",
    "camera_to_pixels",
    "decompose_projection",
    "distort",
    "elevation",
    "folds_back",
    "index_to_pixel",
    "look_at",
    "pixel_centres",
    "pixel_to_index",
    "pixels_to_directions",
    "project",
    "rays",
    "read_mesh",
    "rotation_z",
    "to_metres",
    "undistort",
    "unproject",
    "write_mesh",
]
