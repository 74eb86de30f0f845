"""The shipped refiner: refiner.onnx beside refiner.json, which holds its checksum and held-out figures."""
