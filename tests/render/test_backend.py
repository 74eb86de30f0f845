"""LLVM missing or too old: an error that names the package."""

from pathlib import Path

import pytest

from cleanplate.render import RenderError, find_llvm


def test_the_newest_library_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DRJIT_LIBLLVM_PATH", raising=False)
    for name in ("libLLVM-14.so.1", "libLLVM.so.19.1", "libLLVM-17.so"):
        (tmp_path / name).touch()
    assert find_llvm((str(tmp_path),)).name == "libLLVM.so.19.1"


def test_an_old_library_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DRJIT_LIBLLVM_PATH", raising=False)
    (tmp_path / "libLLVM-14.so.1").touch()
    with pytest.raises(RenderError, match=r"newest here is LLVM 14.*libllvm19"):
        find_llvm((str(tmp_path),))


def test_no_library_names_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DRJIT_LIBLLVM_PATH", raising=False)
    with pytest.raises(RenderError, match=r"none was found.*apt install libllvm19"):
        find_llvm((str(tmp_path),))


def test_a_wrong_path_in_the_environment_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRJIT_LIBLLVM_PATH", "/nowhere/libLLVM.so")
    with pytest.raises(RenderError, match=r"/nowhere/libLLVM.so"):
        find_llvm()
