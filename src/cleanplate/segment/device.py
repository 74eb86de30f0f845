"""Where a network runs: ONNX Runtime's providers, by the names that users give."""

from pathlib import Path
from typing import TYPE_CHECKING

from cleanplate.errors import ModelError
from cleanplate.settings import DeviceName

if TYPE_CHECKING:
    import onnxruntime

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
ADVICE = (
    "ONNX Runtime's build for GPUs takes the place of the one for CPUs: pip uninstall -y onnxruntime, then "
    "pip install 'cleanplate[gpu]'; or give --device cpu"
)


def check_device(device: DeviceName) -> None:
    """Refuse a device that ONNX Runtime does not have, before anything is made.

    Raises:
        ModelError: CUDA is asked for, and this build is without it.
    """
    if device == "cuda":
        import onnxruntime

        if CUDA not in onnxruntime.get_available_providers():
            raise ModelError(f"--device cuda: ONNX Runtime {onnxruntime.__version__} here has no CUDA. {ADVICE}")


def open_session(
    path: Path, options: "onnxruntime.SessionOptions", device: DeviceName
) -> "tuple[onnxruntime.InferenceSession, DeviceName]":
    """Open an ONNX file on a device; return the session and where it runs, "cpu" or "cuda".

    "auto" takes the GPU where ONNX Runtime has one that works. ONNX Runtime itself falls back to the CPU without an
    error: what was asked for by name is refused instead.

    Raises:
        ModelError: the device is not there.
        Exception: whatever ONNX Runtime raises at a file that it cannot load.
    """
    import onnxruntime

    check_device(device)
    wanted = [CUDA, CPU] if device != "cpu" and CUDA in onnxruntime.get_available_providers() else [CPU]
    try:  # without its own fallback, which prints to stdout
        session = onnxruntime.InferenceSession(str(path), options, providers=wanted, enable_fallback=0)
    except Exception:
        if wanted == [CPU] or device == "cuda":
            raise
        session = onnxruntime.InferenceSession(str(path), options, providers=[CPU], enable_fallback=0)
    runs: DeviceName = "cuda" if session.get_providers()[0] == CUDA else "cpu"
    if device == "cuda" and runs == "cpu":
        raise ModelError(
            "--device cuda: ONNX Runtime's CUDA does not start here; look whether nvidia-smi shows the GPU, and "
            f"whether CUDA and cuDNN are those of ONNX Runtime {onnxruntime.__version__}. Or give --device cpu"
        )
    return session, runs
